"""What a scope would fit before it is agreed: usage that the person may see, what counts it, names that nobody has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from budgets.domain.double_counting import Counted, counted_by
from budgets.domain.scopes import KEYS, Scope, ScopeIndex
from budgets.domain.seen import folded, nearest, seen_label_sets, usage_of
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetAttribution
from usage.domain.books import NewAttribution
from usage.models import AttributionTag

ZERO = Decimal(0)
MOST_PARTS = 3


class Unmet(NamedTuple):
    """A name in a scope that no usage carries. `near` is one that some does, "" where none is like it.

    `tag` is the tag that it is a value of, "" where `key` is another key than tags.
    """

    key: str
    name: str
    near: str
    tag: str = ""


class Fit(NamedTuple):
    """The usage that a scope fits since an instant; costs in the company's currency.

    `so_far` is its cost since the period began that would be open. `days` has a cost for each day on which there is
    some. `models` and `teams` are those that cost most. `counted` are other budgets that count some of it. By
    `new_tags` usage is not told apart yet.
    """

    cost: Decimal
    requests: int
    unpriced: int
    so_far: Decimal
    days: dict[date, Decimal]
    models: list[tuple[str, Decimal]]
    teams: list[tuple[str, Decimal]]
    counted: list[Counted]
    unmet: tuple[Unmet, ...]
    new_tags: list[str]


def fit(scope: Scope, user: Any, since: datetime, *, begins: datetime, besides: Collection[int] = ()) -> Fit:
    """What the person may see of the usage that the scope fits since a day began, in a fixed number of queries.

    `begins` is when the period begins that would be open, with a day too. Budgets `besides` count the usage by design:
    the one that is edited, what is below it and what is above.
    """
    index = ScopeIndex([(0, scope)])
    fitting: dict[int, NewAttribution] = {}
    known: dict[tuple[str, str], set[str]] = {place: set() for place, _ in _places(scope)}
    for labels in seen_label_sets(user):
        if index.matching(labels):
            fitting[labels.id] = labels
        for key, tag in known:
            if name := labels.tags.get(tag) if tag else getattr(labels, KEYS[key]):
                known[key, tag].add(folded(key, name))
    tags = set(scope.get("tags", ()))
    told_apart = set(AttributionTag.objects.filter(key__in=tags).values_list("key", flat=True))
    unmet = tuple(one for one in _unmet(scope, known) if not one.tag or one.tag in told_apart)
    usage = usage_of(fitting, user, since, begins)
    sums = usage.label_sets
    return Fit(
        sum((one.cost for one in sums.values()), ZERO),
        sum(one.requests for one in sums.values()),
        sum(one.unpriced for one in sums.values()),
        sum((one.so_far for one in sums.values()), ZERO),
        usage.days,
        _costliest((fitting[pk].model, one.cost) for pk, one in sums.items()),
        _costliest((fitting[pk].team, one.cost) for pk, one in sums.items()),
        counted_by(
            {pk: (one.cost, one.requests) for pk, one in sums.items() if one.requests},
            Budget.objects.visible_to(user).live().exclude(pk__in=list(besides)),
            since,
        ),
        unmet,
        sorted(tags - told_apart),
    )


def _costliest(costs: Iterable[tuple[str | None, Decimal]]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, cost in costs:
        sums[name or ""] += cost
    named = [(name, cost) for name, cost in sums.items() if name and cost]
    return sorted(named, key=lambda part: (-part[1], part[0]))[:MOST_PARTS]


def _places(scope: Scope) -> list[tuple[tuple[str, str], list[str]]]:
    """The values of each key, and of each tag: ((key, tag), values)."""
    plain = [((key, ""), scope[key]) for key in KEYS if key in scope and key != "tags"]
    return plain + [(("tags", tag), values) for tag, values in scope.get("tags", {}).items()]


def _unmet(scope: Scope, known: Mapping[tuple[str, str], Collection[str]]) -> list[Unmet]:
    return [
        Unmet(key, name, nearest(name, known[key, tag]), tag)
        for (key, tag), names in _places(scope)
        for name in names
        if folded(key, name) not in known[key, tag]
    ]


def is_charged_nothing(budget: Budget, now: datetime) -> bool:
    """Whether a budget is charged for no usage so far, now that none is still looked through for a tag of its scope."""
    looked_for = AttributionTag.objects.filter(key__in=budget.scope.get("tags", {}), attributed_at=None)
    ends = min(schedule_of(budget).applies()[1] or now, now)
    charged = BudgetAttribution.objects.filter(budget=budget).exclude(valid_to__lt=ends)
    return not looked_for.exists() and not charged.exists()
