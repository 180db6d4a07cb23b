"""The ways of many budgets at once: what `reading.way_of` says of one, in two queries however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from budgets.domain.projection import Asked
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from forecasting.domain.outlook import Advice, advise
from forecasting.domain.reading import ZERO, AnyWay, Way, curve_of, latest_runs, plain_of, spent_today


class Headed(NamedTuple):
    """The way that a budget goes, and whether a run of the engine says so."""

    way: AnyWay
    is_run: bool


def ways_of(asked: Sequence[Asked]) -> Mapping[int, Headed]:
    """By the budget's id; all are asked of the same instant. The simple method stands in as it does for one."""
    if not asked:
        return {}
    at: datetime = asked[0].at
    ids = [one.budget.pk for one in asked]
    runs = latest_runs(ids, at)
    spent = spent_today(ids, at)
    found: dict[int, Headed] = {}
    for one in asked:
        run = runs.get(one.budget.pk)
        way = Way(curve_of(run), at, spent.get(one.budget.pk, ZERO)) if run is not None else None
        known = way is not None and way.reaches(one.period.ends)
        found[one.budget.pk] = Headed(way, True) if way is not None and known else Headed(plain_of(one), False)
    return found


def advice_of(statuses: Sequence[Status]) -> dict[int, Advice | None]:
    """What each budget is advised for its next period, or for the open one where none follows, by its id."""
    ways = ways_of([status.asked for status in statuses])
    found = {}
    for status in statuses:
        schedule = schedule_of(status.budget)
        period = schedule.next(status.period) or status.period
        way = ways[status.budget.pk].way
        found[status.budget.pk] = advise(way, period, schedule, at=status.at, spent=status.spent)
    return found
