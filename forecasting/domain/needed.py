"""How far a forecast of a budget reaches: to the end of its next period and of the next quarter, to advise amounts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from budgets.domain.periods import Period, Schedule
from wire.calendar import QUARTER, present
from wire.days import TICK, day_of

SLACK = 35
"""Days further, for runs that stay the latest while nothing changes."""
TOPS_REACH = 372
"""Days that budgets with none above them reach at least: what the overview says of a quarter or a year."""
FARTHEST = 2 * 366 + SLACK


def open_period(schedule: Schedule, now: datetime) -> Period | None:
    """The period that is open, or else the next one to begin; None where the budget's time is over."""
    if (period := schedule.period_at(now)) is not None:
        return period
    starts, _ = schedule.applies()
    return schedule.period_at(starts) if starts is not None and starts > now else None


def needed_until(schedule: Schedule, now: datetime, *, top: bool, slack: int = SLACK) -> date | None:
    """The first day that need not be forecast any more; None where the budget's time is over.

    `top` is whether no budget is above it.
    """
    period = open_period(schedule, now)
    if period is None:
        return None
    following = schedule.next(period) or period
    today = day_of(now, settings.COSTOPS_ZONE)
    ends = day_of(following.ends - TICK, settings.COSTOPS_ZONE) + timedelta(days=1 + slack)
    if schedule.applies()[1] is None:
        ends = max(ends, present(QUARTER, now).moved(1).after + timedelta(days=slack))
        if top:
            ends = max(ends, today + timedelta(days=TOPS_REACH + slack))
    return min(ends, today + timedelta(days=FARTHEST))
