"""Outlooks: where one budget, or any usage, is heading in a period, whole: the answer of pages, API and SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from budgets.domain.outline import Standing, standing_of
from budgets.domain.periods import Period, Schedule
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from forecasting.domain.curve import Ahead
from forecasting.domain.estimates import ENOUGH, as_chance, as_money, sensible
from forecasting.domain.plain import PlainWay
from forecasting.domain.reading import AnyWay, Found, later_way_of, way_of, within
from wire.days import ONE_DAY, TICK, day_begins, day_of, days_in
from wire.templatetags.money import in_words

ZERO = Decimal(0)
TENTH = Decimal("0.1")
NOT_BEGUN = "It has not begun, and nothing like it was spent before: nothing is known of it yet."
NOTHING_MORE = "Nothing more is expected: this is not a time that the budget is for."


class Day(NamedTuple):
    """A local day of a period, in money; None where it does not apply. `total_…` run since the period began.

    `actual` is what it cost, so far where it is today; `projected` what it will have cost, within `low` and `high`,
    which today and the days to come have.
    """

    day: date
    actual: Decimal | None
    projected: Decimal | None
    low: Decimal | None
    high: Decimal | None
    total_actual: Decimal | None
    total_projected: Decimal | None
    total_low: Decimal | None
    total_high: Decimal | None


class Advice(NamedTuple):
    """An amount for a period, that is `enough` with that probability; `expected` is what it will cost on average."""

    amount: Decimal
    expected: Decimal
    enough: Decimal
    period: Period
    label: str
    words: str


@dataclass(frozen=True)
class Outlook:
    """Where a period is heading, from `at`, in the company's currency; `limit` is None without a budget."""

    period: Period
    at: datetime
    spent: Decimal
    limit: Decimal | None
    confidence: Decimal
    projected: Decimal
    low: Decimal
    high: Decimal
    exceed_probability: Decimal | None
    days_until_exceeded: Decimal | None
    exceeds_at: datetime | None
    exceeds_at_high: datetime | None
    """When the limit is passed at the upper edge of the band; None where it holds even there."""
    advice: Advice | None
    method: str
    words: str
    fallback: str
    history_days: int
    made_at: datetime | None
    """When the run was made; None where there is none yet and the simple method stands in."""
    days: Sequence[Day]
    way: AnyWay

    @property
    def begins(self) -> datetime:
        """From when on something is to come: from `at`, or from the period's beginning where that is later."""
        return max(self.at, self.period.starts)

    @property
    def at_rest(self) -> bool:
        """Nothing more is to come: it is over or archived; or it has not begun, and no run speaks of it."""
        return not self.method


def outlook_of(status: Status, confidence: Decimal) -> Outlook:
    """The outlook of a budget's open period, or the first where that has not begun, which a status speaks of. Nothing
    more is expected of one that is over or archived, and nothing is known of one that has not begun and no run speaks
    of.
    """
    schedule = schedule_of(status.budget)
    following = schedule.next(status.period)
    standing = standing_of(status)
    if standing is Standing.WAITING:
        found, following = later_way_of(status.asked) or _at_rest(status.at, NOT_BEGUN), None
    elif standing.at_rest:
        found = _at_rest(status.at, NOTHING_MORE)
    else:
        found = way_of(status.asked)
    outlook = outlook_from(
        found.way,
        status.period,
        status.at,
        status.spent,
        status.limit,
        confidence,
        spent_by_day(status.budget.pk, status.period),
        (following or status.period, schedule),
        found.method,
        found.words,
        found.fallback,
        found.history_days,
        found.made_at,
    )
    if not outlook.at_rest:
        return outlook
    chance = None if standing is Standing.WAITING else outlook.exceed_probability
    return replace(outlook, exceed_probability=chance, advice=None)


def _at_rest(at: datetime, why: str) -> Found:
    return Found(PlainWay(ZERO, at, 0), "", why, "", 0, None)


def outlook_from(
    way: AnyWay,
    period: Period,
    at: datetime,
    spent: Decimal,
    limit: Decimal | None,
    confidence: Decimal,
    by_day: Mapping[date, Decimal],
    advised: tuple[Period, Schedule | None],
    method: str,
    words: str,
    fallback: str,
    history_days: int,
    made_at: datetime | None,
) -> Outlook:
    """An outlook from the way that spend goes; `by_day` is what the days so far cost, `advised` the period to advise
    an amount for.
    """
    sure = float(confidence)
    end = way.until(period.ends, sure)
    low, high = end.low or ZERO, end.high or ZERO
    chance, until, exceeds_at, at_high = None, None, None, None
    if limit is not None:
        reached = spent > 0 and spent >= limit
        chance = Decimal(1) if reached else as_chance(way.ahead(period.ends).chance_above(float(limit - spent)))
        if reached:
            until = ZERO
        elif spent + end.expected > limit:
            exceeds_at = way.passes(float(limit - spent), period.ends) or period.ends - TICK
            until = days_in(exceeds_at - at).quantize(TENTH, ROUND_DOWN)
        if not reached and spent + high > limit:
            at_high = _passes_at_high(way, period, at, float(limit - spent), sure)
    return Outlook(
        period,
        at,
        spent,
        limit,
        confidence,
        spent + end.expected,
        spent + low,
        spent + high,
        chance,
        until,
        exceeds_at,
        at_high,
        advise(way, *advised, at=at, spent=spent),
        method,
        words,
        fallback,
        history_days,
        made_at,
        days_of(way, period, at, spent, by_day, sure),
        way,
    )


def _passes_at_high(way: AnyWay, period: Period, at: datetime, more: float, confidence: float) -> datetime | None:
    zone = settings.COSTOPS_ZONE
    day, last = day_of(at, zone), day_of(period.ends - TICK, zone)
    while day <= last:
        edge = min(day_begins(day + ONE_DAY, zone), period.ends)
        if way.ahead(edge).band(confidence)[1] > more:
            starts = max(day_begins(day, zone), at)
            return within(starts, edge, lambda instant: way.ahead(instant).band(confidence)[1] > more)
        day += ONE_DAY
    return None


def advise(
    way: AnyWay, period: Period, schedule: Schedule | None, *, at: datetime, spent: Decimal = ZERO
) -> Advice | None:
    """An amount for a period to come, or for the open one where no other follows; None where nothing is expected."""
    if not way.reaches(period.ends):
        return None
    if period.starts > at:
        ahead, before = way.between(period.starts, period.ends), ZERO
    else:
        ahead, before = way.ahead(period.ends), spent
    amount, step = sensible(before + as_money(max(ahead.at(float(ENOUGH)), ahead.expected)))
    if amount <= 0:
        return None
    expected = before + as_money(ahead.expected)
    label = schedule.label(period) if schedule else "the next period"
    cents = amount < 100
    words = (
        f"{in_words(amount, cents=cents)} is enough for {label} in 4 of 5 of the ways it may go. "
        f"{in_words(expected, cents=cents)} is expected; rounded up to the next {in_words(step, cents=step < 1)}."
    )
    return Advice(amount, expected, ENOUGH, period, label, words)


def days_of(
    way: AnyWay, period: Period, at: datetime, spent: Decimal, by_day: Mapping[date, Decimal], confidence: float
) -> list[Day]:
    """The days of a period: those that are over as they were, today as it will have been, those to come."""
    zone = settings.COSTOPS_ZONE
    here, last = day_of(at, zone), day_of(period.ends - TICK, zone)
    found, total, day = [], ZERO, day_of(period.starts, zone)
    while day <= last:
        actual = by_day.get(day, ZERO) if day <= here else None
        total += actual or ZERO
        if day < here or at >= period.ends:
            found.append(Day(day, actual, None, None, None, total, None, None, None))
        else:
            edge = min(day_begins(day + ONE_DAY, zone), period.ends)
            single: Ahead = way.day(day)
            low, high = single.band(confidence)
            running = way.until(edge, confidence)
            base = actual or ZERO
            found.append(
                Day(
                    day,
                    actual,
                    base + as_money(single.expected),
                    base + as_money(low),
                    base + as_money(high),
                    total if day == here else None,
                    spent + running.expected,
                    spent + (running.low or ZERO),
                    spent + (running.high or ZERO),
                )
            )
        day += ONE_DAY
    return found


BY_DAY = """
SELECT (hour AT TIME ZONE %s)::date, sum(cost) FROM budgets_budgethour
WHERE budget_id = %s AND hour >= %s AND hour < %s GROUP BY 1
"""


def spent_by_day(budget: int, stretch: Period) -> dict[date, Decimal]:
    """What a budget was charged on each local day of a stretch of time."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, [settings.COSTOPS_ZONE.key, budget, *stretch])
        return dict(cursor.fetchall())
