"""The names that usage carries, as far as a person may see that usage: what a scope can be made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.db.models import BooleanField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThan

from accounts.domain.roles import sees_everything
from budgets.domain.candidates import label_sets
from budgets.domain.scopes import KEYS
from usage.domain.arrays import plain
from usage.domain.books import NewAttribution
from usage.models import HourlyUsage
from usage.rules import visible_hours

LIKE_ENOUGH = 0.7
ZERO = Decimal(0)


class NameInUse(NamedTuple):
    """A name, and what was spent under it lately; cost in the company's currency."""

    name: str
    cost: Decimal
    requests: int


class Names(NamedTuple):
    """The names that a text begins or is part of, how many more there are, and the nearest where there is none."""

    found: tuple[NameInUse, ...]
    more: int
    near: str


def seen_label_sets(user: Any) -> Iterable[NewAttribution]:
    """The label sets of all usage that the person may see, streamed."""
    if sees_everything(user):
        return label_sets()
    # One visible hour is enough for each. As a value, since the planner would turn EXISTS into a join with every hour.
    hours = visible_hours(user).filter(attribution_id=OuterRef("pk")).order_by()
    return label_sets(GreaterThan(Subquery(hours.values("pk")[:1]), 0))


def names_like(text: str, key: str, user: Any, since: datetime, *, tag: str = "", most: int = 8) -> Names:
    """The names of a scope's key that have the text in them, in any case: those that begin with it, then the costliest.

    Of `tags`, the values of `tag`, or without one the tags themselves. Costs are those since then. A fixed number of
    queries, however many names there are.
    """
    part = text.strip().casefold()
    found: dict[str, set[int]] = defaultdict(set)
    others: set[str] = set()
    for labels in seen_label_sets(user):
        for name in _names_of(labels, key, tag):
            if part in name.casefold():
                found[name].add(labels.id)
            else:
                others.add(name)
    sums = _sums(visible_hours(user).filter(hour__gte=since), set().union(*found.values()))
    names = [NameInUse(name, *_together(sums[one] for one in ids if one in sums)) for name, ids in found.items()]
    names.sort(
        key=lambda one: (not one.name.casefold().startswith(part), -one.cost, -one.requests, one.name.casefold())
    )
    return Names(tuple(names[:most]), max(len(names) - most, 0), "" if names else nearest(text.strip(), others))


def names_in_use(user: Any, since: datetime, most: int = 6) -> dict[str, list[str]]:
    """For each key of a scope, the names that the person saw the most usage under since then, the busiest first."""
    rows = visible_hours(user).filter(hour__gte=since).order_by().values("attribution").annotate(calls=Sum("requests"))
    calls = {row["attribution"]: row["calls"] for row in rows}
    found: dict[str, Counter[str]] = {key: Counter() for key in KEYS if key != "tags"}
    for labels in label_sets():
        for key, names in found.items():
            if labels.id in calls and (name := getattr(labels, KEYS[key])):
                names[name] += calls[labels.id]
    return {key: [name for name, _ in names.most_common(most)] for key, names in found.items()}


def of_label_sets(hours: QuerySet[HourlyUsage], attributions: Collection[int]) -> QuerySet[HourlyUsage]:
    """Those hours that are of these label sets.

    As one array, whose length the planner sees: of a few it looks up each, of thousands it reads the hours once.
    """
    these = RawSQL("usage_hourly.attribution_id = ANY(%s::bigint[])", [plain(attributions)], BooleanField())
    return hours.filter(these)


def _sums(hours: QuerySet[HourlyUsage], attributions: Collection[int]) -> dict[int, tuple[Decimal, int]]:
    rows = (
        of_label_sets(hours, attributions)
        .order_by()
        .values("attribution")
        .annotate(cost=Sum("cost"), calls=Sum("requests"))
    )
    return {row["attribution"]: (row["cost"], row["calls"]) for row in rows}


def _together(sums: Iterable[tuple[Decimal, int]]) -> tuple[Decimal, int]:
    costs, calls = zip((ZERO, 0), *sums, strict=True)
    return sum(costs, ZERO), sum(calls)


def _names_of(labels: NewAttribution, key: str, tag: str) -> Iterable[str]:
    if key != "tags":
        name = getattr(labels, KEYS[key])
        return [folded(key, name)] if name else []
    if not tag:
        return labels.tags
    return [labels.tags[tag]] if tag in labels.tags else []


def nearest(name: str, known: Collection[str]) -> str:
    """The name in use that is most like this one in any case, "" where none is like it."""
    in_any_case = {one.casefold(): one for one in sorted(known)}
    close = get_close_matches(name.casefold(), in_any_case, 1, LIKE_ENOUGH)
    return in_any_case[close[0]] if close else ""


def folded(key: str, name: str) -> str:
    """A name as a scope compares it: users, who are e-mail addresses, in lower case."""
    return name.lower() if key == "users" else name
