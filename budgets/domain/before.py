"""The period before another, as far as it had come when that was as old as this is: what a budget is compared with."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from budgets.domain.periods import Period, PeriodError
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from budgets.models import BudgetPeriod
from wire.calendar import as_far
from wire.days import TICK


class Before(NamedTuple):
    """The period before and the full hour up to which it is compared."""

    period: Period
    until: datetime

    @property
    def is_whole(self) -> bool:
        """Whether all of it is compared."""
        return self.until >= self.period.ends


def before(status: Status) -> Before | None:
    """What a status is compared with; None where nothing came before it."""
    period = next(iter(earlier(status, 1)), None) or _unstored(status)
    if period is None or period.ends > status.period.starts or period.starts >= period.ends:
        return None
    if status.at >= status.period.ends - TICK:
        return Before(period, period.ends)
    return Before(period, as_far(status.period.starts, period.starts, status.at, period.ends))


def _unstored(status: Status) -> Period | None:
    """The period before by the budget's schedule, to which nothing was charged; None beyond the years that are kept."""
    try:
        return schedule_of(status.budget).period_at(status.period.starts - TICK)
    except PeriodError:
        return None


def earlier(status: Status, count: int) -> list[Period]:
    """The last `count` stored periods that ended by the time this one began, the latest first."""
    rows = BudgetPeriod.objects.filter(budget=status.budget, ends__lte=status.period.starts).order_by("-starts")
    return [Period(*edges) for edges in rows.values_list("starts", "ends")[:count]]
