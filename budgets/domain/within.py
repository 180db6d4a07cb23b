"""What was agreed to be spent within a month, quarter or year of the company's calendar, whatever a budget's period."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from budgets.domain.agreed import was_agreed
from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetPeriod
from wire.days import TICK

ZERO = Decimal(0)


def limit_within(budget: Budget, starts: datetime, ends: datetime) -> Decimal | None:
    """The limits of the budget's periods that fill a stretch of time, added up, with what was carried into the first.

    None where its periods do not fill it, as those of a quarter say nothing of one month, or where one of them was over
    before anything was agreed. Where the budget begins or ends inside, the part that it applies to is filled.
    """
    schedule = schedule_of(budget)
    begins, finishes = schedule.applies()
    first = starts if begins is None else max(starts, begins)
    last = ends if finishes is None else min(ends, finishes)
    periods = list(schedule.periods_between(first, last)) if first < last else []
    if not periods or periods[0].starts < first or periods[-1].ends > last:
        return None
    if not all(was_agreed(budget, one, one.ends - TICK) for one in periods):
        return None
    stored = {
        Period(row.starts, row.ends): row
        for row in BudgetPeriod.objects.filter(budget=budget, starts__lt=last, ends__gt=first)
    }
    amounts = amounts_of([budget])[budget.pk]
    whole = sum((stored[one].amount if one in stored else amounts.of(one) for one in periods), ZERO)
    return whole + (stored[periods[0]].carried if periods[0] in stored else ZERO)
