"""The page of models: names that have no price first, aliases that give them one, and what each name costs and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.domain.roles import may_set_prices
from usage.domain import ground
from usage.domain.agreements import end, preview_end
from usage.domain.aliases import aliases, create_alias, draft_alias, preview_alias
from usage.domain.anew import Preview
from usage.domain.errors import Refused
from usage.domain.price_list import DAYS, InUse, explain, models_in_use, nearest
from usage.domain.pricing import RateCard
from usage.forms import AliasForm
from usage.models import ModelAlias, RepriceJob
from usage.rules import visible_hours
from wire.money import shown
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
        return "—" if rate is None or rate.base is None else shown(rate.base, cents=True)


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
    return render(
        request,
        "usage/models.html",
        {
            "section": "models",
            "form": form,
            "preview": preview,
            "may_set": may_set,
            "aliases": aliases().filter(_not_ended(now)),
            "jobs": RepriceJob.objects.exclude(state=RepriceJob.State.DONE)[:JOBS] if may_set else [],
            **_in_use(request, now),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_alias(request: HttpRequest, pk: int) -> HttpResponse:
    """GET tells what would change, POST /models/aliases/<id>/end/ ends the alias now."""
    if not may_set_prices(request.user):
        raise PermissionDenied(MAY_NOT)
    alias, now = get_object_or_404(ModelAlias, pk=pk), timezone.now()
    try:
        if request.method == "POST":
            end(alias, now, request.user, now, reprice=True)  # type: ignore[arg-type]
            messages.success(request, f"The alias of {alias.pattern} is ended.")
            return redirect("usage:models")
        preview = preview_end(alias, now, now, most=MOST)
    except Refused as error:
        messages.error(request, error.message)
        return redirect("usage:models")
    return render(request, "usage/end_alias.html", {"section": "models", "alias": alias, "preview": preview})


def _not_ended(now: datetime) -> Q:
    return Q(effective_to=None) | Q(effective_to__gt=now)


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
            (model, nearest(model.provider, model.model) if model.model else None)
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
