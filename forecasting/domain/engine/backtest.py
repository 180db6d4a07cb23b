"""Backtests: what runs would have said at earlier days of a table of series, beside AutoETS and MSTL."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from statsforecast.models import MSTL, AutoETS

from forecasting.domain.curve import Ahead
from forecasting.domain.engine.days import filled
from forecasting.domain.engine.run import run

Floats = NDArray[np.float64]
MOST_ORIGINS, FEWEST_ORIGINS = 12, 3
WINDOWS = 400  # in all, as far as FEWEST_ORIGINS allows: what is enough to tell coverage from chance
LEAST_HISTORY = 28
KNOWN = 0.5  # of a window's days: of one with more gaps no total is known; working days alone are enough


class Series(NamedTuple):
    """A named series of days, NaN where a day is not known; `first` is its first day."""

    name: str
    first: date
    days: Floats


class Window(NamedTuple):
    """How one window went. Errors are shares of what the same weekday a week before was off, on average, until then."""

    off: float
    off_autoets: float
    off_mstl: float
    inside_80: Sequence[bool]
    inside_95: Sequence[bool]
    total_80: bool | None
    total_95: bool | None
    total_error: float | None
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What a backtest found; shares are shares of 1, seconds are of one run."""

    series: int
    windows: int
    horizon: int
    mase: float | None
    mase_autoets: float | None
    mase_mstl: float | None
    coverage_80_days: float | None
    coverage_95_days: float | None
    coverage_80_totals: float | None
    coverage_95_totals: float | None
    median_total_error: float | None
    seconds_per_series: float | None


def backtest(
    table: Sequence[Series],
    horizon: int,
    season: int = 7,
    said: Callable[[int, int], None] = lambda done, of: None,
    processes: int | None = None,
) -> Outcome:
    """Projects the table's series from rolling origins, `horizon` days apart, and compares with what came.

    `season` is what the two models beside and the scale of MASE (Hyndman and Koehler, 2006) take for the season; `said`
    is told how many series are done.
    """
    origins = min(MOST_ORIGINS, max(FEWEST_ORIGINS, WINDOWS // max(1, len(table))))
    jobs = [(one, horizon, season, origins) for one in table]
    found: list[Window] = []
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for done, windows in enumerate(pool.map(_windows, jobs), 1):
            found += windows
            said(done, len(jobs))
    return Outcome(
        series=len(table),
        windows=len(found),
        horizon=horizon,
        mase=_mean(one.off for one in found),
        mase_autoets=_mean(one.off_autoets for one in found),
        mase_mstl=_mean(one.off_mstl for one in found),
        coverage_80_days=_mean(float(day) for one in found for day in one.inside_80),
        coverage_95_days=_mean(float(day) for one in found for day in one.inside_95),
        coverage_80_totals=_mean(float(one.total_80) for one in found if one.total_80 is not None),
        coverage_95_totals=_mean(float(one.total_95) for one in found if one.total_95 is not None),
        median_total_error=_median(one.total_error for one in found if one.total_error is not None),
        seconds_per_series=_mean(one.seconds for one in found),
    )


def _windows(job: tuple[Series, int, int, int]) -> list[Window]:
    series, horizon, season, origins = job
    known = np.flatnonzero(~np.isnan(series.days))
    if not known.size:
        return []
    # A series that begins later or ends sooner than its table has no gap there.
    days, first = series.days[known[0] : known[-1] + 1], series.first + timedelta(days=int(known[0]))
    found = []
    for back in range(1, origins + 1):
        origin = days.size - back * horizon
        if origin < max(LEAST_HISTORY, 2 * season, days.size // 3):
            break
        window = _window(days[:origin], days[origin : origin + horizon], first + timedelta(days=origin), season)
        if window is not None:
            found.append(window)
    return found


def _window(past: Floats, came: Floats, until: date, season: int) -> Window | None:
    scale = float(np.nanmean(np.abs(past[season:] - past[:-season]))) if past.size > season else np.nan
    known = ~np.isnan(came)
    if not known.any() or not np.isfinite(scale) or scale <= 0:
        return None
    started = perf_counter()
    curve = run(past.tolist(), until, came.size).curve
    seconds = perf_counter() - started
    told = np.diff(curve.totals)
    bands = [
        [Ahead(told[n], curve.day_spreads[n + 1], curve.day_shape).band(c) for n in range(came.size)]
        for c in (0.8, 0.95)
    ]
    inside = [
        [bool(low <= day <= high) for (low, high), day in zip(band, came, strict=True) if not np.isnan(day)]
        for band in bands
    ]
    total_80 = total_95 = error = None
    if known.mean() >= KNOWN:
        sum_told, sum_came = float(told[known].sum()), float(came[known].sum())
        whole = Ahead(sum_told, curve.spreads[-1] * float(known.mean()) ** 0.5, curve.total_shape)
        total_80, total_95 = (bool(low <= sum_came <= high) for low, high in (whole.band(0.8), whole.band(0.95)))
        error = abs(sum_told - sum_came) / sum_came if sum_came > 0 else None
    even = filled(past)
    return Window(
        _off(told, came, scale),
        _off(_as_it_comes(AutoETS, season, even, came.size), came, scale),
        _off(_as_it_comes(MSTL, season, even, came.size), came, scale),
        inside[0],
        inside[1],
        total_80,
        total_95,
        error,
        seconds,
    )


def _as_it_comes(model: Callable[[int], AutoETS | MSTL], season: int, past: Floats, count: int) -> Floats:
    """What a model says with default settings; NaN where it cannot be fitted, which no comparison counts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(model(season).forecast(y=past, h=count)["mean"])
    except Exception:
        return np.full(count, np.nan)


def _off(told: Floats, came: Floats, scale: float) -> float:
    return float(np.nanmean(np.abs(came - told)) / scale) if np.isfinite(told).all() else np.nan


def _mean(values: Iterable[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else None


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(np.median(known)) if known else None
