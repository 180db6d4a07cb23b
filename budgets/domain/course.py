"""The course of a period: what was spent in each of its hours, days or months, and when a sum was reached.

Steps are cut in the company's zone, so a day has 23, 24 or 25 hours. All of it is read from BudgetHour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate, islice
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from budgets.domain.periods import Period, day_bounds
from budgets.domain.projection import ahead_of
from budgets.domain.status import Status
from wire.days import TICK, day_of

HOUR = timedelta(hours=1)
ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)
MOST_STEPS = 400

PER_STEP = """
SELECT coalesce(s.cost, 0), coalesce(s.requests, 0), coalesce(s.unpriced, 0)
FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS step(starts, ends, place)
LEFT JOIN LATERAL (
    SELECT sum(cost) AS cost, sum(requests) AS requests, sum(unpriced) AS unpriced
    FROM budgets_budgethour WHERE budget_id = %s AND hour >= step.starts AND hour < step.ends
) s ON true
ORDER BY step.place
"""

REACHED = """
SELECT goal.place, min(r.hour) FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::numeric[])
    WITH ORDINALITY AS goal(budget_id, starts, ends, amount, place)
JOIN LATERAL (
    SELECT hour, sum(cost) OVER (ORDER BY hour) AS running
    FROM budgets_budgethour WHERE budget_id = goal.budget_id AND hour >= goal.starts AND hour < goal.ends
) r ON r.running >= goal.amount
GROUP BY goal.place
"""


class Unit(StrEnum):
    """How long a step is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Step(NamedTuple):
    """One step of a period. Money in the company's currency; `total` is what was spent up to its end."""

    starts: datetime
    ends: datetime
    day: date
    spent: Decimal
    total: Decimal
    requests: int
    unpriced: int
    projected: Decimal
    """What is still to come in this step, if it goes on at the projected rate."""
    heading: Decimal
    """What will have been spent by its end, and the band of it, where there is one."""
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Course:
    """The steps of a period, whole, in order; those after `at` hold projections alone."""

    unit: Unit
    period: Period
    at: datetime
    steps: tuple[Step, ...]

    @property
    def past(self) -> tuple[Step, ...]:
        """The steps that have begun."""
        return tuple(step for step in self.steps if step.starts <= self.at)


def course_of(status: Status) -> Course:
    """The course of the period that a status speaks of, up to the instant it speaks of and on to the period's end."""
    unit, bounds = cut(status.period)
    sums = _sums(status.budget.pk, bounds)
    ahead = ahead_of(status.asked, status.rate, [ends for _, ends in bounds])
    steps, total, before = [], ZERO, ZERO
    for (starts, ends), (spent, requests, unpriced), point in zip(bounds, sums, ahead, strict=True):
        total += spent
        projected, before = point.expected - before, point.expected
        day = day_of(starts, settings.COSTOPS_ZONE)
        band = (None, None) if point.low is None or point.high is None else (total + point.low, total + point.high)
        heading = total + point.expected
        steps.append(Step(starts, ends, day, spent, total, int(requests), int(unpriced), projected, heading, *band))
    return Course(unit, status.period, status.at, tuple(steps))


def totals_of(status: Status, periods: Sequence[Period]) -> dict[Period, list[Decimal]]:
    """For each of these periods, which are over, what was spent by the end of each of its steps, in one query.

    Periods that are cut into other steps than the one that the status speaks of are left out.
    """
    unit, _ = cut(status.period)
    cuts = {period: bounds for period in periods for other, bounds in [cut(period)] if other is unit}
    spent = iter(
        [cost for cost, *_ in _sums(status.budget.pk, [bound for bounds in cuts.values() for bound in bounds])]
    )
    return {period: list(accumulate(islice(spent, len(bounds)))) for period, bounds in cuts.items()}


def _sums(budget: int, bounds: Sequence[Period]) -> list[tuple[Decimal, int, int]]:
    columns = [[bound.starts for bound in bounds], [bound.ends for bound in bounds]]
    with connection.cursor() as cursor:
        cursor.execute(PER_STEP, [*columns, budget])
        return cursor.fetchall()


def reached(goals: Sequence[tuple[int, Period, Decimal]]) -> list[datetime | None]:
    """For each (budget, period, sum): the hour of the period in which its spend reached the sum, None where not."""
    if not goals:
        return []
    columns = [(budget, *period, amount) for budget, period, amount in goals]
    with connection.cursor() as cursor:
        cursor.execute(REACHED, [list(column) for column in zip(*columns, strict=True)])
        found = dict(cursor.fetchall())
    return [found.get(place) for place in range(1, len(goals) + 1)]


def last_day(period: Period) -> date:
    """The last local day of a period."""
    return day_of(period.ends - TICK, settings.COSTOPS_ZONE)


def day_count(period: Period) -> int:
    """How many local days a period touches."""
    zone = settings.COSTOPS_ZONE
    return (
        (day_of(period.ends - TICK, zone) - day_of(period.starts, zone)).days + 1 if period.starts < period.ends else 0
    )


def day_number(period: Period, at: datetime) -> int:
    """Which day of the period an instant lies in, counted from 1 and kept within the period."""
    zone = settings.COSTOPS_ZONE
    at = min(max(at, period.starts), period.ends - TICK)
    return (day_of(at, zone) - day_of(period.starts, zone)).days + 1


def cut(period: Period) -> tuple[Unit, list[Period]]:
    """Steps short enough to show the course and few enough to draw it."""
    zone, count = settings.COSTOPS_ZONE, day_count(period)
    if count == 0:
        return Unit.DAY, []
    if count <= 2:
        hours = round((period.ends - period.starts) / HOUR)
        return Unit.HOUR, [
            Period(period.starts + HOUR * n, min(period.starts + HOUR * (n + 1), period.ends)) for n in range(hours)
        ]
    first = day_of(period.starts, zone)
    if count <= MOST_STEPS:
        unit, edges = Unit.DAY, [first + ONE_DAY * n for n in range(count)]
    elif count <= MOST_STEPS * 28:
        months = range(first.year * 12 + first.month, first.year * 12 + first.month + count // 28 + 2)
        unit, edges = Unit.MONTH, [first, *(date(month // 12, month % 12 + 1, 1) for month in months)]
    else:
        unit, edges = (
            Unit.YEAR,
            [first, *(date(year, 1, 1) for year in range(first.year + 1, first.year + count // 365 + 2))],
        )
    starts = [day_bounds(day, zone).starts for day in edges]
    starts = [period.starts, *(start for start in starts[1:] if start < period.ends)]
    bounds = [Period(*pair) for pair in zip(starts, [*starts[1:], period.ends], strict=True)]
    return unit, [bound for bound in bounds if bound.starts < bound.ends]
