"""From when on a budget's limit was agreed: a look back shows no limit that nobody knew of then."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from budgets.domain.periods import Period
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from wire.days import day_of


def agreed_since(budget: Budget) -> datetime:
    """From when on a budget is an agreement: from its first day, else from when it was made.

    What its scope spent in periods that had ended by then is known, but nobody agreed to a limit for them.
    """
    return schedule_of(budget).applies()[0] or budget.created_at


def was_agreed(budget: Budget, period: Period, at: datetime) -> bool:
    """Whether there was a limit for the period at an instant in it; one that was planned for it by name always was."""
    if at >= budget.created_at or day_of(period.starts, settings.COSTOPS_ZONE).isoformat() in budget.amounts:
        return True
    return at >= agreed_since(budget)
