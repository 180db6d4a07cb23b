"""How far off projections are: measured on earlier days by rolling origins, for single days and for running totals.

The total's own errors are measured: it errs less than its days together where they err one by one, and more than that
where a level wanders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from forecasting.domain.distribution import PROBABILITIES

Floats = NDArray[np.float64]
SLOPE, LEAST_SLOPE, MOST_SLOPE = 0.8, 0.5, 1.15
"""How spreads of totals grow with the number of days: as its root where days err one by one, as itself where all err
alike, faster where the level wanders off."""
SLOPE_KNOWN_BY = 8.0  # independent stretches that weigh as much as SLOPE
SHAPE_KNOWN_BY = 20.0  # as many as weigh as much as Student's shape
SIDE_KNOWN_BY = 10.0  # as many as weigh as much as "no side is longer"
DAYS_KNOWN_BY = 100.0  # single days that weigh as much as Student's distribution
OVERLAP = 2.0  # stretches that overlap tell about twice as much of the spread as those that do not
NEVER = 1e-12
FEWEST, MOST = 2.0, 60.0  # degrees of freedom
SURPRISE = 2.5  # spreads beyond which the last days do not go as such days go
LEAST_BASE = 0.25  # of the usual level: errors of quieter times are no smaller shares


class Told(NamedTuple):
    """What was said on an earlier day: `origin` is the first day projected."""

    origin: int
    days: Floats


class Spreads(NamedTuple):
    """As shares of the level that is projected; by lead, beginning with 0 for none. Shapes in units of the spread."""

    totals: Floats
    days: Floats
    total_shape: Floats
    day_shape: Floats


def measured(costs: Floats, told: Sequence[Told], horizon: int) -> Spreads:
    """The spreads and shapes of errors up to `horizon`, from what was told on earlier days and what then came."""
    usual = float(np.mean(costs[-56:])) or float(np.mean(costs)) or 1.0
    reach = max(one.days.size for one in told)
    sums = np.full((len(told), reach), np.nan)
    singles = np.full((len(told), reach), np.nan)
    for row, one in enumerate(told):
        came = costs[one.origin : one.origin + one.days.size]
        base = max(float(one.days.mean()), LEAST_BASE * usual)
        sums[row, : came.size] = np.cumsum(came - one.days) / base
        singles[row, : came.size] = (came - one.days) / base
    origins = np.array([one.origin for one in told])
    independent = np.array([_independent(origins, sums[:, lead], lead + 1) for lead in range(reach)])
    totals, known = _grown(sums, independent, horizon)
    total_shape = _shape(sums / np.maximum(totals[1 : reach + 1], NEVER), independent, known)
    single = np.sqrt(np.nanmean(singles**2, axis=0))
    wide = np.concatenate(([0.0], np.maximum.accumulate(_smooth(single))))
    days = wide[np.minimum(np.arange(horizon + 1), reach)]
    return Spreads(totals, days, total_shape, _day_shape(singles / np.maximum(wide[1:], NEVER), float(independent[0])))


def unsettled(costs: Floats, told: Sequence[Told], spreads: Spreads, lately: Sequence[int]) -> float:
    """By how much a day may have just changed: what each of the last few was off, where that is beyond what is usual.

    0 where they went as such days go. Whether a change stays, nobody knows yet.
    """
    changed = 0.0
    for one in told:
        back = costs.size - one.origin
        if back in lately and one.days.size == back:
            base = max(float(one.days.mean()), LEAST_BASE * (float(np.mean(costs[-56:])) or 1.0))
            off = abs(float((costs[one.origin :] - one.days).sum())) / base
            if off > SURPRISE * spreads.totals[back]:
                changed = max(changed, off * base / back)
    return changed


def _independent(origins: NDArray[np.int64], errors: Floats, lead: int) -> float:
    """How many stretches of so many days, that do not overlap, these errors amount to."""
    known = origins[np.isfinite(errors)]
    if not known.size:
        return 0.0
    return min(float(known.size), (float(known[-1] - known[0]) + lead) / lead)


def _grown(sums: Floats, independent: Floats, horizon: int) -> tuple[Floats, float]:
    """The spread of totals by lead: as measured where there is enough to measure, as it grows elsewhere."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rms = np.sqrt(np.nanmean(sums**2, axis=0))
    leads = np.arange(1, rms.size + 1, dtype=np.float64)
    usable = np.isfinite(rms) & (rms > 0) & (independent >= FEWEST)
    if not usable.any():
        usable = np.isfinite(rms) & (rms > 0)
    if not usable.any():
        return np.zeros(horizon + 1), FEWEST
    x, y, weights = np.log(leads[usable]), np.log(rms[usable]), np.sqrt(independent[usable])
    centre = float(np.average(x, weights=weights))
    spread_x = float(np.sum(weights * (x - centre) ** 2)) or 1.0
    slope = float(np.sum(weights * (x - centre) * (y - np.average(y, weights=weights)))) / spread_x
    trust = float(independent[usable][-1])
    slope = (slope * trust + SLOPE * SLOPE_KNOWN_BY) / (trust + SLOPE_KNOWN_BY)
    slope = min(max(slope, LEAST_SLOPE), MOST_SLOPE)
    level = float(np.average(y, weights=weights)) - slope * centre
    every = np.arange(1, horizon + 1, dtype=np.float64)
    grown = np.exp(level + slope * np.log(every))
    seen = np.flatnonzero(usable)
    within = seen[seen < horizon]
    share = independent[within] / (independent[within] + SLOPE_KNOWN_BY)
    grown[within] = np.exp(share * np.log(rms[within]) + (1 - share) * np.log(grown[within]))
    last = int(seen[-1])
    if last + 1 < horizon:
        beyond = np.arange(last + 2, horizon + 1, dtype=np.float64)
        grown[last + 1 :] = grown[last] * (beyond / (last + 1)) ** slope
    return np.concatenate(([0.0], np.maximum.accumulate(_smooth(grown)))), float(independent[last])


def _smooth(values: Floats, width: int = 7) -> Floats:
    """A running mean over a week, narrower at the ends."""
    if values.size < 3:
        return values
    found = np.empty_like(values)
    half = width // 2
    for place in range(values.size):
        side = min(half, place, values.size - 1 - place)
        found[place] = values[place - side : place + side + 1].mean()
    return found


def _day_shape(errors: Floats, origins: float) -> Floats:
    """Quantiles of single days in units of their spread: as they were, of which there are many; Student's where few."""
    known = errors[np.isfinite(errors)]
    plain = _shape(errors, np.full(1, origins), origins)
    if not known.size:
        return plain
    trust = known.size / (known.size + DAYS_KNOWN_BY)
    return np.asarray(np.maximum.accumulate(trust * np.quantile(known, PROBABILITIES) + (1 - trust) * plain))


def _shape(errors: Floats, independent: Floats, degrees: float) -> Floats:
    """Quantiles in units of the spread: Student's, whose degrees of freedom are what the spread was measured on, each
    side as long as errors on it were.
    """
    known = errors[np.isfinite(errors)]
    many = float(np.mean(independent)) if independent.size else 0.0
    trust = many / (many + SIDE_KNOWN_BY)
    up, down = known[known > 0], known[known < 0]

    def side(values: Floats) -> float:
        if not values.size or not known.size:
            return 1.0
        return 1.0 + trust * (min(max(float(np.sqrt(np.mean(values**2))), 0.5), 2.0) - 1.0)

    scales = side(down), side(up)
    quantiles = student.ppf(PROBABILITIES, min(max(OVERLAP * degrees, FEWEST + 1), MOST))
    plain = np.where(quantiles < 0, quantiles * scales[0], quantiles * scales[1])
    if not known.size:
        return plain
    seen = many / (many + SHAPE_KNOWN_BY)
    return np.asarray(np.maximum.accumulate(seen * np.quantile(known, PROBABILITIES) + (1 - seen) * plain))
