"""What a scope would fit, before it is agreed: how much usage that the person may see, and names that no usage has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.db.models import Sum

from budgets.domain.candidates import label_sets
from budgets.domain.scopes import KEYS, Scope, ScopeIndex
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetAttribution
from usage.domain.arrays import among
from usage.models import AttributionTag
from usage.rules import visible_hours

ZERO = Decimal(0)


class Unmet(NamedTuple):
    """A name in a scope that no usage carries. `near` is one that some does, "" where none is like it."""

    key: str
    name: str
    near: str


class Fit(NamedTuple):
    """The usage that a scope fits since an instant; cost in the company's currency."""

    cost: Decimal
    requests: int
    unmet: tuple[Unmet, ...]


def fit(scope: Scope, user: Any, since: datetime) -> Fit:
    """What the person may see of the usage that the scope fits since then, in a fixed number of queries."""
    index = ScopeIndex([(0, scope)])
    hours = visible_hours(user)
    fitting: list[int] = []
    known: dict[str, set[str]] = {key: set() for key in KEYS if key != "tags" and key in scope}
    for labels in label_sets(pk__in=hours.order_by().values("attribution")):
        if index.matching(labels):
            fitting.append(labels.id)
        for key, names in known.items():
            if name := getattr(labels, KEYS[key]):
                names.add(_folded(key, name))
    fits = hours.filter(attribution__in=among(fitting), hour__gte=since)
    sums = fits.aggregate(cost=Sum("cost"), requests=Sum("requests"))
    return Fit(sums["cost"] or ZERO, sums["requests"] or 0, tuple(_unmet(scope, known)))


def _unmet(scope: Scope, known: Mapping[str, Collection[str]]) -> list[Unmet]:
    return [
        Unmet(key, name, _nearest(name, names))
        for key, names in known.items()
        for name in scope[key]
        if _folded(key, name) not in names
    ]


def _nearest(name: str, known: Collection[str]) -> str:
    """The name in use that is most like this one in any case, "" where none is like it."""
    in_any_case = {one.lower(): one for one in sorted(known)}
    return next((in_any_case[one] for one in get_close_matches(name.lower(), in_any_case, 1, 0.7)), "")


def _folded(key: str, name: str) -> str:
    return name.lower() if key == "users" else name


def is_charged_nothing(budget: Budget, now: datetime) -> bool:
    """Whether a budget is charged for no usage so far, now that none is still looked through for a tag of its scope."""
    looked_for = AttributionTag.objects.filter(key__in=budget.scope.get("tags", {}), attributed_at=None)
    ends = min(schedule_of(budget).applies()[1] or now, now)
    charged = BudgetAttribution.objects.filter(budget=budget).exclude(valid_to__lt=ends)
    return not looked_for.exists() and not charged.exists()


def names_in_use(user: Any, since: datetime, most: int = 6) -> dict[str, list[str]]:
    """For each key of a scope, the names that the person saw the most usage under since then, the busiest first."""
    labels = [label for key, label in KEYS.items() if key != "tags"]
    rows = (
        visible_hours(user).filter(hour__gte=since).order_by().values_list(*(f"attribution__{one}" for one in labels))
    )
    calls: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for *names, requests in rows.annotate(calls=Sum("requests")):
        for label, name in zip(labels, names, strict=True):
            if name:
                calls[label][name] += requests
    return {key: [name for name, _ in calls[label].most_common(most)] for key, label in KEYS.items() if label in calls}
