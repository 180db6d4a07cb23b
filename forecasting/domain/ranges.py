"""Ranges of a budget's forecast: its open period, that and the next, or the days around now, step by step.

Steps are hours, days or months as in `budgets.domain.course`; what was spent comes from there, what is to come from the
way that a forecast goes, within a band of any confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from django.conf import settings

from budgets.domain.course import Course, Step, Unit, course_of, day_count
from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period
from budgets.domain.status import Status, at_rest
from budgets.domain.tree import schedule_of
from forecasting.domain.curve import Ahead
from forecasting.domain.estimates import as_money
from forecasting.domain.reading import AnyWay
from wire.days import ONE_DAY, day_begins, day_of

ZERO = Decimal(0)
AROUND = 90
"""Days that the range of the past looks back, and at most ahead."""


class Range(StrEnum):
    """Which days are looked at."""

    PERIOD = "period"
    NEXT = "next"
    PAST = "past"


class Leg(NamedTuple):
    """A period that lies in a range, with what may be spent in it."""

    period: Period
    label: str
    limit: Decimal


class Row(NamedTuple):
    """A step of a range. Its `heading`, `low` and `high` are sums since its period began, within the band.

    `projected` is what it will have cost by itself, between `low` and `high`; None for what is over, and the band also
    for hours, of which nothing is known alone.
    """

    step: Step
    projected: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class Seen:
    """What a range shows; the steps of `rows` are those of `course`."""

    kind: Range
    course: Course
    rows: Sequence[Row]
    legs: Sequence[Leg]
    confidence: Decimal

    def limit_of(self, row: Row) -> Decimal | None:
        """The limit of the period that a step begins in; None outside of those that are known."""
        return next((leg.limit for leg in self.legs if leg.period.starts <= row.step.starts < leg.period.ends), None)


def kinds_for(status: Status, way: AnyWay) -> list[Range]:
    """The ranges that there are: the next period is one where there is one that the forecast speaks of."""
    following = schedule_of(status.budget).next(status.period)
    known = following is not None and way.reaches(following.ends)
    return [kind for kind in Range if kind is not Range.NEXT or known]


def seen_in(status: Status, way: AnyWay, kind: Range, confidence: Decimal) -> Seen:
    """The steps of a range of a budget's open period, of which `status` speaks, each with what is expected of it."""
    schedule = schedule_of(status.budget)
    legs = [Leg(status.period, schedule.label(status.period), status.limit)]
    following = schedule.next(status.period) if kind is not Range.PERIOD else None
    if kind is Range.NEXT and following is not None:
        limit = amounts_of([status.budget])[status.budget.pk].of(following)
        legs.append(Leg(following, schedule.label(following), limit))
    stretch = _around(status, following) if kind is Range.PAST else Period(status.period.starts, legs[-1].period.ends)
    course = course_of(replace(at_rest(status), period=stretch))
    rows = [_row(step, course.unit, status, way, legs, float(confidence)) for step in course.steps]
    return Seen(kind, replace(course, steps=tuple(row.step for row in rows)), rows, legs, confidence)


def _around(status: Status, following: Period | None) -> Period:
    """The last days and those to come in the period; of a day or two also the next."""
    zone = settings.COSTOPS_ZONE
    today = day_of(status.at, zone)
    first = day_begins(today - timedelta(days=AROUND - 1), zone)
    begins, _ = schedule_of(status.budget).applies()
    for known in (begins, status.recorded):
        if known is not None:
            first = max(first, day_begins(day_of(known, zone), zone))
    short = day_count(status.period) <= 2 and following is not None
    ends = following.ends if short and following is not None else status.period.ends
    return Period(min(first, status.period.starts), min(ends, day_begins(today + AROUND * ONE_DAY, zone)))


def _row(step: Step, unit: Unit, status: Status, way: AnyWay, legs: Sequence[Leg], confidence: float) -> Row:
    """A step as the way says it; those of the next period begin anew."""
    if step.ends <= status.at:
        return Row(step, None, None, None)
    later = next((leg for leg in legs if leg.period.starts > status.at and step.starts >= leg.period.starts), None)
    if later is None:
        point = way.until(step.ends, confidence)
        total, expected, low, high = status.spent, point.expected, point.low or ZERO, point.high or ZERO
    else:
        ahead = _since(way, unit, later.period.starts, step.ends, status.at)
        total, expected = ZERO, as_money(ahead.expected)
        low, high = (as_money(edge) for edge in ahead.band(confidence))
    single = _single(way, unit, step, status.at)
    projected = as_money(single.expected)
    edges: tuple[Decimal | None, Decimal | None] = (None, None)
    if unit is not Unit.HOUR:
        least, most = single.band(confidence)
        edges = step.spent + as_money(least), step.spent + as_money(most)
    step = step._replace(total=total, projected=projected, heading=total + expected, low=total + low, high=total + high)
    return Row(step, step.spent + projected, *edges)


def _single(way: AnyWay, unit: Unit, step: Step, at: datetime) -> Ahead:
    """What is still to come in one step."""
    if step.starts <= at:
        return way.ahead(step.ends)
    if unit is Unit.DAY:
        return way.day(step.day)
    return _since(way, unit, step.starts, step.ends, at)


def _since(way: AnyWay, unit: Unit, start: datetime, end: datetime, at: datetime) -> Ahead:
    """What comes between two instants ahead; of a part of a day its spread is the root of its share, as of days."""
    if unit is not Unit.HOUR:
        return way.between(start, end)
    before, whole = way.ahead(start), way.ahead(end)
    share = (end - start) / (end - at)
    return Ahead(whole.expected - before.expected, whole.spread * sqrt(share), whole.shape)
