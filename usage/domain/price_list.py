"""The price list as people read it: which models are in use, what each costs and why, and which have no price."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, Min, QuerySet, Sum

from usage.domain.anew import Name
from usage.domain.pricing import PriceBook, RateCard
from usage.domain.pricing.catalogue import known_models
from usage.domain.pricing.spelling import provider_id
from usage.domain.ranking import is_all_unpriced
from usage.models import HourlyUsage
from wire.days import day_begins, day_of

DAYS = 90
_ALIAS = re.compile(r"\balias:(\d+)>")
_OVERRIDE = re.compile(r"\boverride:(\d+)")


class InUse(NamedTuple):
    """A name as called, and its usage: `requests`, `cost` and `unpriced_lately` of the days asked for, `unpriced` of
    all usage ever.

    `unpriced_since` and `unpriced_last` are the first and the last hour with requests whose price nobody knows,
    `last_used` the last with any; None when there are none.
    """

    provider: str | None
    model: str | None
    requests: int
    cost: Decimal
    unpriced: int
    unpriced_since: datetime | None
    last_used: datetime | None
    unpriced_last: datetime | None = None
    unpriced_lately: int = 0

    @property
    def all_unpriced(self) -> bool:
        """Whether it was called in the days asked for, and nobody knows what any of it cost."""
        return is_all_unpriced(self.cost, self.requests, self.unpriced_lately)

    @property
    def order(self) -> tuple[int, Decimal, str, str]:
        """Sort key: what has no price first, then by cost; no two are alike."""
        return (-self.unpriced, -self.cost, self.provider or "", self.model or "")


def models_in_use(rows: QuerySet[HourlyUsage], now: datetime, days: int = DAYS) -> list[InUse]:
    """Every name that usage among `rows` came with in the last `days`, today among them, and every one with usage that
    has no price, however old: nobody may miss it, and an index holds those hours alone."""
    names = ("attribution__provider", "attribution__model")
    rows = rows.order_by()
    used = rows.filter(hour__gte=days_begin(now, days)).values_list(*names)
    waiting = rows.filter(unpriced__gt=0).values_list(*names)
    found: dict[Name, InUse] = {}
    lately = used.annotate(Sum("requests"), Sum("cost"), Max("hour"), Sum("unpriced"))
    for provider, model, requests, cost, last, unpriced in lately:
        found[provider, model] = InUse(provider, model, requests, cost, 0, None, last, unpriced_lately=unpriced)
    for provider, model, unpriced, since, last in waiting.annotate(Sum("unpriced"), Min("hour"), Max("hour")):
        known = found.get((provider, model)) or InUse(provider, model, 0, Decimal(0), 0, None, last)
        found[provider, model] = known._replace(unpriced=unpriced, unpriced_since=since, unpriced_last=last)
    return sorted(found.values(), key=lambda model: model.order)


def days_begin(now: datetime, days: int = DAYS) -> datetime:
    """The first instant of the last `days` of the company's calendar, today among them, as the explorer has them.

    A total that is looked at twice a day does not change by what has left them meanwhile.
    """
    return day_begins(day_of(now, settings.COSTOPS_ZONE) - timedelta(days=days - 1), settings.COSTOPS_ZONE)


def explain(
    book: PriceBook, provider: str | None, model: str | None, at: datetime, tier: str = "default"
) -> tuple[RateCard | None, str]:
    """The price of a name at an instant and, in a sentence, why it is that; or why there is none."""
    if not model:
        return None, "These calls name no model, so nobody can tell their price."
    card = book.card(provider, model, at, tier)
    if card is not None:
        alias, override = agreements_in(card.basis)
        through = f", by alias {alias}" if alias else ""
        since = f", since {card.since:%Y-%m-%d}" if card.since else ""
        agreed = f"Contract price {override} for" if override else "The price of"
        return (
            card,
            f"{agreed} {card.model}{f' of {card.provider}' if card.provider else ''}{through}{since}: {card.source}.",
        )
    if tier != "default" and book.card(provider, model, at):
        return None, f"The model has a price, but none is published for the service tier {tier}."
    near = nearest(provider, model)
    return None, f"Nobody knows a price for this name.{f' The nearest that has one is {near}.' if near else ''}"


def agreements_in(basis: str) -> tuple[int | None, int | None]:
    """The ids of the alias and of the contract price that a basis names."""
    alias, override = _ALIAS.search(basis), _OVERRIDE.search(basis)
    return int(alias[1]) if alias else None, int(override[1]) if override else None


@lru_cache(maxsize=4096)
def nearest(provider: str | None, model: str) -> str | None:
    """The name in the lists that this one begins with, or else is most like: of the provider's list, else of all."""
    charging = provider_id(provider) if provider else None
    names: dict[str, list[str]] = {}
    for owner, info in known_models():
        names.setdefault(owner, []).append(info.id)
    everywhere = [name for owned in names.values() for name in owned]
    wanted = model.lower()[:100]
    for group in [names.get(charging or "", []), everywhere]:
        begins = [name for name in group if wanted.startswith(name) and not wanted[len(name) : len(name) + 1].isalnum()]
        if found := [max(begins, key=len)] if begins else get_close_matches(wanted, group, n=1, cutoff=0.75):
            return found[0]
    return None
