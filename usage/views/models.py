"""The page of models: names without a price first, aliases and contract prices, and what each name costs and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.messages import get_messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.domain.roles import may_set_prices, sees_everything
from accounts.models import User
from usage.domain import ground
from usage.domain.anew import Preview
from usage.domain.calls import OLDEST
from usage.domain.errors import Refused
from usage.domain.overrides import overrides
from usage.domain.price_list import DAYS, InUse, days_begin, explain, models_in_use, nearest
from usage.domain.pricing import RateCard
from usage.domain.underway import failures, is_being_priced, under_way
from usage.domain.unpriced_reasons import why_unpriced
from usage.exploring import NONE
from usage.forms import AgreementForm, AliasForm, ContractPriceForm
from usage.models import ModelAlias, PriceOverride, RepriceJob
from usage.rules import (
    may_read_contracts,
    price_told,
    require_may_set_prices,
    seen_by,
    visible_aliases,
    visible_events,
    visible_hours,
)
from usage.words import agreed_price, dollars, price_words
from wire.templatetags.moments import short_day
from wire.templatetags.money import cents_in

A_PAGE = 50
UNPRICED_SHOWN = 50
JOBS = 5
CONTRACT = "contract"
#: The price list, by whose version a price is known that it names no day for.
LIST = f"genai-prices {version('genai-prices')}"


class Priced(NamedTuple):
    """A name in use with its price and the reason for it."""

    used: InUse
    card: RateCard | None
    why: str
    withheld: bool

    @property
    def usage(self) -> str:
        """Where the explorer shows the calls that are counted here."""
        query = QueryDict(mutable=True)
        query.update({"range": f"{DAYS}d", "by": "team"})
        query.update({"provider": self.used.provider or NONE, "model": self.used.model or NONE})
        return f"{reverse('usage:explorer')}?{query.urlencode()}"

    @property
    def since(self) -> str:
        """Since when the price holds, as far as anybody knows: a day, or what it is known by today."""
        if self.card is None:
            return ""
        if self.card.since is not None:
            return f"since {short_day(self.card.since)}"
        return "undated in our own table" if self.card.basis.startswith("rates:") else f"as of {LIST}"

    @property
    def into(self) -> str:
        """What a million tokens of input cost."""
        return self._rate("input")

    @property
    def out(self) -> str:
        """What a million tokens of output cost; empty where none comes out."""
        return self._rate("output") if self.card and "output" in self.card.rates else ""

    @property
    def by(self) -> str:
        """Where the price is from, in few words."""
        if self.withheld:
            return "Contract price"
        return price_words(self.card.basis, self.used.model) if self.card else "No price"

    def _rate(self, kind: str) -> str:
        rate = self.card.rates.get(kind) if self.card else None
        return "—" if rate is None or rate.base is None else dollars(rate.base)


class Agreed(NamedTuple):
    """An alias or a contract price, what was agreed in words, and whether it can be ended now."""

    row: ModelAlias | PriceOverride
    terms: str
    in_force: bool

    @property
    def always(self) -> bool:
        """Whether it holds for all usage ever."""
        return self.row.effective_from <= OLDEST


class Unpriced(NamedTuple):
    """A name with calls that have no price: the nearest name that has one, whether it has one itself by now, and what
    its calls lack nevertheless."""

    used: InUse
    near: str | None
    known: bool
    lack: str | None
    under_way: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def models(request: HttpRequest) -> HttpResponse:
    """GET /models/; `give=contract` shows the form of a contract price instead of an alias's, `pattern`, `provider`
    and `like` fill either. POST previews (`preview`) what the form says, or adds it."""
    now = timezone.now()
    may_set = may_set_prices(request.user)
    form, preview = _form(request), None
    if request.method == "POST":
        by = require_may_set_prices(request.user)
        if form.is_valid():
            try:
                draft = form.draft(now)
                if "preview" not in request.POST:
                    _add(request, form, draft, by, now)
                    # The form's own #give would hide what the page says at its top.
                    return redirect(f"{reverse('usage:models')}#main")
                preview = form.preview(draft, now) or "kept"
            except Refused as error:
                form.refuse_with(error)
    return _page(request, form, preview, may_set, now)


def _form(request: HttpRequest) -> AgreementForm:
    """The form that is asked for, with what was typed or what the address says."""
    kind = ContractPriceForm if request.GET.get("give") == CONTRACT else AliasForm
    if request.method == "POST":
        return kind(request.POST)
    asked = {"pattern": kind.NAME, "like": "priced_model", "provider": "provider"}
    return kind(initial={field: request.GET[name][:200] for name, field in asked.items() if request.GET.get(name)})


def _add(request: HttpRequest, form: AgreementForm, draft: Any, by: User, now: datetime) -> None:
    made = form.create(draft, by, now)
    follows = ""
    if made.job:
        follows = f" {made.expected:,} past calls are being looked through." if made.expected else ""
    messages.success(request, f"{form.told(draft)}{follows}")


def _page(
    request: HttpRequest, form: AgreementForm, preview: Preview | str | None, may_set: bool, now: datetime
) -> HttpResponse:
    ended = "ended" in request.GET
    lasting = Q() if ended else Q(effective_to=None) | Q(effective_to__gt=now)
    jobs = list(under_way())
    # What was just done is told by its message; a second note about the same would say it twice.
    told = bool(len(get_messages(request)))
    notes = [*failures(now)[:JOBS], *([] if told else jobs[:JOBS])]
    shown_aliases = visible_aliases(request.user)
    alias_page = Paginator(shown_aliases.filter(lasting), A_PAGE).get_page(request.GET.get("aliases"))
    reads = may_read_contracts(request.user)
    agreed = overrides() if reads else overrides().none()
    override_page = Paginator(agreed.filter(lasting), A_PAGE).get_page(request.GET.get("contracts"))
    over = Q(effective_to__lte=now)
    return render(
        request,
        "usage/models.html",
        {
            "section": "models",
            "form": form,
            "by_contract": isinstance(form, ContractPriceForm),
            "typed": {"pattern": form[form.NAME].value() or None, "provider": form["provider"].value() or None},
            "preview": preview,
            "may_set": may_set,
            "alias_page": alias_page,
            "aliases": [Agreed(row, "", _may_end(row, now)) for row in alias_page],
            "override_page": override_page,
            "overrides": [Agreed(row, agreed_price(row), _may_end(row, now)) for row in override_page],
            "reads_contracts": reads,
            "ended": ended,
            "any_ended": ended or shown_aliases.filter(over).exists() or agreed.filter(over).exists(),
            "jobs": notes if may_set else [],
            **_in_use(request, jobs, now),
        },
    )


def _may_end(row: ModelAlias | PriceOverride, now: datetime) -> bool:
    return row.effective_from < now and (row.effective_to is None or row.effective_to > now)


def _in_use(request: HttpRequest, jobs: Sequence[RepriceJob], now: datetime) -> dict[str, Any]:
    """The names in use, as far as the person may see usage: those without a price first, the others page by page."""
    hours = visible_hours(request.user)
    found = models_in_use(hours, now)
    unpriced = [model for model in found if model.unpriced]
    priced = sorted((m for m in found if m.requests > m.unpriced_lately), key=lambda m: -m.cost)
    page = Paginator(priced, A_PAGE).get_page(request.GET.get("page"))
    prices = ground.current().prices
    shown = unpriced[:UNPRICED_SHOWN]
    known = [model for model in shown if explain(prices, model.provider, model.model, now)[0] is not None]
    lacks = why_unpriced(hours, visible_events(request.user), known, prices)
    rows = [Priced(model, *price_told(request.user, prices, model.provider, model.model, now)) for model in page]
    spent = sum((model.cost for model in priced), Decimal(0))
    return {
        "unpriced": [
            Unpriced(
                model,
                nearest(model.provider, model.model) if model.model else None,
                model in known,
                lacks.get((model.provider, model.model)),
                is_being_priced(prices, jobs, model.provider, model.model),
            )
            for model in shown
        ],
        "unpriced_more": max(0, len(unpriced) - UNPRICED_SHOWN),
        "unpriced_calls": sum(model.unpriced for model in unpriced),
        "page": page,
        "rows": rows,
        "cents": cents_in([spent, *(row.used.cost for row in rows)]),
        "total": {
            "names": len(priced),
            "calls": sum(model.requests for model in priced),
            "spent": spent,
            "unpriced": sum(model.all_unpriced for model in unpriced),
        },
        "list": LIST,
        "since": days_begin(now),
        "sees_all": sees_everything(request.user),
        "any": bool(found) or seen_by(request.user).days.exists(),
    }
