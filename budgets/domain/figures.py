"""The figures of budgets in the period of an instant: as stored, or of a period that nothing was charged to yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, Sum

from budgets.domain.opening import Amounts, amounts_of
from budgets.domain.periods import Period
from budgets.domain.rollover import begins_to_carry, leaves_something
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetHour, BudgetPeriod
from usage.domain.arrays import among

ZERO = Decimal(0)


class Figures(NamedTuple):
    """What one budget holds in one period: money in the company's currency, requests counted."""

    budget_id: int
    starts: datetime
    ends: datetime
    amount: Decimal
    carried: Decimal
    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    requests: int = 0
    unpriced: int = 0


def figures_at(budgets: Sequence[Budget], at: datetime) -> dict[int, Figures]:
    """Each budget's figures in its period at an instant, or in the nearest one, by its id."""
    stored = BudgetPeriod.objects.filter(budget__in=among(b.pk for b in budgets), starts__lte=at, ends__gt=at)
    rows = {row[0]: Figures(*row) for row in stored.order_by().values_list(*Figures._fields)}
    missing = [budget for budget in budgets if budget.pk not in rows]
    if not missing:
        return rows
    past = BudgetPeriod.objects.filter(budget__in=among(b.pk for b in missing), ends__lte=at)
    latest = past.order_by("budget_id", "-starts").distinct("budget_id").values_list(*Figures._fields)
    before = {row[0]: Figures(*row) for row in latest}
    amounts = amounts_of(missing)
    for budget in missing:
        period = schedule_of(budget).period_at(at) or _nearest(budget, at)
        last = before.get(budget.pk)
        if last is not None and period.starts < last.ends:
            if period.ends <= at:
                rows[budget.pk] = last
                continue
            period = Period(last.ends, period.ends)
        carried = _carried_into(budget, period, last, amounts[budget.pk])
        rows[budget.pk] = Figures(budget.pk, period.starts, period.ends, amounts[budget.pk].of(period), carried)
    return rows


def figures_until(budgets: Sequence[Budget], at: datetime) -> dict[int, Figures]:
    """The same as they were at an instant in the past, with the whole of the hour that it lies in."""
    rows = figures_at(budgets, at)
    within = Q()
    for row in rows.values():
        within |= Q(budget=row.budget_id, hour__gte=row.starts, hour__lte=at, hour__lt=row.ends)
    sums = BudgetHour.objects.filter(within).values("budget_id").order_by("budget_id")
    charged = sums.annotate(spent=Sum("cost"), calls=Sum("requests"), unknown=Sum("unpriced"))
    found = {pk: sums for pk, *sums in charged.values_list("budget_id", "spent", "calls", "unknown")}
    nothing = [ZERO, 0, 0]
    return {
        pk: row._replace(spent=spent, requests=calls, unpriced=unknown)
        for pk, row in rows.items()
        for spent, calls, unknown in [found.get(pk, nothing)]
    }


def _nearest(budget: Budget, at: datetime) -> Period:
    schedule = schedule_of(budget)
    starts, ends = schedule.applies()
    if starts is not None and at < starts:
        found = schedule.period_at(starts)
    else:
        found = next(iter(schedule.periods_between(ends - (ends - at).resolution, ends)), None) if ends else None
    return found or Period(at, at)


def _carried_into(budget: Budget, period: Period, last: Figures | None, amounts: Amounts) -> Decimal:
    if not budget.rollover:
        return ZERO
    carried, since = ZERO, begins_to_carry(budget)
    if last is not None:
        since = last.ends
        carried = max(ZERO, last.amount + last.carried - last.spent) if leaves_something(budget, last.ends) else ZERO
    if since is not None:
        for between in schedule_of(budget).periods_between(since, period.starts):
            carried += amounts.of(between) if leaves_something(budget, between.ends) else ZERO
    return carried
