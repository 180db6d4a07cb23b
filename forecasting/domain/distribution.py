"""A distribution as numbers at fixed probabilities: what a run keeps of its errors, in units of their spread. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

#: The probabilities at which a run keeps quantiles; 0.5 to 0.99 of confidence lie within.
PROBABILITIES = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4),
    *(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 0.995),
)
LEAST, MOST = 0.001, 0.999  # nobody is surer than that


def quantile(values: Sequence[float], probability: float) -> float:
    """The value that is not passed with this probability; `values` belong to PROBABILITIES. Straight between them."""
    place = bisect_left(PROBABILITIES, probability)
    if place == 0:
        return values[0]
    if place == len(PROBABILITIES):
        return values[-1]
    before, after = PROBABILITIES[place - 1], PROBABILITIES[place]
    share = (probability - before) / (after - before)
    return values[place - 1] + share * (values[place] - values[place - 1])


def probability_above(values: Sequence[float], value: float) -> float:
    """How likely more than `value` is, as a share of 1, from LEAST to MOST. The other way round of `quantile`."""
    place = bisect_right(values, value)
    if place == 0:
        return MOST
    if place == len(values):
        return LEAST
    low, high = values[place - 1], values[place]
    share = (value - low) / (high - low) if high > low else 1.0
    below = PROBABILITIES[place - 1] + share * (PROBABILITIES[place] - PROBABILITIES[place - 1])
    return min(max(1 - below, LEAST), MOST)


def tails(confidence: float) -> tuple[float, float]:
    """The probabilities between which the middle `confidence` lies: 0.95 is 0.025 to 0.975."""
    return (1 - confidence) / 2, (1 + confidence) / 2
