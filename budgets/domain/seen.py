"""The names that usage carries, as far as a person may see that usage: what a scope can be made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.db.models import Sum

from accounts.domain.roles import sees_everything
from budgets.domain.candidates import label_sets
from budgets.domain.scopes import KEYS
from usage.domain.books import NewAttribution
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
    return label_sets(pk__in=visible_hours(user).order_by().values("attribution"))


def names_like(text: str, key: str, user: Any, since: datetime, *, tag: str = "", most: int = 8) -> Names:
    """The names of a scope's key that have the text in them, in any case: those that begin with it, then the costliest.

    Of `tags`, the values of `tag`, or without one the tags themselves. Costs are those since then. A fixed number of
    queries, however many names there are.
    """
    hours = visible_hours(user).filter(hour__gte=since).order_by()
    sums = {
        row["attribution"]: (row["cost"], row["requests"])
        for row in hours.values("attribution").annotate(cost=Sum("cost"), requests=Sum("requests"))
    }
    found: dict[str, tuple[Decimal, int]] = defaultdict(lambda: (ZERO, 0))
    others: set[str] = set()
    part = text.strip().casefold()
    for labels in seen_label_sets(user):
        cost, requests = sums.get(labels.id, (ZERO, 0))
        for name in _names_of(labels, key, tag):
            if part in name.casefold():
                before = found[name]
                found[name] = before[0] + cost, before[1] + requests
            else:
                others.add(name)
    names = [NameInUse(name, *spent) for name, spent in found.items()]
    names.sort(
        key=lambda one: (not one.name.casefold().startswith(part), -one.cost, -one.requests, one.name.casefold())
    )
    return Names(tuple(names[:most]), max(len(names) - most, 0), "" if names else nearest(text.strip(), others))


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
