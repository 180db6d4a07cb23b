"""Where budgets are heading: what any room that projects says of one, and which room is asked.

The room above knows better than the plain run rate, and registers with `register` in its app's ready(); until it has
something to say of a budget, the run rate stands in. Money in the company's currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from budgets.domain.periods import Period
from budgets.models import Budget
from wire.days import days_in

CONFIDENCE = Decimal("0.95")
"""How sure a band is where nobody asked for another."""
RUN_RATE = "run_rate"
"""The method of the plain average."""


class Projection(NamedTuple):
    """Where a period is heading. Rates per day; None where it is not going to happen, or nobody knows."""

    burn_rate_per_day: Decimal
    projected_rate_per_day: Decimal
    forecast: Decimal
    days_until_exceeded: Decimal | None
    since: datetime | None = None
    """When recording began, where that is within the period: the burn rate is over the time since then."""
    exceeds_at: datetime | None = None
    """When the limit is passed; None where it holds, or was passed already."""
    low: Decimal | None = None
    high: Decimal | None = None
    """The band of `forecast` at CONFIDENCE."""
    exceed_probability: Decimal | None = None
    """How likely the limit is passed, as a share of 1."""
    method: str = RUN_RATE


class Asked(NamedTuple):
    """A budget whose period is looked at from an instant within it, with what was spent until then."""

    budget: Budget
    period: Period
    spent: Decimal
    limit: Decimal
    at: datetime
    recorded_since: datetime | None = None


class Point(NamedTuple):
    """What is expected to be spent from now until an instant, and the band of it."""

    expected: Decimal
    low: Decimal | None
    high: Decimal | None


class Projector(Protocol):
    """A room that projects."""

    def project(self, asked: Sequence[Asked]) -> Mapping[int, Projection]:
        """What it knows of several budgets, by their id, in a fixed number of queries."""

    def path(self, asked: Asked, edges: Sequence[datetime]) -> list[Point] | None:
        """What is expected from `at` until each edge, in order, 0 before it; None where nothing is known."""


_projectors: list[Projector] = []


def register(projector: Projector) -> None:
    """Adds a projector; one that is added later is asked first."""
    _projectors.insert(0, projector)


def projected(asked: Sequence[Asked]) -> dict[int, Projection]:
    """What the rooms above know of these budgets, by id; those of whom nobody does are missing."""
    found: dict[int, Projection] = {}
    for projector in _projectors:
        if waiting := [one for one in asked if one.budget.pk not in found]:
            found.update(projector.project(waiting))
    return found


def ahead_of(asked: Asked, rate: Projection, edges: Sequence[datetime]) -> list[Point]:
    """What is expected from now until each of these instants, as the first room says that knows it, or at the rate."""
    if rate.projected_rate_per_day:
        for projector in _projectors:
            if (path := projector.path(asked, edges)) is not None:
                return path
    return at_rate(rate, asked.at, edges)


def at_rate(rate: Projection, at: datetime, edges: Sequence[datetime]) -> list[Point]:
    """What comes from an instant until each of these, at the projected rate."""
    per_day = rate.projected_rate_per_day
    return [Point(per_day * days_in(max(timedelta(0), edge - at)), None, None) for edge in edges]
