"""Opens periods: each is made once, when something is first charged to it or someone looks after it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef

from budgets.domain.periods import Period
from budgets.domain.rollover import begins_to_carry, carry_forward, leaves_something
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetChange, BudgetPeriod
from usage.domain.arrays import among
from usage.domain.lock import hold_shared
from wire.days import hour_of

Place = tuple[int, datetime]  # a budget and an hour
OPEN = """
INSERT INTO budgets_budgetperiod
    (budget_id, starts, ends, amount, carried, spent, reserved, requests, unpriced)
SELECT budget_id, starts, ends, amount, 0, 0, 0, 0, 0
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::numeric[]) AS p(budget_id, starts, ends, amount)
ORDER BY budget_id, starts
ON CONFLICT DO NOTHING
"""


class NoPeriod(Exception):
    """A charge fell on an hour for which the budget has no period: membership and schedule disagree."""


class Amounts:
    """What a budget agreed to for each of its periods, through all changes of the amount."""

    def __init__(self, budget: Budget, changes: Iterable[tuple[datetime, str]]) -> None:
        """`changes` are, in the order of time, from when each holds and the amount before it."""
        self._planned = {day: Decimal(amount) for day, amount in budget.amounts.items()}
        self._now = budget.amount
        self._before = [(effective_from, Decimal(before)) for effective_from, before in changes]

    def of(self, period: Period) -> Decimal:
        """The amount of a period: planned for the day it begins, else the one agreed when it ended."""
        day = period.starts.astimezone(settings.COSTOPS_ZONE).date().isoformat()
        if day in self._planned:
            return self._planned[day]
        for effective_from, before in self._before:
            if period.ends <= effective_from:
                return before
        return self._now


def amounts_of(budgets: Collection[Budget]) -> dict[int, Amounts]:
    """The amounts of several budgets, in one query."""
    changes: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    found = BudgetChange.objects.filter(budget__in=among(budget.pk for budget in budgets), what="amount")
    found = found.order_by("effective_from", "at", "id")
    # The whole of `before`: to ask for its amount alone leaves a circle through an exception and all callers' frames.
    for budget_id, effective_from, before in found.values_list("budget_id", "effective_from", "before"):
        if effective_from is not None:
            changes[budget_id].append((effective_from, before["amount"]))
    return {budget.pk: Amounts(budget, changes[budget.pk]) for budget in budgets}


def ensure_periods(cursor: CursorWrapper, places: Collection[Place]) -> list[int]:
    """Makes the periods in which these hours of these budgets lie, where they are missing.

    Existing periods stand as they are; a new one is cut to the gap between them. A budget with rollover gets every
    period since rollover began, or since its first; returns those budgets, for whom `carry_forward` is due once their
    periods are locked. Raises NoPeriod when an hour lies outside the time that its budget applies.
    """
    hours: dict[int, set[datetime]] = defaultdict(set)
    for budget_id, hour in places:
        hours[budget_id].add(hour)
    budgets = list(Budget.objects.filter(pk__in=hours).order_by("pk"))
    existing = _existing(cursor, hours)
    amounts = amounts_of(budgets)
    rows: list[tuple[int, datetime, datetime, Decimal]] = []
    for budget in budgets:
        for period in _missing(budget, sorted(hours[budget.pk]), existing[budget.pk]):
            rows.append((budget.pk, period.starts, period.ends, amounts[budget.pk].of(period)))
    if rows:
        rows.sort()
        cursor.execute(OPEN, [list(column) for column in zip(*rows, strict=True)])
    return [budget.pk for budget in budgets if budget.rollover]


def rollover_places(cursor: CursorWrapper, budgets: Collection[Budget], now: datetime) -> list[Place]:
    """An hour of the period up to which rollover counts: the open one, else the last that there is.

    With it, `ensure_periods` makes those before it that nothing was charged to.
    """
    existing = _existing(cursor, [budget.pk for budget in budgets])
    places: list[Place] = []
    for budget in budgets:
        if budget.archived_at is None and schedule_of(budget).period_at(now) is not None:
            places.append((budget.pk, hour_of(now, settings.COSTOPS_ZONE)))
        elif existing[budget.pk]:
            places.append((budget.pk, existing[budget.pk][-1].starts))
    return places


def gaps(budgets: Collection[Budget]) -> dict[int, list[Period]]:
    """The periods that leave something to the next and are not there, of budgets with rollover, by their id."""
    found: dict[int, list[Period]] = {}
    with connection.cursor() as cursor:
        existing = _existing(cursor, [budget.pk for budget in budgets])
    for budget in budgets:
        if known := existing[budget.pk]:
            missing = _missing(budget, [known[-1].starts], known)
            found[budget.pk] = [period for period in missing if leaves_something(budget, period.ends)]
    return found


def _existing(cursor: CursorWrapper, budgets: Iterable[int]) -> dict[int, list[Period]]:
    cursor.execute(
        "SELECT budget_id, starts, ends FROM budgets_budgetperiod WHERE budget_id = ANY(%s) ORDER BY budget_id, starts",
        [list(budgets)],
    )
    found: dict[int, list[Period]] = defaultdict(list)
    for budget_id, starts, ends in cursor.fetchall():
        found[budget_id].append(Period(starts, ends))
    return found


def _missing(budget: Budget, hours: list[datetime], existing: list[Period]) -> list[Period]:
    schedule = schedule_of(budget)
    new: list[Period] = []
    if budget.rollover and hours:
        hours = _with_those_between(budget, hours, existing)
    for hour in hours:
        if new and hour < new[-1].ends and hour >= new[-1].starts:
            continue
        place = bisect_right([period.starts for period in existing], hour)
        before = existing[place - 1] if place else None
        if before is not None and hour < before.ends:
            continue
        period = schedule.period_at(hour)
        if period is None:
            raise NoPeriod(f"Budget {budget.pk} is charged for {hour:%Y-%m-%d %H:%M}Z, when it does not apply.")
        starts = max(period.starts, before.ends) if before else period.starts
        ends = min(period.ends, existing[place].starts) if place < len(existing) else period.ends
        new.append(Period(starts, ends))
    return new


def _with_those_between(budget: Budget, hours: list[datetime], existing: list[Period]) -> list[datetime]:
    known = [period.starts for period in existing]
    begins = begins_to_carry(budget)
    first, last = min([*known, hours[0], *([begins] if begins else [])]), max([*known, hours[-1]])
    between = schedule_of(budget).periods_between(first, last)
    return sorted({*hours, *(max(period.starts, first) for period in between)})


def keep_closed_periods(budget: Budget, now: datetime) -> None:
    """Opens what is over and nothing was charged to, since it was made: before the schedule that cuts it is replaced.

    `budget` may have its new schedule already; the one that counts is in the database.
    """
    schedule = schedule_of(Budget.objects.get(pk=budget.pk))
    first = budget.periods.order_by("starts").values_list("starts", flat=True).first()
    begins = min(first or now, budget.created_at)
    closed = [period for period in schedule.periods_between(begins, now) if period.ends <= now]
    with connection.cursor() as cursor:
        ensure_periods(cursor, [(budget.pk, period.starts) for period in closed])


OPEN_PERIOD = BudgetPeriod.objects.filter(budget=OuterRef("pk"))


def open_due(now: datetime) -> int:
    """Opens the period that `now` lies in for every live budget without one; returns how many budgets that were."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_shared(cursor)
        due = [
            budget
            for budget in Budget.objects.live().filter(~Exists(OPEN_PERIOD.filter(starts__lte=now, ends__gt=now)))
            if schedule_of(budget).period_at(now) is not None
        ]
        rolling = ensure_periods(cursor, [(budget.pk, hour_of(now, settings.COSTOPS_ZONE)) for budget in due])
        if rolling:
            carry_forward(cursor, rolling, now)
        return len(due)
