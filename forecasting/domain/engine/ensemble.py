"""The projection of a history that is long enough to fit models to: several, weighted by how they did lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecasting.domain.engine.errors import Told
from forecasting.domain.engine.pool import Member, members, projections

Floats = NDArray[np.float64]
ORIGINS = 40
LOOKS_BACK = 400  # days
LATELY = (3, 7)  # days back that are always asked for: whether the level has just changed
FEWEST_BEFORE = 21  # days that a first origin has behind it
DAY_BY_DAY = 0.5  # what the error of single days weighs beside that of their sum
WORSE = 1.5  # times the error of the best: what is worse has no voice
SHARPNESS = 4
LUMPY = 0.2  # days without spend from which on plain averages have a voice
PLAIN = {"weeks", "average"}
NEVER = 1e-9


class Projected(NamedTuple):
    """What the models say together of the days to come, and what they would have said on earlier days."""

    days: Floats
    told: list[Told]
    weights: dict[str, float]


def project(costs: Floats, came: Floats, horizon: int, back: int) -> Projected | None:
    """Projects these days, which are even and hold no gap; None where no model can be fitted.

    `came` are the days as they came, which errors are measured by. `back` is how many days ahead earlier days are asked
    for; what lies farther is projected, but not measured.
    """
    pool = members(costs)
    earlier = [
        (origin, projections(pool, costs[:origin], min(back, costs.size - origin))) for origin in _origins(costs)
    ]
    lumpy = float(np.mean(came[-180:] == 0)) > LUMPY
    voices = [member for member in pool if lumpy or member.name not in PLAIN]
    weights = _weights(earlier, came, [member.name for member in voices])
    days = _together(projections(_of(voices, weights), costs, horizon), weights)
    if days is None:
        return None
    told = [Told(origin, sums) for origin, found in earlier if (sums := _together(found, weights)) is not None]
    return Projected(days, told, weights) if told else None


def _of(voices: Sequence[Member], weights: Mapping[str, float]) -> list[Member]:
    return [member for member in voices if member.name in weights]


def _origins(costs: Floats) -> list[int]:
    """Earlier days, evenly apart, of the recent past."""
    first = max(FEWEST_BEFORE, min(costs.size // 3, 120), costs.size - LOOKS_BACK)
    first = min(first, costs.size - 1)
    count = min(ORIGINS, costs.size - first)
    places = {int(place) for place in np.linspace(first, costs.size - 1, count)}
    return sorted(places | {costs.size - back for back in LATELY if costs.size - back >= first})


def _weights(
    earlier: Sequence[tuple[int, Mapping[str, Floats]]], came: Floats, names: Sequence[str]
) -> dict[str, float]:
    """How much each model counts, by what it was off lately in sums and in days; 0 for those far off."""
    errors = {}
    for name in names:
        off = [_off(found[name], came[origin:]) for origin, found in earlier if name in found]
        if off and len(off) >= 0.4 * len(earlier):
            errors[name] = float(np.mean(off))
    if not errors:
        return {}
    best = max(min(errors.values()), NEVER)
    kept = {name: (best / max(error, NEVER)) ** SHARPNESS for name, error in errors.items() if error <= WORSE * best}
    whole = sum(kept.values())
    return {name: weight / whole for name, weight in kept.items()}


def _off(told: Floats, came: Floats) -> float:
    off = came[: told.size] - told[: came.size]
    return float(abs(off.sum()) / off.size + DAY_BY_DAY * np.abs(off).mean())


def _together(found: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats | None:
    kept = [(weights[name], days) for name, days in found.items() if name in weights]
    if not kept:
        return None
    whole = sum(weight for weight, _ in kept)
    return np.asarray(sum(weight / whole * days for weight, days in kept))
