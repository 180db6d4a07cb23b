"""The page of models: names without a price first, aliases and contract prices, and what each name costs and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.roles import may_set_prices
from accounts.models import User
from usage.domain import ground
from usage.domain.agreements import end, order_repricing, preview_end
from usage.domain.aliases import aliases, create_alias, draft_alias, preview_alias
from usage.domain.anew import Preview, Span
from usage.domain.errors import Refused
from usage.domain.overrides import overrides, terms
from usage.domain.price_list import DAYS, UNPRICED_DAYS, InUse, explain, models_in_use, nearest
from usage.domain.pricing import RateCard
from usage.forms import AliasForm
from usage.models import ModelAlias, PriceOverride, RepriceJob
from usage.rules import visible_hours
from wire.money import exact
from wire.templatetags.money import cents_in

MAY_NOT = "Prices and aliases are set by finance and administrators. Ask one of them."
#: How many events a preview looks through at most: a second of work.
MOST = 100_000
A_PAGE = 50
UNPRICED_SHOWN = 50
JOBS = 5


class Priced(NamedTuple):
    """A name in use with its price and the reason for it."""

    used: InUse
    card: RateCard | None
    why: str

    @property
    def into(self) -> str:
        """What a million tokens of input cost."""
        return self._rate("input")

    @property
    def out(self) -> str:
        """What a million tokens of output cost."""
        return self._rate("output")

    def _rate(self, kind: str) -> str:
        rate = self.card.rates.get(kind) if self.card else None
        return "—" if rate is None or rate.base is None else f"${exact(rate.base)}"


class Agreed(NamedTuple):
    """An alias or a contract price, what was agreed in words, and whether it can be ended now."""

    row: ModelAlias | PriceOverride
    terms: str
    in_force: bool


class Unpriced(NamedTuple):
    """A name with calls that have no price: the nearest name that has one, and whether it has one itself by now."""

    used: InUse
    near: str | None
    known: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def models(request: HttpRequest) -> HttpResponse:
    """GET /models/; `pattern`, `provider` and `like` fill the form. POST previews an alias (`preview`) or adds it."""
    now = timezone.now()
    may_set = may_set_prices(request.user)
    if request.method == "POST" and not may_set:
        raise PermissionDenied(MAY_NOT)
    form = AliasForm(request.POST) if request.method == "POST" else AliasForm(initial=_asked(request))
    preview: Preview | None = None
    if request.method == "POST" and form.is_valid():
        only_unpriced = not form.cleaned_data["everything"]
        try:
            draft = draft_alias(**form.terms(), now=now)
            if "preview" not in request.POST:
                made = create_alias(draft, request.user, now, only_unpriced=only_unpriced)  # type: ignore[arg-type]
                follows = f" {made.expected:,} past calls are looked through by a job." if made.job else ""
                messages.success(request, f"{draft.pattern} is priced as {draft.priced_model}.{follows}")
                return redirect("usage:models")
            preview = preview_alias(draft, now, only_unpriced=only_unpriced, most=MOST)
        except Refused as error:
            form.refuse_with(error)
    ended = "ended" in request.GET
    lasting = Q() if ended else Q(effective_to=None) | Q(effective_to__gt=now)
    return render(
        request,
        "usage/models.html",
        {
            "section": "models",
            "form": form,
            "preview": preview,
            "may_set": may_set,
            "aliases": [Agreed(row, "", _may_end(row, now)) for row in aliases().filter(lasting)],
            "overrides": [Agreed(row, terms(row), _may_end(row, now)) for row in overrides().filter(lasting)],
            "ended": ended,
            "jobs": RepriceJob.objects.exclude(state=RepriceJob.State.DONE)[:JOBS] if may_set else [],
            **_in_use(request, now),
        },
    )


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
    user = _who_may_set(request)
    row, now = get_object_or_404(rows), timezone.now()
    name = (
        f"the alias of {row.pattern}" if isinstance(row, ModelAlias) else f"the contract price of {row.model_pattern}"
    )
    try:
        if request.method == "POST":
            end(row, now, user, now, reprice=True)
            messages.success(request, f"{name[0].upper()}{name[1:]} is ended.")
            return redirect("usage:models")
        preview = preview_end(row, now, now, most=MOST)
    except Refused as error:
        messages.error(request, error.message)
        return redirect("usage:models")
    context = {"section": "models", "row": row, "name": name, "preview": preview}
    return render(request, "usage/end.html", {**context, "is_alias": isinstance(row, ModelAlias)})


@login_required
@require_POST
def price_again(request: HttpRequest) -> HttpResponse:
    """POST /models/price-again/ has the calls of a name (`model`, `provider`) that have no price looked at again."""
    user, now = _who_may_set(request), timezone.now()
    model, provider = request.POST.get("model", "")[:200], request.POST.get("provider", "")[:200]
    span = Span(now - timedelta(days=UNPRICED_DAYS), now, provider, model, only_unpriced=True)
    try:
        order_repricing(span, f"{model} has a price by now", user, now)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The calls of {model} without a price are looked at again by a job.")
    return redirect("usage:models")


def _may_end(row: ModelAlias | PriceOverride, now: datetime) -> bool:
    return row.effective_from < now and (row.effective_to is None or row.effective_to > now)


def _who_may_set(request: HttpRequest) -> User:
    if not may_set_prices(request.user) or not isinstance(request.user, User):
        raise PermissionDenied(MAY_NOT)
    return request.user


def _asked(request: HttpRequest) -> dict[str, str]:
    names = {"pattern": "pattern", "provider": "provider", "like": "priced_model"}
    return {field: request.GET[name][:200] for name, field in names.items() if request.GET.get(name)}


def _in_use(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The names in use, as far as the person may see usage: those without a price first, the others page by page."""
    found = models_in_use(visible_hours(request.user), now)
    unpriced = [model for model in found if model.unpriced]
    priced = sorted((m for m in found if m.requests > m.unpriced or not m.unpriced), key=lambda m: -m.cost)
    page = Paginator(priced, A_PAGE).get_page(request.GET.get("page"))
    prices = ground.current().prices
    rows = [Priced(model, *explain(prices, model.provider, model.model, now)) for model in page]
    return {
        "unpriced": [
            Unpriced(
                model,
                nearest(model.provider, model.model) if model.model else None,
                explain(prices, model.provider, model.model, now)[0] is not None,
            )
            for model in unpriced[:UNPRICED_SHOWN]
        ],
        "unpriced_more": max(0, len(unpriced) - UNPRICED_SHOWN),
        "unpriced_calls": sum(model.unpriced for model in unpriced),
        "page": page,
        "rows": rows,
        "cents": cents_in(row.used.cost for row in rows),
        "window": DAYS,
        "any": bool(found),
    }
