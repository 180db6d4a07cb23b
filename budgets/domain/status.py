"""The status of budgets: spent against agreed, where it is heading, and one word for it. Read from rollups alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Sum
from django.utils.functional import cached_property

from budgets.domain.agreed import was_agreed
from budgets.domain.allocation import Recurring, per_period_of
from budgets.domain.figures import Figures, figures_at, figures_until
from budgets.domain.periods import Period
from budgets.domain.projection import Asked, Projection, projected
from budgets.domain.runrate import run_rate
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetSpan, BudgetThreshold
from usage.domain.arrays import among
from usage.domain.recording import recorded_since
from wire.days import TICK
from wire.money import in_percent

ZERO = Decimal(0)
CLOSE = Decimal("0.9")


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
    rate: Projection
    crossed: tuple[Decimal, ...]
    allocated: Decimal
    at: datetime
    recorded: datetime | None = None
    """When the installation recorded its first call."""
    agreed: bool = True
    """Whether the limit had been agreed at the instant that this speaks of: pages show none that came later."""

    @cached_property
    def limit(self) -> Decimal:
        """What may be spent: the amount agreed and what the period before left."""
        return self.amount + self.carried

    @property
    def remaining(self) -> Decimal:
        """What is left; negative when more was spent than agreed."""
        return self.limit - self.spent

    @cached_property
    def share(self) -> Decimal | None:
        """Spent as a share of the limit (1 is all of it); None when there is no limit to measure against."""
        return self.spent / self.limit if self.limit else None

    @cached_property
    def percentage(self) -> Decimal | None:
        """Spent in percent of the limit, to a tenth; never 100.0 for less."""
        return None if self.share is None else in_percent(self.share)

    @property
    def is_over(self) -> bool:
        """Whether the period has ended, or is looked at from its last instant: nothing is projected any more."""
        return self.at >= self.period.ends - TICK

    @property
    def unallocated(self) -> Decimal:
        """What no child was promised; negative when they were promised more than there is."""
        return self.amount - self.allocated

    @property
    def asked(self) -> Asked:
        """What a room that projects is asked."""
        return Asked(self.budget, self.period, self.spent, self.limit, self.at, self.recorded)

    @cached_property
    def state(self) -> State:
        """exceeded: the limit is reached; critical: it will be passed; warning: 90% of it, or a threshold crossed."""
        if self.spent >= self.limit and self.spent > 0:
            return State.EXCEEDED
        if self.rate.forecast > self.limit:
            return State.CRITICAL
        if self.spent and (self.rate.forecast >= self.limit * CLOSE or self.crossed):
            return State.WARNING
        return State.OK


def at_rest(status: Status) -> Status:
    """The status of a period in which nothing more is to come: it is over, not begun, or the budget is archived."""
    rate = status.rate
    settled = Projection(rate.burn_rate_per_day, ZERO, status.spent, None, rate.since, method="")
    return replace(status, rate=settled)


def statuses(budgets: Sequence[Budget], now: datetime, at: datetime | None = None) -> dict[int, Status]:
    """The status of several budgets by their id, in a fixed number of queries.

    `at` (default now) is an instant in the past to look back to: what was spent until the hour it lies in. A budget
    that does not apply then is shown in the nearest of its periods. Of one that is archived or over nothing more is
    expected.
    """
    at = min(at, now) if at else now
    figures = figures_until(budgets, at) if at < now else figures_at(budgets, at)
    thresholds: dict[int, list[Decimal]] = defaultdict(list)
    shares = BudgetThreshold.objects.filter(budget__in=among(budget.pk for budget in budgets)).order_by("threshold")
    for budget_id, threshold in shares.values_list("budget_id", "threshold"):
        thresholds[budget_id].append(threshold)
    recorded = recorded_since()
    allocated = allocations(budgets, figures, at, past=at < now)
    asked = [
        Asked(b, Period(row.starts, row.ends), row.spent, row.amount + row.carried, at, recorded)
        for b in budgets
        if (row := figures[b.pk]).starts <= at < row.ends
    ]
    known = projected(asked)
    found = {}
    for budget in budgets:
        row = figures[budget.pk]
        limit = row.amount + row.carried
        period = Period(row.starts, row.ends)
        status = Status(
            budget=budget,
            period=period,
            amount=row.amount,
            carried=row.carried,
            spent=row.spent,
            reserved=row.reserved,
            requests=row.requests,
            unpriced=row.unpriced,
            rate=known.get(budget.pk) or run_rate(row.spent, limit, period, at, recorded),
            crossed=tuple(share for share in thresholds[budget.pk] if limit > 0 and row.spent >= share * limit),
            allocated=allocated.get(budget.pk, ZERO),
            at=at,
            recorded=recorded,
            agreed=at >= now or was_agreed(budget, period, at),
        )
        archived = budget.archived_at is not None and budget.archived_at <= at
        found[budget.pk] = at_rest(status) if archived or at >= row.ends else status
    return found


def allocations(
    budgets: Collection[Budget], figures: Mapping[int, Figures], at: datetime, *, past: bool = False
) -> dict[int, Decimal]:
    """What each budget promised its children for its period, by its id; `figures` are those of the period.

    A child that plans an amount for each period counts with that of its own period at the instant, and one whose dates
    lie outside of its parent's period not at all. With `past`, children and amounts are those of then.
    """
    parents = {budget.pk: budget for budget in budgets}
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    below: dict[Budget, int] = {}
    if past:
        below = _children_at(parents, at)
    else:
        plain = Q(amounts={}, starts_on=None, ends_on=None)
        sums = Budget.objects.live().filter(parent__in=among(parents)).order_by().values("parent_id", "period")
        sums = sums.annotate(total=Sum("amount", filter=plain), special=ArrayAgg("pk", filter=~plain, default=[]))
        special: dict[int, int] = {}
        for row in sums:
            special |= dict.fromkeys(row["special"], row["parent_id"])
            if row["total"] is not None:
                parent = parents[row["parent_id"]]
                found[parent.pk] += per_period_of(row["total"], Recurring(row["period"]), parent)
        if special:
            below = {child: special[child.pk] for child in Budget.objects.filter(pk__in=special)}
    if below:
        own = figures_at(list(below), at)
        for child, above in below.items():
            starts, ends = schedule_of(child).applies()
            parent, period = parents[above], figures[above]
            if (starts is None or starts < period.ends) and (ends is None or ends > period.starts):
                found[parent.pk] += per_period_of(own[child.pk].amount, child, parent)
    return dict(found)


def _children_at(parents: Collection[int], at: datetime) -> dict[Budget, int]:
    """The budgets that were below these at an instant, and not archived, each with its parent's id."""
    spans = BudgetSpan.objects.filter(
        Q(starts=None) | Q(starts__lte=at), Q(ends=None) | Q(ends__gt=at), parent__in=among(parents)
    ).filter(Q(budget__archived_at=None) | Q(budget__archived_at__gte=at))
    spans = spans.filter(budget__created_at__lte=at).select_related("budget")
    return {span.budget: span.parent_id for span in spans if span.parent_id is not None}
