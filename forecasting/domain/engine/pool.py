"""The models that a projection is put together from, all of them statsforecast's. A pool is fitted once, and then says
what it would have said on any earlier day, with the parameters that it has now: that is how its errors are known.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from statsforecast.models import (
    MSTL,
    AutoETS,
    DynamicOptimizedTheta,
    SeasonalNaive,
    SeasonalWindowAverage,
    WindowAverage,
)

Floats = NDArray[np.float64]
logger = logging.getLogger(__name__)
WEEK = 7
YEAR = 364  # whole weeks, so that weekdays meet
LOOKED_AT = 2 * YEAR
WEEKS_AVERAGED = 4
LUMPY_WINDOW = 56


class Model(Protocol):
    """What statsforecast's models have in common, as far as it is used."""

    def fit(self, y: Floats) -> Any:
        """Fits."""

    def forward(self, y: Floats, h: int) -> dict[str, Floats]:
        """Projects another series with the parameters found."""

    def forecast(self, y: Floats, h: int) -> dict[str, Floats]:
        """Fits and projects."""


@dataclass(frozen=True)
class Member:
    """A fitted model: from the days until one to the days after it."""

    name: str
    project: Callable[[Floats, int], Floats]


def members(costs: Floats) -> list[Member]:
    """Fits all that these days are enough for; a model that fails is left out, and logged."""
    recent = costs[-LOOKED_AT:]
    positive = bool((recent > 0).all())
    fitted: list[tuple[str, Any]] = [
        ("ets", AutoETS(WEEK, model="MNM" if positive else "ANA")),
        ("damped", AutoETS(WEEK, model="MAM" if positive else "AAA", damped=True)),
        ("theta", DynamicOptimizedTheta(WEEK)),
    ]
    plain: list[tuple[str, Any]] = [
        ("mstl", MSTL(WEEK, trend_forecaster=AutoETS(model="ANN"))),
        ("weeks", SeasonalWindowAverage(WEEK, WEEKS_AVERAGED)),
        ("average", WindowAverage(LUMPY_WINDOW)),
    ]
    found = [made for name, model in fitted if (made := _fitted(name, model, recent))]
    found += [Member(name, _plain(model)) for name, model in plain]
    if costs.size >= YEAR + 2 * WEEKS_AVERAGED * WEEK:
        found.append(Member("year", _last_year))
    return found


def _fitted(name: str, model: Any, costs: Floats) -> Member | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(costs)
    except Exception as error:  # a library's model: whatever it cannot fit, the others can
        logger.info("%s does not fit: %s", name, error)
        return None
    return Member(name, lambda past, count: np.asarray(model.forward(y=past, h=count)["mean"]))


def _plain(model: Any) -> Callable[[Floats, int], Floats]:
    return lambda past, count: np.asarray(model.forecast(y=past[-LOOKED_AT:], h=count)["mean"])


def _last_year(past: Floats, count: int) -> Floats:
    """What the same weeks cost a year ago, at this year's level."""
    span = WEEKS_AVERAGED * WEEK
    if past.size < YEAR + span:
        return np.full(count, np.nan)
    before = float(past[-YEAR - span : -YEAR].sum())
    if before <= 0:
        return np.full(count, np.nan)
    told = np.asarray(SeasonalNaive(YEAR).forecast(y=past, h=count)["mean"])
    return np.asarray(told * (float(past[-span:].sum()) / before))


def projections(pool: Sequence[Member], past: Floats, count: int) -> dict[str, Floats]:
    """What each model says of the days after these; one that fails or says nonsense is missing."""
    found = {}
    for member in pool:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                told = member.project(past, count)
        except Exception as error:
            logger.info("%s does not project: %s", member.name, error)
            continue
        if told.shape == (count,) and np.isfinite(told).all() and float(told.max()) < 1e6:
            found[member.name] = np.maximum(told, 0.0)
    return found
