"""Histories made fit for fitting: gaps filled, days that stand out evened, those that do every month told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEK = 7
AROUND = 3  # weeks before and after that a day is compared with
NEAR = 28  # days on both sides among which a day may stand out
OUTSTANDING = 2.0  # times the third dearest of them
WEEKS = 26  # that say what a weekday counts
LEAST_SHARE = 0.1
SEASON_MONTHS = 3  # months from which on a day of the month can be told from chance
LEAST_PEAK = 0.12  # as a share: a smaller one is not worth the doubt


def filled(costs: Floats) -> Floats:
    """The days with gaps (NaN) filled by what the same weekday cost in the weeks around, or else straight."""
    found = costs.copy()
    for place in np.flatnonzero(np.isnan(costs)):
        near = costs[place % WEEK :: WEEK][max(0, place // WEEK - AROUND) : place // WEEK + AROUND + 1]
        near = near[~np.isnan(near)]
        if near.size:
            found[place] = np.median(near)
    gaps = np.isnan(found)
    if gaps.any():
        places = np.arange(found.size)
        found[gaps] = np.interp(places[gaps], places[~gaps], found[~gaps])
    return found


def usual(costs: Floats) -> Floats:
    """What each day would usually have cost: the median of its week around, times its weekday's share of a week."""
    return _running_median(costs, WEEK) * weekdays(costs)[np.arange(costs.size) % WEEK]


def weekdays(costs: Floats) -> Floats:
    """What each day of a week counts beside the median of the days around it, from the first day on; else 1."""
    level = _running_median(costs, WEEK)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(level > 0, costs / level, np.nan)
    shares = np.ones(WEEK)
    for weekday in range(WEEK):
        known = ratio[weekday::WEEK][-WEEKS:]
        known = known[~np.isnan(known)]
        if known.size >= 2:
            shares[weekday] = np.median(known)
    return shares


def evened(costs: Floats) -> Floats:
    """The days with those that stand out cut down: a spike must not become the trend.

    A day stands out that cost OUTSTANDING times as much, for its weekday, as the third dearest within four weeks of it;
    so what lasts for three days stays: it may be a new level.
    """
    shares = weekdays(costs) if costs.size >= 2 * WEEK else np.ones(WEEK)
    shares = np.maximum(shares, LEAST_SHARE) if (shares > 0).all() else np.ones(WEEK)
    each = shares[np.arange(costs.size) % WEEK]
    even = costs / each
    if costs.size < 2 * NEAR:
        dearest = np.full(costs.size, np.sort(even)[-3:][0] if costs.size else 0.0)
    else:
        padded = np.concatenate((np.zeros(NEAR), even, np.zeros(NEAR)))
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1)
        dearest = np.partition(around, -3, axis=1)[:, -3]
    out = (dearest > 0) & (even > OUTSTANDING * dearest)
    return np.where(out, dearest * each, costs)


def _running_median(costs: Floats, width: int) -> Floats:
    half = width // 2
    padded = np.concatenate((costs[:half][::-1], costs, costs[-half:][::-1]))
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1), dtype=np.float64)


@dataclass(frozen=True)
class MonthDays:
    """How much more, as a factor, the first and the last days of a month cost than others; by days from its edge."""

    first: tuple[float, float, float] = (1.0, 1.0, 1.0)
    last: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def is_flat(self) -> bool:
        """Whether no day of the month stands out."""
        return all(factor == 1.0 for factor in (*self.first, *self.last))

    def factors(self, start: date, count: int) -> Floats:
        """The factor of each of so many days from a day on."""
        found = np.ones(count)
        if not self.is_flat:
            for number in range(count):
                found[number] = self._of(start + timedelta(days=number))
        return found

    def _of(self, day: date) -> float:
        if day.day <= 3:
            return self.first[day.day - 1]
        left = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - day
        return self.last[left.days - 1] if left.days <= 3 else 1.0


def month_days(costs: Floats, start: date) -> MonthDays:
    """Which days at a month's edges stand out month after month; what is not clear after SEASON_MONTHS stays flat."""
    if costs.size < SEASON_MONTHS * 30:
        return MonthDays()
    expected = usual(costs)
    groups: dict[tuple[str, int], list[float]] = {}
    for number in range(costs.size):
        day = start + timedelta(days=number)
        left = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - day).days
        where = ("first", day.day - 1) if day.day <= 3 else ("last", left - 1) if left <= 3 else None
        if where and expected[number] > 0:
            groups.setdefault(where, []).append(costs[number] / expected[number])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Any = np.where(expected > 0, costs / expected, np.nan)
    noise = 1.4826 * float(np.nanmedian(np.abs(ratios - 1))) if np.isfinite(ratios).any() else 1.0

    def factor(where: tuple[str, int]) -> float:
        known = groups.get(where, [])
        if len(known) < SEASON_MONTHS:
            return 1.0
        middle = float(np.median(known))
        clear = abs(middle - 1) > max(LEAST_PEAK, 2.5 * noise / len(known) ** 0.5)
        agreeing = sum((value > 1) == (middle > 1) for value in known) >= 0.8 * len(known)
        return min(max(middle, 0.1), 10.0) if clear and agreeing else 1.0

    def three(side: str) -> tuple[float, float, float]:
        return factor((side, 0)), factor((side, 1)), factor((side, 2))

    return MonthDays(three("first"), three("last"))
