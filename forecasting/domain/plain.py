"""The simple method: the plain rate goes on, in a wide band. For what no run speaks of yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt

from django.conf import settings

from budgets.domain.periods import day_bounds
from budgets.domain.projection import Point
from forecasting.domain.curve import Ahead
from forecasting.domain.estimates import STEP, as_money
from wire.days import day_of, days_in

METHOD = "run_rate"
NOISE = 0.6  # what days of new usage differ by, as a share
DRIFT = 0.04  # what the level of new usage moves by a day, as a share
LEAST_KNOWN = 0.5  # days
#: Student's quantiles of four degrees of freedom at distribution.PROBABILITIES, longer upwards: spend may double.
SHAPE = (
    *(-3.91, -3.18, -2.36, -1.81, -1.30, -1.01, -0.80, -0.63, -0.48, -0.23),
    *(0.0, 0.31, 0.65, 0.85, 1.08, 1.37, 1.76, 2.45, 3.19, 4.31, 5.29),
)


class PlainWay:
    """The way that a plain rate per day goes from an instant on, known over `known` days."""

    shape: Sequence[float] = SHAPE

    def __init__(self, rate: Decimal, at: datetime, known: float) -> None:
        self.rate, self.at = rate, at
        self._doubt = NOISE**2 / max(known, LEAST_KNOWN)

    def reaches(self, edge: datetime) -> bool:
        """It goes on for ever."""
        return True

    def ahead(self, edge: datetime) -> Ahead:
        """What is still to come until an instant."""
        return self._of(max(timedelta(0), edge - self.at))

    def until(self, edge: datetime, confidence: float) -> Point:
        """What is expected until an instant, as money, and its band."""
        rest = self.ahead(edge)
        low, high = rest.band(confidence)
        expected = (self.rate * days_in(max(timedelta(0), edge - self.at))).quantize(STEP)
        return Point(expected, min(as_money(low), expected), max(as_money(high), expected))

    def day(self, day: date) -> Ahead:
        """What one day to come is expected to cost by itself; of today, what is still to come of it."""
        bounds = day_bounds(day, settings.COSTOPS_ZONE)
        if day == day_of(self.at, settings.COSTOPS_ZONE):
            return self.ahead(bounds.ends)
        single = self._of(bounds.ends - bounds.starts)
        return single._replace(spread=float(self.rate) * sqrt(self._doubt + NOISE**2))

    def between(self, start: datetime, end: datetime) -> Ahead:
        """What a stretch to come is expected to cost."""
        whole, part = self._of(end - self.at), self._of(end - start)
        share = (end - start) / (end - self.at) if end > self.at else 0.0
        return Ahead(part.expected, whole.spread * sqrt(share), SHAPE)

    def passes(self, amount: float, until: datetime) -> datetime | None:
        """When so much more will have come, if that is before `until`; None where it is not."""
        if self.rate <= 0:
            return None
        when = self.at + timedelta(seconds=int(Decimal(repr(amount)) / self.rate * 86_400))
        return when if when < until else None

    def _of(self, span: timedelta) -> Ahead:
        count, rate = float(days_in(span)), float(self.rate)
        spread = rate * sqrt(count**2 * self._doubt + count * NOISE**2 + DRIFT**2 * count**3 / 3)
        return Ahead(rate * count, spread, SHAPE)


def in_words(known: float) -> str:
    """What the simple method was given, in a sentence."""
    if known < 1:
        return "At the rate of today so far. The band is wide because less than a day is known."
    count = int(known)
    return (
        f"At the average of the {count} day{'' if count == 1 else 's'} so far: no forecast has been made yet. "
        "The band is wide because few days say little."
    )
