"""What one run of the engine says of the days to come, and what follows for any stretch of them. Pure.

All of it is floats in the company's currency: an estimate, which becomes money where it leaves this room. Leads count
days from the first one projected: `totals[3]` is what its first three days are expected to cost together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import NamedTuple

from forecasting.domain.distribution import probability_above, quantile, tails

EVENLY = tuple(hour / 24 for hour in range(25))
"""The share of a day's spend that has come by the beginning of each hour, where nothing is known of its hours."""


SUMS, SHARES = 9, 6
"""Digits that a run is kept with: a database hands out short numbers twice as fast as those of a float in full."""


@dataclass(frozen=True)
class Curve:
    """A projection of days. `totals`, `spreads` and `day_spreads` begin with 0 for no day at all."""

    first_day: date
    totals: Sequence[float]
    """Expected for the first n days together."""
    spreads: Sequence[float]
    """The spread of the error of that sum; what `total_shape` is a multiple of."""
    day_spreads: Sequence[float]
    """The spread of the error of the nth day alone."""
    total_shape: Sequence[float]
    day_shape: Sequence[float]
    """Quantiles of the errors at distribution.PROBABILITIES, in units of their spread."""
    hours: Sequence[float] = EVENLY
    """The share of a day's spend that has come by the beginning of each of its hours, 25 numbers from 0 to 1."""

    @property
    def reach(self) -> int:
        """For how many days it speaks."""
        return len(self.totals) - 1

    def lead_of(self, day: date) -> int:
        """How many days lie between the first one projected and this one."""
        return (day - self.first_day).days

    def rounded(self) -> Curve:
        """The same to so many digits as tell anything: sums to SUMS, shares to SHARES."""
        return replace(
            self,
            totals=_to(SUMS, self.totals),
            spreads=_to(SUMS, self.spreads),
            day_spreads=_to(SUMS, self.day_spreads),
            total_shape=_to(SHARES, self.total_shape),
            day_shape=_to(SHARES, self.day_shape),
            hours=_to(SHARES, self.hours),
        )


def _to(digits: int, values: Sequence[float]) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


class Ahead(NamedTuple):
    """What is still to come in a stretch: expected, and how far off that may be."""

    expected: float
    spread: float
    shape: Sequence[float]

    def at(self, probability: float) -> float:
        """What is not passed with this probability; never less than nothing."""
        return max(0.0, self.expected + self.spread * quantile(self.shape, probability))

    def band(self, confidence: float) -> tuple[float, float]:
        """The middle `confidence` of what may come; what is expected always lies in it."""
        low, high = tails(confidence)
        return min(self.at(low), self.expected), max(self.at(high), self.expected)

    def chance_above(self, amount: float) -> float:
        """How likely more than `amount` is still to come, as a share of 1."""
        if self.spread <= 0:
            return float(self.expected > amount)
        return probability_above(self.shape, (amount - self.expected) / self.spread)


def stretch(
    totals: Sequence[float],
    spreads: Sequence[float],
    shape: Sequence[float],
    start: float,
    end: int,
    day_spreads: Sequence[float] = (),
) -> Ahead:
    """What lies between two leads, whole or within a day.

    The spread of a part is the root of its share of the days: exact where days err one by one, and for a level that
    wanders; a little wide where the whole errs the same way every day. So it is never more than its days together err,
    all of them the same way, where `day_spreads` say that: which is what counts for few days far ahead.
    """
    if end <= start:
        return Ahead(0.0, 0.0, shape)
    spread = spreads[end] * sqrt((end - start) / end)
    if day_spreads:
        spread = min(spread, sum(day_spreads[int(start) + 1 : end + 1]))
    return Ahead(totals[end] - at_lead(totals, start), spread, shape)


def at_lead(totals: Sequence[float], lead: float) -> float:
    """The sum until a lead within a day, straight between two."""
    whole = int(lead)
    if whole == lead:
        return totals[whole]
    return totals[whole] + (lead - whole) * (totals[whole + 1] - totals[whole])


def come_by(hours: Sequence[float], passed: float) -> float:
    """The share of a usual day's spend that has come when this share of the day has passed."""
    place = min(max(passed, 0.0), 1.0) * 24
    whole = min(int(place), 23)
    return hours[whole] + (place - whole) * (hours[whole + 1] - hours[whole])


def rest_of_day(expected: float, spent: float, come: float) -> float:
    """What is still to come of a day of which `come` is usually over, and `spent` came.

    The later it is, the more today says of itself: its own pace counts as much as its share that has come, what is
    usual counts for the rest.
    """
    return (1 - come) * ((1 - come) * expected + spent)
