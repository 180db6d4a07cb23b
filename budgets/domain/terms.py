"""What was agreed for a budget at a time in the past: its terms through all changes since."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from budgets.domain.history import holds_for_all_history, snapshot
from budgets.domain.status import Status
from budgets.models import Budget, BudgetChange

PLAIN = ("period", "anchor", "scope", "rollover", "over_allocation")
DATES = ("starts_on", "ends_on")


@dataclass(frozen=True)
class Terms:
    """A budget as it stood in a period, with its amount for that period, and the thresholds that it had (1 is all)."""

    budget: Budget
    thresholds: tuple[Decimal, ...]


def terms_of(status: Status) -> Terms:
    """The terms of the period that a status speaks of: what was changed after it ended is taken back.

    A change of scope holds from the start of the period that was open then, the rest from when it was made, and each
    for all history where someone said so. The budget in the answer is a copy that must not be saved.
    """
    later = [change for change in status.budget.changes.exclude(what="amount") if _came_after(change, status)]
    fields = _taken_back(snapshot(status.budget), later)
    then = copy(status.budget)
    for name in PLAIN:
        setattr(then, name, fields[name])
    for name in DATES:
        setattr(then, name, date.fromisoformat(fields[name]) if fields[name] else None)
    then.owner_name, then.amount = fields["owner"], status.amount
    return Terms(then, tuple(sorted(Decimal(item["threshold"]) for item in fields["thresholds"])))


def present_terms(status: Status) -> Terms:
    """The terms that hold now, with the amount of the period that the status speaks of."""
    budget = copy(status.budget)
    budget.amount = status.amount
    return Terms(budget, tuple(status.budget.thresholds.values_list("threshold", flat=True)))


def _came_after(change: BudgetChange, status: Status) -> bool:
    if holds_for_all_history(change):
        return False
    if change.what in ("scope", "moved") and change.effective_from is not None:
        return change.effective_from >= status.period.ends
    return change.at >= status.period.ends


def _taken_back(fields: dict[str, Any], later: Iterable[BudgetChange]) -> dict[str, Any]:
    """The fields before those changes, which come latest first."""
    for change in later:
        fields |= {name: value for name, value in change.before.items() if name in fields}
    return fields
