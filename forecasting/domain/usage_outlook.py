"""Outlooks of usage that is no budget's: all of a project that somebody may see, in a period of the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.domain.roles import sees_everything
from budgets.domain.periods import Schedule
from budgets.domain.runrate import run_rate
from budgets.domain.tree import calendar
from forecasting.domain.asking import ask_for_scope
from forecasting.domain.outlook import Outlook, outlook_from
from forecasting.domain.plain import METHOD, PlainWay, in_words
from forecasting.domain.reading import Found, Way, curve_of
from forecasting.domain.scopes import Scope, is_stale, latest_of, selection_of
from usage.domain.lines import by_day, named
from usage.domain.recording import recorded_since
from usage.domain.selection import Selection
from usage.domain.visibility import Seen
from usage.rules import seen_by
from wire.days import day_of, days_in

ZERO = Decimal(0)


def outlook_of_usage(user: Any, scope: Scope, kind: str, confidence: Decimal, now: datetime) -> Outlook:
    """Where the usage of a scope is heading in the open period of a kind (monthly…), as far as the person may see it.

    Those who see everything are answered by the latest run for the scope, and one is asked for where it is not of
    today; where there is none yet, and for others, the simple method answers.
    """
    schedule = Schedule(kind, None, None, None, calendar())
    period = schedule.period_at(now)
    assert period is not None  # without dates of its own, a schedule has no end
    spent_by_day = _by_day(seen_by(user), selection_of(scope, period.starts, period.ends))
    spent = sum(spent_by_day.values(), ZERO)
    today = spent_by_day.get(day_of(now, settings.COSTOPS_ZONE), ZERO)
    found = _run(scope, now, today) if sees_everything(user) else None
    if found is None or not found.way.reaches(period.ends):
        rate = run_rate(spent, spent, period, now, recorded_since())
        known = float(days_in(now - (rate.since or period.starts)))
        plain = PlainWay(rate.projected_rate_per_day, now, known)
        found = Found(plain, METHOD, in_words(known), "", int(known), None)
    return outlook_from(
        found.way,
        period,
        now,
        spent,
        None,
        confidence,
        spent_by_day,
        (schedule.next(period) or period, schedule),
        found.method,
        found.words,
        found.fallback,
        found.history_days,
        found.made_at,
    )


def _run(scope: Scope, now: datetime, spent_today: Decimal) -> Found | None:
    run = latest_of(scope, now)
    if is_stale(run, now):
        ask_for_scope(scope)
    if run is None:
        return None
    way = Way(curve_of(run), now, spent_today)
    return Found(way, run.method, run.words, run.fallback, run.history_days, run.made_at)


def _by_day(seen: Seen, selection: Selection) -> Mapping[date, Decimal]:
    line = named(by_day(seen, selection), "line")
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {line.text} SELECT at, sum(cost) FROM line GROUP BY 1", line.values)  # noqa: S608
        return dict(cursor.fetchall())
