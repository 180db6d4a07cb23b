"""The periods of one budget in a row: past ones as they were, the present one, and those that are planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings

from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period, Schedule, day_bounds
from budgets.domain.status import statuses
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetPeriod

ZERO = Decimal(0)
MOST_PLANNED = 120


class When(StrEnum):
    """On which side of now a period lies."""

    PAST = "past"
    PRESENT = "present"
    PLANNED = "planned"


class Line(NamedTuple):
    """One period. Money in the company's currency; `carried` is None where it depends on what is yet to be spent."""

    period: Period
    label: str
    when: When
    amount: Decimal
    carried: Decimal | None
    spent: Decimal
    reserved: Decimal
    requests: int
    unpriced: int


def timeline(budget: Budget, now: datetime) -> list[Line]:
    """The budget's periods, the latest first: from its first one to the next, or to the last with a planned amount.

    Periods to which nothing was ever charged are not stored; they are shown as their schedule cuts them. At most
    MOST_PLANNED of those to come are shown.
    """
    stored = list(budget.periods.order_by("starts"))
    schedule = schedule_of(budget)
    amounts = amounts_of([budget])[budget.pk]
    present = statuses([budget], now)[budget.pk]
    lines, planned = [], 0
    for period, row in _in_a_row(schedule, stored, *_reach(budget, schedule, stored, now)):
        when = When.PLANNED if period.starts > now else When.PAST if period.ends <= now else When.PRESENT
        figures: tuple[Decimal, Decimal | None, Decimal, Decimal, int, int]
        if row is not None:
            figures = (row.amount, row.carried, row.spent, row.reserved, row.requests, row.unpriced)
        else:
            carried = None if when is When.PLANNED and budget.rollover else ZERO
            if when is When.PRESENT and present.period == period:
                carried = present.carried
            figures = (amounts.of(period), carried, ZERO, ZERO, 0, 0)
        planned += when is When.PLANNED
        if planned > MOST_PLANNED:
            break
        lines.append(Line(period, schedule.label(period), when, *figures))
    return lines[::-1]


def planned_periods(budget: Budget, now: datetime) -> list[tuple[Period, Decimal]]:
    """The periods yet to begin that have an amount of their own, the next one first, each with it.

    A planned day on which no period begins, since the schedule was changed, has none.
    """
    schedule, found = schedule_of(budget), []
    for day in sorted(budget.amounts):
        period = schedule.period_beginning(date.fromisoformat(day))
        if period is not None and period.starts > now:
            found.append((period, Decimal(budget.amounts[day])))
    return found


def _reach(budget: Budget, schedule: Schedule, stored: list[BudgetPeriod], now: datetime) -> tuple[datetime, datetime]:
    """From when to when there is something to show."""
    starts, ends = schedule.applies()
    made = schedule.period_at(budget.created_at)
    begins = starts or (made.starts if made else budget.created_at)
    if budget.archived_at is not None:
        finish = budget.archived_at
    else:
        shown = schedule.period_at(max(now, begins))
        following = schedule.next(shown) if shown and shown.starts <= now else None
        finish = (following or shown or Period(now, ends or now)).ends
    days = [] if budget.archived_at else [date.fromisoformat(day) for day in budget.amounts]
    planned = [day_bounds(day, settings.COSTOPS_ZONE).ends for day in days]
    edges = [edge for row in (stored[:1] + stored[-1:]) for edge in (row.starts, row.ends)]
    return min([begins, *edges]), max([finish, *planned, *edges])


def _in_a_row(
    schedule: Schedule, stored: list[BudgetPeriod], start: datetime, end: datetime
) -> Iterator[tuple[Period, BudgetPeriod | None]]:
    """Stored periods, with those of the schedule in the gaps between them, in order."""
    point = start
    for row in stored:
        yield from ((period, None) for period in _gap(schedule, point, row.starts))
        yield Period(row.starts, row.ends), row
        point = row.ends
    yield from ((period, None) for period in _gap(schedule, point, end, cut=False))


def _gap(schedule: Schedule, start: datetime, end: datetime, *, cut: bool = True) -> Iterator[Period]:
    for period in schedule.periods_between(start, end):
        yield Period(max(period.starts, start), min(period.ends, end) if cut else period.ends)
