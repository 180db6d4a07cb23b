"""The status of budgets: spent against agreed, where it is heading, and one word for it. Read from rollups alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from django.db.models import Q, Sum

from budgets.domain.allocation import per_period_of
from budgets.domain.opening import Amounts, amounts_of
from budgets.domain.periods import Period
from budgets.domain.runrate import RunRate, run_rate
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetHour, BudgetPeriod, BudgetThreshold
from usage.domain.arrays import among

ZERO = Decimal(0)
CLOSE = Decimal("0.9")
TENTH = Decimal("0.1")


class State(StrEnum):
    """One word for how a budget stands."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    EXCEEDED = "exceeded"


@dataclass(frozen=True)
class Status:
    """How one budget stands in one period. Money in the company's currency."""

    budget: Budget
    period: Period
    amount: Decimal
    carried: Decimal
    spent: Decimal
    reserved: Decimal
    requests: int
    unpriced: int
    rate: RunRate
    crossed: tuple[Decimal, ...]
    allocated: Decimal
    at: datetime

    @property
    def limit(self) -> Decimal:
        """What may be spent: the amount agreed and what the period before left."""
        return self.amount + self.carried

    @property
    def remaining(self) -> Decimal:
        """What is left; negative when more was spent than agreed."""
        return self.limit - self.spent

    @property
    def share(self) -> Decimal | None:
        """Spent as a share of the limit (1 is all of it); None when there is no limit to measure against."""
        return self.spent / self.limit if self.limit else None

    @property
    def percentage(self) -> Decimal | None:
        """Spent in percent of the limit, cut to tenths, so that 100.0 is never said too early."""
        return None if self.share is None else (self.share * 100).quantize(TENTH, ROUND_DOWN)

    @property
    def unallocated(self) -> Decimal:
        """What no child was promised; negative when they were promised more than there is."""
        return self.amount - self.allocated

    @property
    def state(self) -> State:
        """exceeded: the limit is reached; critical: it will be passed; warning: 90 % of it, or a threshold crossed."""
        if self.spent >= self.limit and self.spent > 0:
            return State.EXCEEDED
        if self.rate.forecast > self.limit:
            return State.CRITICAL
        if self.spent and (self.rate.forecast >= self.limit * CLOSE or self.crossed):
            return State.WARNING
        return State.OK


def statuses(budgets: Sequence[Budget], now: datetime, at: datetime | None = None) -> dict[int, Status]:
    """The status of several budgets by their id, in a fixed number of queries.

    `at` (default now) is an instant in the past to look back to: what was spent until the hour it lies in. A budget
    that does not apply then is shown in the nearest of its periods.
    """
    at = min(at, now) if at else now
    periods = _periods(budgets, at)
    spent = _spent_until(periods, at) if at < now else {}
    thresholds: dict[int, list[Decimal]] = defaultdict(list)
    shares = BudgetThreshold.objects.filter(budget__in=among(budget.pk for budget in budgets)).order_by("threshold")
    for budget_id, threshold in shares.values_list("budget_id", "threshold"):
        thresholds[budget_id].append(threshold)
    allocated = allocations(budgets)
    found = {}
    for budget in budgets:
        row = periods[budget.pk]
        limit, total = row.amount + row.carried, spent.get(budget.pk, row.spent)
        period = Period(row.starts, row.ends)
        found[budget.pk] = Status(
            budget=budget,
            period=period,
            amount=row.amount,
            carried=row.carried,
            spent=total,
            reserved=row.reserved,
            requests=row.requests,
            unpriced=row.unpriced,
            rate=run_rate(total, limit, period, at),
            crossed=tuple(share for share in thresholds[budget.pk] if limit > 0 and total >= share * limit),
            allocated=allocated.get(budget.pk, ZERO),
            at=at,
        )
    return found


def _periods(budgets: Sequence[Budget], at: datetime) -> dict[int, BudgetPeriod]:
    """Each budget's period at an instant: the stored one, else one that nothing was charged to yet."""
    current = BudgetPeriod.objects.filter(budget__in=among(b.pk for b in budgets), starts__lte=at, ends__gt=at)
    rows = {row.budget_id: row for row in current.order_by()}
    missing = [budget for budget in budgets if budget.pk not in rows]
    if not missing:
        return rows
    before = {
        row.budget_id: row
        for row in BudgetPeriod.objects.filter(budget__in=among(b.pk for b in missing), ends__lte=at)
        .order_by("budget_id", "-starts")
        .distinct("budget_id")
    }
    amounts = amounts_of(missing)
    for budget in missing:
        period = schedule_of(budget).period_at(at) or _nearest(budget, at)
        last = before.get(budget.pk)
        if last is not None and last.starts <= period.starts < last.ends:
            rows[budget.pk] = last
            continue
        rows[budget.pk] = BudgetPeriod(
            budget=budget,
            starts=period.starts,
            ends=period.ends,
            amount=amounts[budget.pk].of(period),
            carried=_carried_into(budget, period, last, amounts[budget.pk]),
            spent=ZERO,
            reserved=ZERO,
        )
    return rows


def _nearest(budget: Budget, at: datetime) -> Period:
    schedule = schedule_of(budget)
    starts, ends = schedule.applies()
    if starts is not None and at < starts:
        found = schedule.period_at(starts)
    else:
        found = next(iter(schedule.periods_between(ends - (ends - at).resolution, ends)), None) if ends else None
    return found or Period(at, at)


def _carried_into(budget: Budget, period: Period, last: BudgetPeriod | None, amounts: Amounts) -> Decimal:
    if not budget.rollover or last is None:
        return ZERO
    agreed = budget.starts_on is not None or last.ends > budget.created_at
    carried = max(ZERO, last.amount + last.carried - last.spent) if agreed else ZERO
    for between in schedule_of(budget).periods_between(last.ends, period.starts):
        carried += amounts.of(between)
    return carried


def _spent_until(periods: dict[int, BudgetPeriod], at: datetime) -> dict[int, Decimal]:
    within = Q()
    for row in periods.values():
        within |= Q(budget=row.budget_id, hour__gte=row.starts, hour__lte=at, hour__lt=row.ends)
    sums = BudgetHour.objects.filter(within).values("budget_id").annotate(total=Sum("cost"))
    found = {row["budget_id"]: row["total"] for row in sums.order_by("budget_id")}
    return {pk: found.get(pk, ZERO) for pk in periods}


def allocations(budgets: Collection[Budget]) -> dict[int, Decimal]:
    """What each budget promised its live children, per period of its own, by its id."""
    kinds = {budget.pk: budget.period for budget in budgets}
    children = (
        Budget.objects.live()
        .filter(parent__in=among(kinds))
        .order_by()
        .values("parent_id", "period")
        .annotate(total=Sum("amount"))
    )
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for row in children:
        converted = per_period_of(row["total"], row["period"], kinds[row["parent_id"]])
        found[row["parent_id"]] += row["total"] if converted is None else converted
    return dict(found)
