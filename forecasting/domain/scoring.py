"""Scores what was said of periods that have ended: how far off, how many days ahead, and inside which band."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Aggregate, Avg, Count, F, FloatField, Q
from django.db.models.functions import Abs, Cast, NullIf
from django.db.models.query import QuerySet

from forecasting.domain.curve import Ahead
from forecasting.domain.reading import as_money
from forecasting.models import Forecast, ForecastScore
from usage.domain.arrays import among
from wire.days import TICK, day_of

SETTLING = timedelta(days=45)
"""How long after its end a period is scored anew when usage comes in late."""
AT_ONCE = 500

#: Runs whose period ended and that have no score yet, or one of another sum than it comes to now.
WAITING = """
SELECT f.id, p.spent FROM forecasting_forecast f
JOIN budgets_budgetperiod p ON p.budget_id = f.budget_id AND p.starts = f.period_starts AND p.ends = f.period_ends
LEFT JOIN forecasting_forecastscore s ON s.forecast_id = f.id
WHERE f.period_ends <= %(now)s AND (s.id IS NULL OR s.actual <> p.spent)
    AND (CASE WHEN %(budget)s::bigint IS NULL THEN f.period_ends > %(since)s ELSE f.budget_id = %(budget)s END)
ORDER BY f.id
"""


def score_ended(now: datetime, budget: int | None = None) -> int:
    """Scores the forecasts of periods that ended; returns how many there were to score.

    With `budget` those of it alone, however long ago they ended; else all that ended within SETTLING.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"now": now, "since": now - SETTLING, "budget": budget})
        waiting: list[tuple[int, Decimal]] = cursor.fetchall()
    for start in range(0, len(waiting), AT_ONCE):
        spent = dict(waiting[start : start + AT_ONCE])
        runs = Forecast.objects.filter(pk__in=among(spent)).order_by("pk")
        scores = [score for run in runs if (score := _scored(run, spent[run.pk])) is not None]
        ForecastScore.objects.bulk_create(
            scores,
            update_conflicts=True,
            unique_fields=["forecast"],
            update_fields=["projected", "actual", "inside_80", "inside_95"],
        )
    return len(waiting)


def _scored(run: Forecast, actual: Decimal) -> ForecastScore | None:
    """The score of a run; None where it did not reach the end of its period."""
    assert run.period_starts is not None
    assert run.period_ends is not None
    assert run.budget_id is not None
    ends = day_after(run.period_ends)
    lead = (ends - run.first_day).days
    if lead >= len(run.totals):
        return None
    before = run.period_spent or Decimal(0)
    rest = Ahead(run.totals[lead], run.spreads[lead], run.total_shape)
    came = float(actual - before)

    def inside(confidence: float) -> bool:
        low, high = rest.band(confidence)
        return low <= came <= high

    return ForecastScore(
        forecast=run,
        budget_id=run.budget_id,
        period_starts=run.period_starts,
        period_ends=run.period_ends,
        lead=lead,
        length=(ends - day_of(run.period_starts, settings.COSTOPS_ZONE)).days,
        projected=before + as_money(rest.expected),
        actual=actual,
        inside_80=inside(0.8),
        inside_95=inside(0.95),
    )


def day_after(ends: datetime) -> date:
    """The first day of which nothing belongs to a period that ends then."""
    return day_of(ends - TICK, settings.COSTOPS_ZONE) + timedelta(days=1)


class AtLead(NamedTuple):
    """How good what was said so many days before the end was. Errors are shares of what was spent."""

    lead: int
    forecasts: int
    error: float | None
    """How far off, on average, above or below."""
    bias: float | None
    """The same with its sign: above 0, more was expected than came."""
    inside_80: float
    inside_95: float


LEADS = (1, 3, 7, 14, 21, 28, 60, 90, 180, 365)
"""The leads that are told of, each for those up to it and above the one before; the last also for those beyond."""


def by_lead(scores: QuerySet[ForecastScore]) -> list[AtLead]:
    """How good these were by lead, the longest first, in one query."""
    off = Cast(F("projected") - F("actual"), FloatField()) / NullIf(Cast(F("actual"), FloatField()), 0.0)
    found = []
    sums: dict[str, Aggregate] = {}
    for before, lead in zip((0, *LEADS), LEADS, strict=False):
        kept = Q(lead__gt=before) if lead == LEADS[-1] else Q(lead__gt=before, lead__lte=lead)
        sums[f"count_{lead}"] = Count("pk", filter=kept)
        sums[f"error_{lead}"] = Avg(Abs(off), filter=kept)
        sums[f"bias_{lead}"] = Avg(off, filter=kept)
        sums[f"eighty_{lead}"] = Count("pk", filter=kept & Q(inside_80=True))
        sums[f"most_{lead}"] = Count("pk", filter=kept & Q(inside_95=True))
    row = scores.order_by().aggregate(**sums)
    for lead in reversed(LEADS):
        if count := row[f"count_{lead}"]:
            shares = row[f"eighty_{lead}"] / count, row[f"most_{lead}"] / count
            found.append(AtLead(lead, count, row[f"error_{lead}"], row[f"bias_{lead}"], *shares))
    return found


def overall(leads: Sequence[AtLead]) -> AtLead | None:
    """All leads together; None where nothing was scored."""
    count = sum(found.forecasts for found in leads)
    if not count:
        return None

    def mean(values: Sequence[tuple[int, float | None]]) -> float | None:
        known = [(weight, value) for weight, value in values if value is not None]
        return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known) if known else None

    return AtLead(
        0,
        count,
        mean([(found.forecasts, found.error) for found in leads]),
        mean([(found.forecasts, found.bias) for found in leads]),
        sum(found.forecasts * found.inside_80 for found in leads) / count,
        sum(found.forecasts * found.inside_95 for found in leads) / count,
    )
