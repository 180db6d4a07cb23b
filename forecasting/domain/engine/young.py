"""The projection of a history too short for models: its level, a week's shape, and honest doubt."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from forecasting.domain.distribution import PROBABILITIES

Floats = NDArray[np.float64]
WEEK = 7
RECENT = 14.0  # days: one so old counts half
NOISE, NOISE_KNOWN_BY = 0.6, 7.0  # what days of new usage differ by, as a share; days that weigh as much
DRIFT = 0.04  # what the level of new usage moves by a day, as a share
LEAST_SHARE = 0.1  # of a usual day
SHAPE_KNOWN_BY = 3.0  # weeks of its own that weigh as much as its parent's week
PARENT_NEEDS = 28


class Young(NamedTuple):
    """Days to come, the spreads of their running total and of each of them, and the shapes of both."""

    days: Floats
    totals: Floats
    singles: Floats
    shape: Floats
    borrowed: bool


def project(costs: Floats, parent: Floats, horizon: int) -> Young:
    """Projects a few days; `parent` are the days of the budget above, until the same day, whose week is borrowed."""
    borrowed = parent.size >= PARENT_NEEDS and bool(parent[-8 * WEEK :].sum() > 0)
    week = _week(costs, parent[-8 * WEEK :] if borrowed else np.zeros(0))
    places = np.arange(-costs.size, 0) % WEEK
    age = np.arange(costs.size, 0, -1)
    counted = 0.5 ** (age / RECENT)
    # A day that the borrowed week hardly knows would make its level many times what was ever spent.
    known_week = np.maximum(week, LEAST_SHARE)
    level = min(float((counted * costs).sum() / (counted * known_week[places]).sum()), float(costs.max()))
    known = float(counted.sum() ** 2 / (counted**2).sum())
    prior = _noise(parent[-8 * WEEK :], _week(parent[-8 * WEEK :], np.zeros(0))) if borrowed else NOISE
    own = ((costs - level * week[places]) ** 2).sum() / level**2 if level > 0 else 0.0
    noise = float(np.sqrt((own + NOISE_KNOWN_BY * prior**2) / (costs.size + NOISE_KNOWN_BY)))
    leads = np.arange(horizon + 1, dtype=np.float64)
    doubt = noise**2 / known + DRIFT**2 * known / 3
    totals = level * np.sqrt(leads**2 * doubt + leads * noise**2 + DRIFT**2 * leads**3 / 3)
    singles = level * np.sqrt(doubt + noise**2 + DRIFT**2 * leads)
    singles[0] = 0.0
    days = level * week[np.arange(horizon) % WEEK]
    return Young(days, totals, singles, _skewed(max(2.0, known - 1)), borrowed)


def _week(costs: Floats, parent: Floats) -> Floats:
    """What each day of a week counts, 1 on average, from the first day to come on; flat where unknown."""
    prior = _shares(parent) if parent.size >= PARENT_NEEDS else np.ones(WEEK)
    weeks = costs.size / WEEK
    if weeks < 2:
        return prior
    own = _shares(costs)
    trust = weeks / (weeks + SHAPE_KNOWN_BY)
    mixed = trust * own + (1 - trust) * prior
    return np.asarray(mixed / mixed.mean())


def _shares(costs: Floats) -> Floats:
    kept = costs[-(costs.size // WEEK) * WEEK :].reshape(-1, WEEK)
    sums = kept.mean(axis=0)
    return np.asarray(sums / sums.mean()) if sums.sum() > 0 else np.ones(WEEK)


def _noise(costs: Floats, week: Floats) -> float:
    level = float(costs.mean())
    if level <= 0:
        return NOISE
    expected = level * week[np.arange(-costs.size, 0) % WEEK]
    return float(np.sqrt(((costs - expected) ** 2).mean()) / level)


def _skewed(degrees: float) -> Floats:
    """Student's quantiles, longer upwards: spend may double, and not fall by more than all of it."""
    quantiles = np.asarray(student.ppf(PROBABILITIES, min(degrees + 1, 60)))
    return np.where(quantiles > 0, 1.15 * quantiles, 0.85 * quantiles)
