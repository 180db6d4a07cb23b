"""A run: from what the days cost to what the days to come will, by the best method that the history allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecasting.domain.curve import EVENLY, Curve
from forecasting.domain.distribution import PROBABILITIES
from forecasting.domain.engine import ensemble, young
from forecasting.domain.engine.days import evened, filled, month_days, recurring, steady_week
from forecasting.domain.engine.errors import Told, measured, unsettled
from forecasting.domain.engine.pool import YEAR

Floats = NDArray[np.float64]
logger = logging.getLogger(__name__)
FITS_FROM = 35  # days of history from which on models are fitted
LEVEL = 56  # days that say how much is usual
LEAST_BASE = 0.25
STOPPED_AFTER = 10  # days without spend after which a budget may have stopped
LONGER = 2  # times longer than it ever paused before
DIGITS = 9  # of shares of the usual level: what comes after is the noise of floats
UNSURE = 0.5  # of a change of the last days: whether it stays is as likely as not
UNKNOWN, SETTLED = 45.0, 200.0  # days: all of the doubt about new usage until then, little of it after
MEASURED = 92  # days ahead that errors are measured for
NAMES = {
    "ets": "exponential smoothing",
    "damped": "exponential smoothing with a damped trend",
    "theta": "the Theta method",
    "mstl": "a seasonal decomposition",
    "weeks": "the average of four weeks",
    "average": "the average of eight weeks",
    "year": "the same weeks a year ago",
}


class Run(NamedTuple):
    """What a run says, how it came to it, and why by no better method, where one failed."""

    curve: Curve
    method: str
    words: str
    fallback: str
    seconds: float


def run(
    costs: Sequence[float],
    until: date,
    horizon: int,
    *,
    hours: Sequence[float] = EVENLY,
    parent: Sequence[float] = (),
    before: int = 0,
) -> Run:
    """Projects `horizon` days from `until` on.

    `costs` are the days up to it, the last one the day before; NaN is a gap. `parent` are the days of the budget above
    up to the same day. `before` of the days lie before the budget began.
    Nothing is ever negative or NaN; raises ArithmeticError rather than say so.
    """
    started = time.perf_counter()
    known = np.asarray(costs, dtype=np.float64)
    method, words, fallback = "", "", ""
    scale = _scale(known)
    if scale <= 0:
        found, method, words = (
            _nothing(horizon),
            "no_history",
            "Nothing was spent before today, so nothing is expected.",
        )
    else:
        days = np.round(known / scale, DIGITS)
        if _has_stopped(days):
            found, method, words = _stopped(days, horizon, until)
        elif days.size < FITS_FROM:
            found, method, words = _young(days, parent, horizon)
        else:
            try:
                found, method, words = _fitted(days, until, horizon)
            except Exception as error:  # whatever a library cannot fit, the run says something and says why
                logger.exception("Fitting failed; a simpler method stands in.")
                fallback = f"Models could not be fitted ({type(error).__name__}), so a simpler method stands in."
                found, method, words = _young(filled(days)[-8 * 7 :], parent, horizon)
    if before:
        part = "All of it lies" if before >= known.size else f"{_days(before)} of that lie"
        words += f" {part} before the budget began: what the same usage cost then."
    totals, spreads, singles, total_shape, day_shape = found
    if not all(np.isfinite(part).all() for part in found):
        raise ArithmeticError(f"The method {method} made no numbers of {known.size} days.")
    curve = Curve(
        until,
        _plain(totals * max(scale, 0.0)),
        _plain(spreads * max(scale, 0.0)),
        _plain(singles * max(scale, 0.0)),
        _plain(total_shape),
        _plain(day_shape),
        tuple(hours),
    )
    return Run(curve, method, words, fallback, time.perf_counter() - started)


Found = tuple[Floats, Floats, Floats, Floats, Floats]  # totals, their spreads, those of days, both shapes


def _scale(costs: Floats) -> float:
    """What a usual day costs: all is reckoned in shares of it, so that the currency's size changes nothing."""
    known = costs[~np.isnan(costs)]
    recent = known[-LEVEL:]
    return float(recent.mean()) if recent.size and recent.mean() > 0 else float(known.mean()) if known.size else 0.0


def _fitted(days: Floats, until: date, horizon: int) -> tuple[Found, str, str]:
    full = filled(days)
    start = until - timedelta(days=full.size)
    peaks = month_days(full, start)
    each = peaks.factors(start, full.size + horizon)
    week = steady_week(full / each[: full.size])
    each = each * week[np.arange(each.size) % week.size]
    flat = full / each[: full.size]
    even = evened(flat)
    projected = ensemble.project(even, flat, horizon, min(horizon, MEASURED))
    if projected is None:
        raise ValueError("No model could be fitted.")
    to_come = (projected.days + recurring(flat, even)) * each[full.size :]
    told = [Told(one.origin, one.days * each[one.origin : one.origin + one.days.size]) for one in projected.told]
    spreads = measured(full, told, horizon)
    totals = np.concatenate(([0.0], np.cumsum(to_come)))
    usual = float(full[-LEVEL:].mean())
    leads = np.arange(1, horizon + 1)
    base = np.maximum(totals[1:] / leads, LEAST_BASE * usual)
    level: Floats = np.asarray(np.concatenate(([0.0], base)), dtype=np.float64)
    doubt = UNSURE * unsettled(even * each[: full.size], told, spreads, ensemble.LATELY)
    every: Floats = np.arange(horizon + 1, dtype=np.float64)
    humble, share = young.project(full, np.zeros(0), horizon), _unknown(days.size)
    total_spreads = _mixed(spreads.totals * level, humble.totals, share, doubt * every)
    day_spreads = _mixed(spreads.days * level, humble.singles, share, doubt * np.minimum(every, 1.0))
    best = max(projected.weights, key=lambda name: projected.weights[name])
    others = len(projected.weights) - 1
    alone = f", with {others} other model{'s' if others > 1 else ''}" if others else ""
    month = " Days of the month that always stand out are taken into account." if not peaks.is_flat else ""
    year = " The year's season is in it." if "year" in projected.weights or days.size >= 2 * YEAR else ""
    changed = " The last days went otherwise than usual, so the band is wider." if doubt else ""
    words = (
        f"From {_days(days.size)} of history: mostly {NAMES[best]}{alone}, weighted by how near they came on earlier "
        f"days. The band is as wide as they were off then.{month}{year}{changed}"
    )
    found = totals, total_spreads, day_spreads, spreads.total_shape, spreads.day_shape
    return found, "ensemble", words


def _unknown(count: int) -> float:
    """How much the errors of so few days are still those of new usage: measured ones say little of what may come."""
    return min(1.0, UNKNOWN / count) * min(1.0, SETTLED / count)


def _mixed(measured: Floats, humble: Floats, share: float, doubt: Floats) -> Floats:
    return np.asarray(np.sqrt(share * humble**2 + (1 - share) * measured**2 + doubt**2))


def _young(days: Floats, parent: Sequence[float], horizon: int) -> tuple[Found, str, str]:
    found = young.project(filled(days), np.asarray(parent, dtype=np.float64), horizon)
    totals = np.concatenate(([0.0], np.cumsum(found.days)))
    week = " The days of the week are those of the budget above it." if found.borrowed else ""
    words = (
        f"From {_days(days.size)} of history, the latest counting most: too few to fit models to, which begins at "
        f"{FITS_FROM}.{week} The band is wide because few days say little."
    )
    return (totals, found.totals, found.singles, found.shape, found.shape), "short_history", words


def _has_stopped(days: Floats) -> bool:
    """Whether nothing was spent for long, and for longer than ever before."""
    spent = np.flatnonzero(np.nan_to_num(days) > 0)
    if not spent.size:
        return False
    pause = days.size - 1 - int(spent[-1])
    longest = int(np.diff(spent).max()) - 1 if spent.size > 1 else 0
    return pause >= max(STOPPED_AFTER, LONGER * longest + 1)


def _stopped(days: Floats, horizon: int, until: date) -> tuple[Found, str, str]:
    """Nothing more; that it begins again becomes less likely with every day without spend."""
    spent = np.flatnonzero(np.nan_to_num(days) > 0)
    pause = days.size - 1 - int(spent[-1])
    level = float(np.nanmean(days[max(0, spent[-1] - LEVEL + 1) : spent[-1] + 1]))
    again = min(0.5, STOPPED_AFTER / (4 * pause))  # how likely spend begins again at all
    leads = np.arange(horizon + 1, dtype=np.float64)
    shape = np.array([max(0.0, (p - (1 - again)) / again) for p in PROBABILITIES])
    singles = np.full(horizon + 1, level)
    singles[0] = 0.0
    last = until - timedelta(days=pause + 1)
    words = (
        f"Nothing was spent for {_days(pause)}, since {last:%b} {last.day}: it looks as if it stopped. The band tells "
        f"that it may begin again."
    )
    return (np.zeros(horizon + 1), leads * level, singles, shape, shape), "stopped", words


def _nothing(horizon: int) -> Found:
    none, flat = np.zeros(horizon + 1), np.zeros(len(PROBABILITIES))
    return none, none, none, flat, flat


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(values.tolist())


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"
