"""Reads forecasts: what the latest runs say of budgets now, or said at an instant in the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from math import sqrt
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from budgets.domain.periods import day_bounds
from budgets.domain.projection import CONFIDENCE, Asked, Point, Projection
from budgets.domain.runrate import burn_rate, run_rate
from forecasting.domain.curve import Ahead, Curve, come_by, rest_of_day, stretch
from forecasting.domain.estimates import STEP, as_chance, as_money
from forecasting.domain.plain import METHOD, PlainWay, in_words
from forecasting.models import Forecast
from usage.domain import arrays
from wire.days import TICK, day_begins, day_of, days_in

TENTH = Decimal("0.1")
ZERO = Decimal(0)
MINUTE = timedelta(minutes=1)

#: For each budget asked after: its latest run until then, as far as its period needs it. `here` and `ends` are days.
LATEST = """
SELECT a.budget_id, a.here - f.first_day, a.ends - f.first_day,
    f.totals[a.here - f.first_day + 1], f.totals[a.here - f.first_day + 2], f.totals[a.ends - f.first_day + 1],
    f.spreads[a.ends - f.first_day + 1], f.total_shape, f.hours, f.method, coalesce(t.spent, 0)
FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::timestamptz[], %s::timestamptz[])
    AS a(budget_id, here, ends, begins, at)
JOIN LATERAL (
    SELECT * FROM forecasting_forecast WHERE budget_id = a.budget_id AND NOT backtested AND made_at <= a.at
    ORDER BY made_at DESC LIMIT 1
) f ON true
LEFT JOIN LATERAL (
    SELECT sum(cost) AS spent FROM budgets_budgethour
    WHERE budget_id = a.budget_id AND hour >= a.begins AND hour <= a.at
) t ON true
WHERE a.here >= f.first_day AND a.ends - f.first_day < array_length(f.totals, 1)
"""


class Now(NamedTuple):
    """Where an instant lies in the days of a curve: its day as a lead, how much of that day is over, by the clock and
    of what usually comes in it, and what was spent in it.
    """

    lead: int
    passed: float
    come: float
    spent: float


class Heading(NamedTuple):
    """Where a stretch that began is heading: what is still to come of today, and of all of it."""

    today: float
    rest: Ahead


def heading(now: Now, expected_today: float, later: float, spread: float, shape: Sequence[float], end: int) -> Heading:
    """Puts today's rest and the days after it together; `spread` is that of all days until the lead `end`."""
    today = rest_of_day(expected_today, now.spent, now.come)
    left = end - now.lead - now.come
    rest = Ahead(today + later, spread * max(left / end, 0.0) ** 0.5, shape)
    return Heading(today, rest)


class Forecasts:
    """Projects budgets by their latest runs: what `budgets.domain.projection` asks."""

    def project(self, asked: Sequence[Asked]) -> Mapping[int, Projection]:
        """By the budget's id; the simple method stands in where there is no run."""
        rows = _latest(asked)
        found, passing = {}, []
        for one in asked:
            if (row := rows.get(one.budget.pk)) is None:
                found[one.budget.pk] = _plainly(one)
                continue
            projection, over = _projection(one, row)
            found[one.budget.pk] = projection
            if over is not None:
                passing.append((one, over))
        for one, exceeds_at in _crossings(passing):
            until = days_in(exceeds_at - one.at).quantize(TENTH, ROUND_DOWN)
            found[one.budget.pk] = found[one.budget.pk]._replace(days_until_exceeded=until, exceeds_at=exceeds_at)
        return found

    def path(self, asked: Asked, edges: Sequence[datetime]) -> list[Point] | None:
        """What is expected from `at` until each edge, with its band."""
        way = way_of(asked).way
        return [way.until(edge, float(CONFIDENCE)) for edge in edges]


class Way:
    """The way that a curve goes from an instant on, of whose day `spent` came so far."""

    def __init__(self, curve: Curve, at: datetime, spent: Decimal) -> None:
        self.curve, self.at = curve, at
        self.now = _now(at, curve.first_day, curve.hours, float(spent))

    def reaches(self, edge: datetime) -> bool:
        """Whether the curve speaks of the time until then."""
        return 0 <= self.now.lead < self.curve.reach and self.curve.lead_of(_end_day(edge)) <= self.curve.reach

    def ahead(self, edge: datetime) -> Ahead:
        """What is still to come until an instant."""
        curve, now = self.curve, self.now
        if edge <= self.at:
            return Ahead(0.0, 0.0, curve.total_shape)
        today = curve.totals[now.lead + 1] - curve.totals[now.lead]
        bounds = day_bounds(day_of(self.at, settings.COSTOPS_ZONE), settings.COSTOPS_ZONE)
        whole = heading(now, today, 0.0, curve.spreads[now.lead + 1], curve.total_shape, now.lead + 1)
        if edge < bounds.ends:
            # Within today: the rest of it, as far as it usually comes until then.
            come = come_by(curve.hours, share_passed(edge))
            part = (come - now.come) / (1 - now.come) if now.come < 1 else 0.0
            return Ahead(whole.today * part, whole.rest.spread * part**0.5, curve.total_shape)
        end_day = day_of(edge - TICK, settings.COSTOPS_ZONE)
        lead = curve.lead_of(end_day) + 1
        full = heading(
            now, today, curve.totals[lead] - curve.totals[now.lead + 1], curve.spreads[lead], curve.total_shape, lead
        )
        if edge == day_bounds(end_day, settings.COSTOPS_ZONE).ends:
            return full.rest
        left = 1 - come_by(curve.hours, share_passed(edge))
        over = left * (curve.totals[lead] - curve.totals[lead - 1])
        return Ahead(full.rest.expected - over, full.rest.spread, curve.total_shape)

    def until(self, edge: datetime, confidence: float) -> Point:
        """What is expected until an instant, as money, and its band."""
        return as_point(self.ahead(edge), confidence)

    def day(self, day: date) -> Ahead:
        """What one day to come is expected to cost by itself; of today, what is still to come of it."""
        curve = self.curve
        if day == day_of(self.at, settings.COSTOPS_ZONE):
            bounds = day_bounds(day, settings.COSTOPS_ZONE)
            return self.ahead(bounds.ends)
        lead = curve.lead_of(day) + 1
        expected = curve.totals[lead] - curve.totals[lead - 1]
        return Ahead(expected, curve.day_spreads[lead], curve.day_shape)

    def between(self, start: datetime, end: datetime) -> Ahead:
        """What a stretch of whole days to come, which begins later, is expected to cost."""
        curve = self.curve
        first = curve.lead_of(day_of(start, settings.COSTOPS_ZONE))
        last = curve.lead_of(_end_day(end))
        return stretch(curve.totals, curve.spreads, curve.total_shape, first, last, curve.day_spreads)

    def passes(self, amount: float, until: datetime) -> datetime | None:
        """When so much more will have come, if that is before `until`; None where it is not."""
        curve, now, zone = self.curve, self.now, settings.COSTOPS_ZONE
        today = rest_of_day(curve.totals[now.lead + 1] - curve.totals[now.lead], now.spent, now.come)
        here = day_bounds(day_of(self.at, zone), zone)
        if amount < today:
            return within(self.at, here.ends, lambda edge: self.ahead(edge).expected > amount)
        need = amount - today + curve.totals[now.lead + 1]
        end = min(curve.lead_of(_end_day(until)), curve.reach)
        for lead in range(now.lead + 2, end + 1):
            if curve.totals[lead] > need:
                bounds = day_bounds(curve.first_day + timedelta(days=lead - 1), zone)
                return within(bounds.starts, bounds.ends, lambda edge: self.ahead(edge).expected > amount)
        return None


def as_point(ahead: Ahead, confidence: float) -> Point:
    """What is still to come, as money, and its band."""
    low, high = ahead.band(confidence)
    return Point(as_money(ahead.expected), as_money(low), as_money(high))


def within(starts: datetime, ends: datetime, passed: Callable[[datetime], bool]) -> datetime:
    """When, to the minute, something passes that has not at `starts` and has at `ends`."""
    while ends - starts > MINUTE:
        middle = starts + (ends - starts) / 2
        starts, ends = (starts, middle) if passed(middle) else (middle, ends)
    return starts


class LaterWay:
    """The way that a curve goes within a period that has not begun: nothing comes before `starts`."""

    def __init__(self, way: Way, starts: datetime) -> None:
        self.way, self.starts = way, starts

    def reaches(self, edge: datetime) -> bool:
        """Whether the curve speaks of the time until then."""
        return self.way.reaches(edge)

    def ahead(self, edge: datetime) -> Ahead:
        """What comes from the period's beginning until an instant; within a day its spread is the root of its share."""
        if edge <= self.starts:
            return Ahead(0.0, 0.0, self.way.curve.total_shape)
        end = day_begins(_end_day(edge), settings.COSTOPS_ZONE)
        whole = self.way.between(self.starts, end)
        if end == edge:
            return whole
        expected = self.way.ahead(edge).expected - self.way.ahead(self.starts).expected
        return whole._replace(expected=expected, spread=whole.spread * sqrt((edge - self.starts) / (end - self.starts)))

    def until(self, edge: datetime, confidence: float) -> Point:
        """What is expected from the period's beginning until an instant, as money, and its band."""
        return as_point(self.ahead(edge), confidence)

    def day(self, day: date) -> Ahead:
        """What one day to come is expected to cost by itself."""
        return self.way.day(day)

    def between(self, start: datetime, end: datetime) -> Ahead:
        """What a stretch of whole days to come, which begins later, is expected to cost."""
        return self.way.between(start, end)

    def passes(self, amount: float, until: datetime) -> datetime | None:
        """When so much will have come in the period, if that is before `until`; None where it is not."""
        return self.way.passes(amount + self.way.ahead(self.starts).expected, until)


AnyWay = Way | PlainWay | LaterWay


class Found(NamedTuple):
    """The way of a budget from an instant on, and where it comes from; `made_at` is None where no run was made."""

    way: AnyWay
    method: str
    words: str
    fallback: str
    history_days: int
    made_at: datetime | None


def way_of(asked: Asked) -> Found:
    """The way that the latest run says, or the simple method where there is none that reaches the period's end."""
    if (found := _run_of(asked)) is not None:
        return found
    plain, known = _plain(asked)
    return Found(plain, METHOD, in_words(known), "", int(known), None)


def later_way_of(asked: Asked) -> Found | None:
    """The way of a budget in a period that has not begun, as the latest run says; None where there is none."""
    found = _run_of(asked)
    if found is None or not isinstance(found.way, Way):
        return None
    return found._replace(way=LaterWay(found.way, asked.period.starts))


def _run_of(asked: Asked) -> Found | None:
    run = latest_run(asked.budget.pk, asked.at)
    if run is None:
        return None
    way = Way(curve_of(run), asked.at, spent_today([asked.budget.pk], asked.at).get(asked.budget.pk, ZERO))
    known = Found(way, run.method, run.words, run.fallback, run.history_days, run.made_at)
    return known if way.reaches(asked.period.ends) else None


def plain_of(asked: Asked) -> PlainWay:
    """The way that the simple method says."""
    return _plain(asked)[0]


def _plain(asked: Asked) -> tuple[PlainWay, float]:
    rate = run_rate(asked.spent, asked.limit, asked.period, asked.at, asked.recorded_since)
    known = float(days_in(asked.at - (rate.since or asked.period.starts)))
    return PlainWay(rate.projected_rate_per_day, asked.at, known), known


def _plainly(asked: Asked) -> Projection:
    """The run rate, with a band where there is any spend to say one from."""
    rate = run_rate(asked.spent, asked.limit, asked.period, asked.at, asked.recorded_since)
    if not asked.spent:
        return rate
    rest = _plain(asked)[0].until(asked.period.ends, float(CONFIDENCE))
    reached = asked.spent >= asked.limit
    chance = (
        1.0 if reached else _plain(asked)[0].ahead(asked.period.ends).chance_above(float(asked.limit - asked.spent))
    )
    low, high = asked.spent + (rest.low or ZERO), asked.spent + (rest.high or ZERO)
    return rate._replace(
        low=min(low, rate.forecast), high=max(high, rate.forecast), exceed_probability=as_chance(chance)
    )


#: The latest run of each of these budgets until an instant: one look at the index each, however many were kept.
RUNS = """
SELECT f.* FROM unnest(%s::bigint[]) AS asked(budget_id)
JOIN LATERAL (
    SELECT * FROM forecasting_forecast WHERE budget_id = asked.budget_id AND NOT backtested AND made_at <= %s
    ORDER BY made_at DESC LIMIT 1
) f ON true
"""


def latest_runs(budgets: Sequence[int], at: datetime) -> dict[int, Forecast]:
    """The latest runs of several budgets that were made until an instant, by the budget's id."""
    found = Forecast.objects.raw(RUNS, [arrays.plain(budgets), at])
    return {run.budget_id: run for run in found if run.budget_id is not None}


def latest_run(budget: int, at: datetime) -> Forecast | None:
    """The latest run for a budget that was made until an instant."""
    return Forecast.objects.said(at).filter(budget=budget).order_by("-made_at").first()


def curve_of(run: Forecast) -> Curve:
    """What a run says."""
    return Curve(
        run.first_day, run.totals, run.spreads, run.day_spreads, run.total_shape, run.day_shape, tuple(run.hours)
    )


def share_passed(instant: datetime) -> float:
    """How far the clock of the company has gone through its day at an instant, as a share of 1: what comes in a day is
    known by its hours, also of a day that has 23 or 25.
    """
    local = instant.astimezone(settings.COSTOPS_ZONE)
    return (local.hour * 3600 + local.minute * 60 + local.second) / 86_400


def _now(at: datetime, first_day: date, hours: Sequence[float], spent: float) -> Now:
    passed = share_passed(at)
    return Now((day_of(at, settings.COSTOPS_ZONE) - first_day).days, passed, come_by(hours, passed), spent)


def _end_day(edge: datetime) -> date:
    """The first day that lies wholly after an instant, or begins with it."""
    day = day_of(edge, settings.COSTOPS_ZONE)
    return day if day_bounds(day, settings.COSTOPS_ZONE).starts == edge else day + timedelta(days=1)


def _latest(asked: Sequence[Asked]) -> dict[int, tuple]:
    zone = settings.COSTOPS_ZONE
    here = [day_of(one.at, zone) for one in asked]
    columns = [
        arrays.plain(one.budget.pk for one in asked),
        arrays.plain(day.isoformat() for day in here),
        arrays.plain(_end_day(one.period.ends).isoformat() for one in asked),
        arrays.instants(
            max(day_bounds(day, zone).starts, one.period.starts) for one, day in zip(asked, here, strict=True)
        ),
        arrays.instants(one.at for one in asked),
    ]
    with connection.cursor() as cursor:
        cursor.execute(LATEST, columns)
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _projection(one: Asked, row: tuple) -> tuple[Projection, float | None]:
    """What a run says of a budget, and how much more would pass its limit, where that is expected."""
    lead, end, until_today, with_today, until_end, spread, shape, hours, method, spent_today = row
    passed = share_passed(one.at)
    now = Now(lead, passed, come_by(hours, passed), float(spent_today))
    found = heading(now, with_today - until_today, until_end - with_today, spread, shape, end)
    expected = as_money(found.rest.expected)
    low, high = found.rest.band(float(CONFIDENCE))
    burn, since = burn_rate(one.spent, one.period, one.at, one.recorded_since)
    left = days_in(one.period.ends - one.at)
    forecast = one.spent + expected
    reached = one.spent > 0 and one.spent >= one.limit
    chance = 1.0 if reached else found.rest.chance_above(float(one.limit - one.spent))
    projection = Projection(
        burn_rate_per_day=burn,
        projected_rate_per_day=(expected / left).quantize(STEP) if left else ZERO,
        forecast=forecast,
        days_until_exceeded=ZERO if reached else None,
        since=since,
        low=one.spent + as_money(low),
        high=one.spent + as_money(high),
        exceed_probability=as_chance(chance),
        method=method,
    )
    return projection, float(one.limit - one.spent) if forecast > one.limit and not reached else None


def _crossings(passing: Sequence[tuple[Asked, float]]) -> list[tuple[Asked, datetime]]:
    """When each of these budgets passes its limit, in two queries."""
    if not passing:
        return []
    ids = [one.budget.pk for one, _ in passing]
    at = max(one.at for one, _ in passing)
    latest = latest_runs(ids, at)
    spent = spent_today(ids, at)
    found = []
    for one, more in passing:
        way = Way(curve_of(latest[one.budget.pk]), one.at, spent.get(one.budget.pk, ZERO))
        if (when := way.passes(more, one.period.ends)) is not None:
            found.append((one, min(when, one.period.ends - TICK)))
    return found


SPENT_TODAY = """
SELECT budget_id, sum(cost) FROM budgets_budgethour
WHERE budget_id = ANY(%s::bigint[]) AND hour >= %s AND hour <= %s GROUP BY budget_id
"""


def spent_today(budgets: Sequence[int], at: datetime) -> dict[int, Decimal]:
    """What each of these budgets spent on the day of an instant, until then; those that did not are missing."""
    with connection.cursor() as cursor:
        cursor.execute(SPENT_TODAY, [arrays.plain(budgets), _begins(at), at])
        return dict(cursor.fetchall())


def _begins(at: datetime) -> datetime:
    return day_bounds(day_of(at, settings.COSTOPS_ZONE), settings.COSTOPS_ZONE).starts
