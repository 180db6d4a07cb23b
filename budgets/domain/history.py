"""The history of budgets: who changed what, when and why, with both sides of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from budgets.domain.thresholds import thresholds_of
from budgets.models import Budget, BudgetChange
from wire.money import exact

OF_PERIODS = {"rollover", "amounts", "starts_on", "ends_on"}


@dataclass(frozen=True)
class Actor:
    """Who changes something, and why."""

    user: User | None
    reason: str = ""


def snapshot(budget: Budget, thresholds: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """All that a change of the budget may touch, as the history keeps it; with these thresholds, or those it has."""
    if thresholds is None:
        thresholds = thresholds_of(budget) if budget.pk else []
    return {
        "name": budget.name,
        "amount": exact(Decimal(budget.amount)),
        "period": budget.period,
        "anchor": budget.anchor,
        "starts_on": budget.starts_on.isoformat() if budget.starts_on else None,
        "ends_on": budget.ends_on.isoformat() if budget.ends_on else None,
        "scope": budget.scope,
        "owner": budget.owner_name,
        "rollover": budget.rollover,
        "over_allocation": budget.over_allocation,
        "amounts": budget.amounts,
        "parent": budget.parent_id,
        "thresholds": list(thresholds),
    }


def told_apart(before: User | None, after: User | None) -> tuple[str, str]:
    """The names of two owners as the history keeps them, with their addresses where they have one name."""
    names = [owner.get_full_name() if owner else "" for owner in (before, after)]
    if names[0] == names[1]:
        names = [f"{owner.get_full_name()} ({owner.email})" if owner else "" for owner in (before, after)]
    return names[0], names[1]


def holds_for_all_history(change: BudgetChange) -> bool:
    """Whether a change was made to hold for the past too; a name or an owner is about no past that is charged."""
    about_charges = change.what in ("scope", "moved") or not OF_PERIODS.isdisjoint(change.after)
    return about_charges and change.what != "created" and change.effective_from is None


def record(
    budget: Budget,
    actor: Actor,
    now: datetime,
    what: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    effective_from: datetime | None,
) -> None:
    """Keeps a change; what it means for the ledger holds from `effective_from` on, None for ever since."""
    change_row(budget, actor, now, what, before, after, effective_from).save(force_insert=True)


def change_row(
    budget: Budget,
    actor: Actor,
    now: datetime,
    what: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    effective_from: datetime | None,
) -> BudgetChange:
    """A change as `record` keeps it, for those who keep many at once."""
    return BudgetChange(
        budget=budget,
        at=now,
        by=actor.user,
        by_name=actor.user.get_full_name() if actor.user else "",
        reason=actor.reason,
        what=what,
        before=dict(before),
        after=dict(after),
        effective_from=effective_from,
    )
