"""What is done with agreed prices: an alias or a contract price is ended, calls of a name are looked at again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from usage.domain.agreements import end, order_repricing, preview_end
from usage.domain.anew import PREVIEW_MOST, Span
from usage.domain.calls import OLDEST
from usage.domain.errors import Refused
from usage.models import ModelAlias, PriceOverride
from usage.rules import require_may_set_prices


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_alias(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /models/aliases/<id>/end/ tells what would change, POST ends the alias now."""
    return _end(request, ModelAlias.objects.filter(pk=pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_override(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /models/contract-prices/<id>/end/ tells what would change, POST ends the contract price now."""
    return _end(request, PriceOverride.objects.filter(pk=pk))


def _end(request: HttpRequest, rows: QuerySet) -> HttpResponse:
    user = require_may_set_prices(request.user)
    row, now = get_object_or_404(rows), timezone.now()
    name = (
        f"the alias of {row.pattern}" if isinstance(row, ModelAlias) else f"the contract price of {row.model_pattern}"
    )
    try:
        if request.method == "POST":
            end(row, now, user, now, reprice=True)
            messages.success(request, f"{name[0].upper()}{name[1:]} is ended.")
            return redirect("usage:models")
        preview = preview_end(row, now, now, most=PREVIEW_MOST)
    except Refused as error:
        messages.error(request, error.message)
        return redirect("usage:models")
    context = {"section": "models", "row": row, "name": name, "preview": preview}
    return render(request, "usage/end.html", {**context, "is_alias": isinstance(row, ModelAlias)})


@login_required
@require_POST
def price_again(request: HttpRequest) -> HttpResponse:
    """POST /models/price-again/ has the calls of a name (`model`, `provider`) that have no price looked at again."""
    user, now = require_may_set_prices(request.user), timezone.now()
    model, provider = request.POST.get("model", "")[:200], request.POST.get("provider", "")[:200]
    span = Span(OLDEST, now, provider, model, only_unpriced=True)
    try:
        order_repricing(span, f"{model} has a price by now", user, now)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The calls of {model} without a price are being looked at again.")
    return redirect("usage:models")
