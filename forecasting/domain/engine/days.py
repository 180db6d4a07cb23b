"""Histories made fit for fitting: gaps filled, days that stand out evened, those that do every month told."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEK = 7
AROUND = 3  # weeks before and after that a day is compared with
NEAR = 28  # days on both sides among which a day may stand out
OUTSTANDING = 2.0  # times the third dearest of them
WEEKS = 26  # that say what a weekday counts
LEAST_SHARE = 0.1
WEEKS_SEEN = 6
SEASON_MONTHS = 3  # months from which on a day of the month can be told from chance
EDGE = 3  # days that a month's edges have
LEAST_WITHIN = 0.6  # as a share: what a day in its middle differs by at least
LATELY, AGAIN = 120, 3  # days in which as many that stood out are no chance any more
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


def steady_week(costs: Floats) -> Floats:
    """What each day of a week counts, 1 on average, from the first day on; all 1 where a day of it hardly counts.

    Taken out before models are fitted: a week grows with its level, as theirs need not.
    """
    shares = weekdays(costs)
    if costs.size < WEEKS_SEEN * WEEK or shares.min() < LEAST_SHARE:
        return np.ones(WEEK)
    return np.asarray(shares / shares.mean())


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
    """How much more, as a factor, some days of a month cost than others: by their number, and the last ones by how many
    days are left with them.
    """

    by_number: Mapping[int, float] = field(default_factory=dict)
    by_end: Mapping[int, float] = field(default_factory=dict)

    @property
    def is_flat(self) -> bool:
        """Whether no day of the month stands out."""
        return not self.by_number and not self.by_end

    def factors(self, start: date, count: int) -> Floats:
        """The factor of each of so many days from a day on."""
        found = np.ones(count)
        if not self.is_flat:
            for number in range(count):
                day = start + timedelta(days=number)
                found[number] = self.by_end.get(days_left(day)) or self.by_number.get(day.day, 1.0)
        return found


def days_left(day: date) -> int:
    """How many days of its month are left with this one."""
    return monthrange(day.year, day.month)[1] - day.day + 1


def month_days(costs: Floats, start: date) -> MonthDays:
    """Which days of a month stand out month after month; what is not clear after SEASON_MONTHS stays flat.

    Days at a month's edges are known to differ; one in its middle has to stand out more.
    """
    if costs.size < SEASON_MONTHS * 30:
        return MonthDays()
    expected = usual(costs)
    numbers: dict[int, list[float]] = defaultdict(list)
    ends: dict[int, list[float]] = defaultdict(list)
    for number in np.flatnonzero(expected > 0):
        day, ratio = start + timedelta(days=int(number)), float(costs[number] / expected[number])
        numbers[day.day].append(ratio)
        if days_left(day) <= EDGE:
            ends[days_left(day)].append(ratio)
    ratios = costs[expected > 0] / expected[expected > 0]
    noise = 1.4826 * float(np.median(np.abs(ratios - 1))) if ratios.size else 1.0

    def standing_out(groups: Mapping[int, list[float]]) -> dict[int, float]:
        found = {where: _factor(known, noise, at_edge=where <= EDGE) for where, known in groups.items()}
        return {where: factor for where, factor in found.items() if factor != 1.0}

    return MonthDays({n: f for n, f in standing_out(numbers).items() if n <= 28}, standing_out(ends))


def _factor(known: Sequence[float], noise: float, *, at_edge: bool) -> float:
    """What a day of the month counts; 1 where it does not clearly stand out."""
    if len(known) < SEASON_MONTHS:
        return 1.0
    middle, by_chance = float(np.median(known)), noise / len(known) ** 0.5
    least = max(LEAST_PEAK, 2.5 * by_chance) if at_edge else max(LEAST_WITHIN, 5 * by_chance)
    agreeing = sum((value > 1) == (middle > 1) for value in known) >= 0.8 * len(known)
    return min(max(middle, 0.05), 1000.0) if agreeing and abs(middle - 1) > least else 1.0


def recurring(costs: Floats, even: Floats) -> float:
    """What a day costs on average of that which evening cut off, where such days came again and again lately."""
    cut = (costs - even)[-LATELY:]
    return float(cut.mean()) if np.count_nonzero(cut > 0) >= AGAIN else 0.0
