"""Which amounts are worth adjusting for the next quarter: what is agreed for a period, against what is advised.

An amount is for a budget's own period, so what is advised is enough for the dearest of those that begin in the quarter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from forecasting.domain.estimates import sensible
from forecasting.domain.quarters import QuarterAhead, ahead_in, kept_for, part_in, periods_in
from forecasting.domain.ways import ways_of
from wire.calendar import QUARTER, Stretch, present
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
    total: Total
    ahead: QuarterAhead

    @property
    def periods(self) -> int:
        """How many of its periods begin in the quarter."""
        return self.ahead.periods

    @property
    def words(self) -> str:
        """Why so much is advised."""
        enough, expected = self.ahead.enough, self.ahead.expected
        assert self.ahead.dearest is not None
        if enough <= 0:
            return "Nothing is expected to be spent."
        cents = enough < SMALL
        most, usual = in_words(enough, cents=cents), in_words(expected, cents=cents)
        label = schedule_of(self.status.budget).label(self.ahead.dearest)
        what = f"{label} is the dearest: {usual} is expected" if self.periods > 1 else f"{usual} is expected in {label}"
        return f"{what}, and {most} is enough in 4 of 5 of the ways it may go."

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
    ahead = kept_for(quarter, [status.budget for status in statuses], now)
    ahead |= _worked_out([status for status in statuses if status.budget.pk not in ahead], quarter)
    amounts = amounts_of([status.budget for status in statuses])
    found, unknown = [], 0
    for status in statuses:
        known = ahead.get(status.budget.pk)
        if known is None:
            unknown += 1
        elif known.dearest is not None:
            one = adjustment_for(status, known, amounts[status.budget.pk].of, quarter)
            if one.is_worth_it:
                found.append(one)
    found.sort(key=lambda one: (-abs(one.total.change), one.status.budget.name, one.status.budget.pk))
    return Adjusted(quarter, found, unknown)


def _worked_out(statuses: Sequence[Status], quarter: Stretch) -> dict[int, QuarterAhead]:
    """What the latest runs of these budgets say of a quarter; those without one that reaches so far are missing."""
    ways = ways_of([status.asked for status in statuses])
    found = {}
    for status in statuses:
        way, is_run = ways[status.budget.pk]
        said = ahead_in(quarter, schedule_of(status.budget), way)
        if said is not None and (is_run or said.dearest is None):
            found[status.budget.pk] = said
    return found


def adjustment_for(
    status: Status, ahead: QuarterAhead, agreed: Callable[[Period], Decimal], quarter: Stretch
) -> Adjustment:
    """What is advised for periods to come: enough for the dearest of them with the probability ENOUGH."""
    dearest = ahead.dearest
    assert dearest is not None
    schedule = schedule_of(status.budget)
    advised, _ = sensible(ahead.enough)
    if status.budget.amounts:  # those that are planned differ from period to period
        periods = periods_in(schedule, quarter)
        current = sum((agreed(period) * part_in(period, quarter) for period in periods), ZERO)
    else:
        current = agreed(dearest) * ahead.parts
    total = Total(current, ahead.total, advised * ahead.parts)
    return Adjustment(status, agreed(dearest), ahead.average, advised, total, ahead)


def total_of(adjustments: Sequence[Adjustment]) -> Total:
    """What all of these come to in the quarter."""
    return Total(
        sum((one.total.current for one in adjustments), ZERO),
        sum((one.total.expected for one in adjustments), ZERO),
        sum((one.total.advised for one in adjustments), ZERO),
    )
