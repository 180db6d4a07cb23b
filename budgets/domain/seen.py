"""The names that usage carries, as far as a person may see that usage: what a scope can be made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from accounts.domain.roles import sees_everything
from budgets.domain.candidates import label_sets
from budgets.domain.scopes import KEYS
from usage.domain.arrays import plain
from usage.domain.books import NewAttribution
from usage.domain.lines import by_day, named
from usage.domain.selection import Selection
from usage.rules import seen_by
from wire.days import day_of

LIKE_ENOUGH = 0.7
FEWEST_LETTERS = 3  # of which the rest of a name is guessed
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
    return label_sets() if sees_everything(user) else label_sets(seen_by(user).label_sets)


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
    spent = usage_of(set().union(*found.values()), user, since).label_sets
    names = []
    for name, ids in found.items():
        sums = [spent[one] for one in ids if one in spent]
        names.append(NameInUse(name, sum((one.cost for one in sums), ZERO), sum(one.requests for one in sums)))
    names.sort(
        key=lambda one: (not one.name.casefold().startswith(part), -one.cost, -one.requests, one.name.casefold())
    )
    return Names(tuple(names[:most]), max(len(names) - most, 0), "" if names else nearest(text.strip(), others))


def names_in_use(user: Any, since: datetime, most: int = 6) -> dict[str, list[str]]:
    """For each key of a scope, the names that the person saw the most usage under since then, the busiest first."""
    spent = usage_of(None, user, since).label_sets
    found: dict[str, Counter[str]] = {key: Counter() for key in KEYS if key != "tags"}
    for labels in label_sets():
        for key, names in found.items():
            if labels.id in spent and (name := getattr(labels, KEYS[key])):
                names[name] += spent[labels.id].requests
    return {key: [name for name, _ in names.most_common(most)] for key, names in found.items()}


class Sums(NamedTuple):
    """What some usage adds up to; costs in the company's currency. `so_far` is the cost since another instant."""

    cost: Decimal = ZERO
    requests: int = 0
    unpriced: int = 0
    so_far: Decimal = ZERO


class Usage(NamedTuple):
    """Usage since an instant, by the id of its label set, and by the day of the company's calendar."""

    label_sets: dict[int, Sums]
    days: dict[date, Decimal]


def usage_of(among: Collection[int] | None, user: Any, since: datetime, so_far: datetime | None = None) -> Usage:
    """What the person may see of the usage of these label sets, None being all, since a day began.

    `so_far`, which is when a day begins too, is what else is summed up to now. One statement, which reads days where it
    can.
    """
    zone = settings.COSTOPS_ZONE
    starts = min(since, so_far or since)
    lines = by_day(seen_by(user), Selection(start=starts))
    days = [day_of(since, zone), day_of(so_far or since, zone)]
    # As one array, whose length the planner sees: of a few it looks up each, of thousands it reads all rows once.
    these, ids = ("true", []) if among is None else ("attribution_id = ANY(%s::bigint[])", [plain(among)])
    with connection.cursor() as cursor:
        cursor.execute(USAGE.format(lines=named(lines, "line").text, these=these), [*lines.values, *days, *ids])
        rows = cursor.fetchall()
    return Usage(
        {pk: Sums(*sums) for pk, day, *sums in rows if day is None and (sums[1] or sums[3])},
        {day: cost for pk, day, cost, *_ in rows if pk is None and day is not None and cost},
    )


USAGE = """
WITH {lines}, bounds AS (SELECT %s::date AS since, %s::date AS so_far)
SELECT attribution_id, at, coalesce(sum(cost) FILTER (WHERE at >= since), 0),
    coalesce(sum(requests) FILTER (WHERE at >= since), 0)::bigint,
    coalesce(sum(unpriced) FILTER (WHERE at >= since), 0)::bigint,
    coalesce(sum(cost) FILTER (WHERE at >= so_far), 0)
FROM line, bounds WHERE {these}
GROUP BY GROUPING SETS ((attribution_id), (at))
"""


def _names_of(labels: NewAttribution, key: str, tag: str) -> Iterable[str]:
    if key != "tags":
        name = getattr(labels, KEYS[key])
        return [folded(key, name)] if name else []
    if not tag:
        return labels.tags
    return [labels.tags[tag]] if tag in labels.tags else []


def nearest(name: str, known: Collection[str]) -> str:
    """The name in use that is most like this one in any case, or that it begins; "" where there is none."""
    in_any_case = {one.casefold(): one for one in sorted(known)}
    text = name.casefold()
    close = get_close_matches(text, in_any_case, 1, LIKE_ENOUGH)
    longer = [one for one in in_any_case if len(text) >= FEWEST_LETTERS and one.startswith(text)]
    found = close or sorted(longer, key=len)
    return in_any_case[found[0]] if found else ""


def folded(key: str, name: str) -> str:
    """A name as a scope compares it: users, who are e-mail addresses, in lower case."""
    return name.lower() if key == "users" else name
