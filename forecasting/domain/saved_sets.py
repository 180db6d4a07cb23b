"""Scenarios that are kept: by whoever sees the budget, changed by who made them or may change the budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from budgets.models import Budget
from budgets.rules import may_edit
from forecasting.domain.assumptions import LONGEST_NAME, Scenario, ScenarioError
from forecasting.models import ScenarioSet
from wire.parsing import is_unstorable

MOST: Final = 50
NOT_YOURS = (
    "Only who saved these scenarios, or who may edit the budget, may change or delete them. Save a copy instead."
)


class Deleted(LookupError):
    """The set was deleted while it was to be changed."""


def find_set(user: Any, pk: UUID) -> ScenarioSet | None:
    """The set with its budget, where the user may see that; None otherwise."""
    found = ScenarioSet.objects.select_related("created_by", "budget__owner", "budget__parent").filter(pk=pk).first()
    seen = found and Budget.objects.visible_to(user).filter(pk=found.budget_id).exists()
    return found if seen else None


def sets_of(budget: Budget) -> QuerySet[ScenarioSet]:
    """The sets of a budget, by name; at most MOST."""
    return ScenarioSet.objects.filter(budget=budget).select_related("created_by").order_by("name")


def may_change(user: Any, found: ScenarioSet) -> bool:
    """Whether the user made the set, or may change its budget."""
    return (found.created_by_id is not None and found.created_by_id == user.pk) or may_edit(user, found.budget)


def keep(budget: Budget, user: Any, name: str, scenarios: Sequence[Scenario], now: datetime) -> ScenarioSet:
    """Keeps scenarios under a name that the budget has no other set of. Raises ScenarioError."""
    with transaction.atomic():
        _hold(budget)
        if ScenarioSet.objects.filter(budget=budget).count() >= MOST:
            raise ScenarioError({"name": [f"This budget has {MOST} saved comparisons, as many as fit. Delete one."]})
        found = ScenarioSet(budget=budget, created_by=user, created_at=now)
        return _write(found, name, scenarios, now)


def change(found: ScenarioSet, name: str, scenarios: Sequence[Scenario], now: datetime) -> ScenarioSet:
    """Gives a set another name and other scenarios. Raises ScenarioError, and Deleted where it is no longer there."""
    with transaction.atomic():
        _hold(found.budget)
        if ScenarioSet.objects.select_for_update().filter(pk=found.pk).first() is None:
            raise Deleted(found.name)
        return _write(found, name, scenarios, now)


def _hold(budget: Budget) -> None:
    Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)  # so that of two at once, both count


def _write(found: ScenarioSet, name: str, scenarios: Sequence[Scenario], now: datetime) -> ScenarioSet:
    found.name = name.strip()
    if not 1 <= len(found.name) <= LONGEST_NAME or is_unstorable(found.name):
        raise ScenarioError({"name": [f"Choose a name of 1 to {LONGEST_NAME} characters."]})
    if ScenarioSet.objects.filter(budget=found.budget, name=found.name).exclude(pk=found.pk).exists():
        raise ScenarioError({"name": ["This budget has saved scenarios of this name. Choose another."]})
    found.scenarios = [scenario.plain() for scenario in scenarios]
    found.changed_at = now
    found.save()
    return found
