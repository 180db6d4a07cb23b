"""Which amounts are worth adjusting for the next quarter: what is agreed for a period, against what is advised.

An amount is for a budget's own period, so what is advised is enough for the dearest of those that begin in the quarter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period, Schedule
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from forecasting.domain.estimates import ENOUGH, as_money, sensible
from forecasting.domain.reading import AnyWay
from forecasting.domain.ways import ways_of
from wire.calendar import QUARTER, Stretch, present
from wire.days import ONE_DAY, TICK, day_of
from wire.templatetags.money import in_words

ZERO = Decimal(0)
WORTH = Decimal("0.1")
"""From which change on an amount is worth adjusting, as a share of what is agreed."""
SMALL = Decimal(100)


class Total(NamedTuple):
    """Sums over the quarter."""

    current: Decimal
    expected: Decimal
    advised: Decimal

    @property
    def change(self) -> Decimal:
        """How much more, or less, is advised."""
        return self.advised - self.current


@dataclass(frozen=True)
class Adjustment:
    """What is agreed and advised for one period of a budget, the dearest. `expected` is what its periods cost on
    average; `total` what they come to within the quarter.
    """

    status: Status
    current: Decimal
    expected: Decimal
    advised: Decimal
    periods: int
    total: Total
    words: str

    @property
    def change(self) -> Decimal:
        """How much more, or less, is advised."""
        return self.advised - self.current

    @property
    def share(self) -> Decimal | None:
        """The change as a share of what is agreed; None where nothing is."""
        return self.change / self.current if self.current else None

    @property
    def is_worth_it(self) -> bool:
        """Whether it differs by more than WORTH either way."""
        return abs(self.change) > WORTH * self.current


class Adjusted(NamedTuple):
    """What is worth adjusting, what changes most over the quarter first, and how many have no forecast so far ahead."""

    quarter: Stretch
    found: list[Adjustment]
    unknown: int


def adjusted(statuses: Sequence[Status], now: datetime) -> Adjusted:
    """The budgets whose amount is worth adjusting for the quarter after this one, in a fixed number of queries."""
    quarter = present(QUARTER, now).moved(1)
    ways = ways_of([status.asked for status in statuses])
    amounts = amounts_of([status.budget for status in statuses])
    found, unknown = [], 0
    for status in statuses:
        schedule = schedule_of(status.budget)
        periods = periods_in(schedule, quarter)
        if not periods:
            continue
        way, is_run = ways[status.budget.pk]
        known = is_run and way.reaches(min(periods[-1].ends, quarter.ends))
        periods = [period for period in periods if known and way.reaches(period.ends)]
        if not periods:
            unknown += 1
            continue
        one = adjustment_for(status, way, schedule, periods, amounts[status.budget.pk].of, quarter)
        if one.is_worth_it:
            found.append(one)
    found.sort(key=lambda one: (-abs(one.total.change), one.status.budget.name, one.status.budget.pk))
    return Adjusted(quarter, found, unknown)


def periods_in(schedule: Schedule, quarter: Stretch) -> list[Period]:
    """A budget's periods that begin in a quarter."""
    between = schedule.periods_between(quarter.starts, quarter.ends)
    return [period for period in between if period.starts >= quarter.starts]


def adjustment_for(
    status: Status,
    way: AnyWay,
    schedule: Schedule,
    periods: Sequence[Period],
    agreed: Callable[[Period], Decimal],
    quarter: Stretch,
) -> Adjustment:
    """What is advised for periods to come: enough for the dearest of them with the probability ENOUGH."""
    costs = []
    for period in periods:
        ahead = way.between(period.starts, period.ends)
        costs.append((max(ahead.at(float(ENOUGH)), ahead.expected), ahead.expected, period))
    enough, expected, dearest = max(costs, key=lambda cost: cost[0])
    advised, _ = sensible(as_money(enough))
    average = as_money(sum(cost for _, cost, _ in costs) / len(costs))
    parts = [(period, as_money(cost), part_in(period, quarter)) for _, cost, period in costs]
    total = Total(
        sum((agreed(period) * part for period, _, part in parts), ZERO),
        sum((cost * part for _, cost, part in parts), ZERO),
        sum((advised * part for _, _, part in parts), ZERO),
    )
    words = _words(as_money(enough), as_money(expected), schedule.label(dearest), len(periods))
    return Adjustment(status, agreed(dearest), average, advised, len(periods), total, words)


def part_in(period: Period, quarter: Stretch) -> Decimal:
    """How much of a period that begins in a quarter lies in it, as a share of its days."""
    zone = settings.COSTOPS_ZONE
    first, after = day_of(period.starts, zone), day_of(period.ends - TICK, zone) + ONE_DAY
    return Decimal((min(after, quarter.after) - first).days) / (after - first).days


def total_of(adjustments: Sequence[Adjustment]) -> Total:
    """What all of these come to in the quarter."""
    return Total(
        sum((one.total.current for one in adjustments), ZERO),
        sum((one.total.expected for one in adjustments), ZERO),
        sum((one.total.advised for one in adjustments), ZERO),
    )


def _words(enough: Decimal, expected: Decimal, label: str, periods: int) -> str:
    if enough <= 0:
        return "Nothing is expected to be spent."
    cents = enough < SMALL
    most, usual = in_words(enough, cents=cents), in_words(expected, cents=cents)
    what = f"{label} is the dearest: {usual} is expected" if periods > 1 else f"{usual} is expected in {label}"
    return f"{what}, and {most} is enough in 4 of 5 of the ways it may go."
