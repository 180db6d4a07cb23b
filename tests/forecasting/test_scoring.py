"""When a period has ended, what was said of it is scored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.domain.status import statuses
from forecasting.domain import looking_back, making, scoring
from forecasting.domain.scoring import by_lead, overall, score_ended
from forecasting.models import Forecast, ForecastScore
from tests.factories import budget, recorded_for_years
from tests.forecasting.spending import spend_daily, spend_today

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
MARCH_18 = datetime(2025, 3, 18, 3, tzinfo=UTC)
APRIL = datetime(2025, 4, 1, 1, tzinfo=UTC)


@pytest.fixture
def run() -> Forecast:
    """What was said on Mar 18 of a March that then went on as it had begun."""
    recorded_for_years()
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0 + n % 2 for n in range(60)], MARCH_18)
    making.forecast_budgets([found.pk], MARCH_18)
    return Forecast.objects.get(budget=found)


def test_a_period_that_ended_is_scored_by_what_it_came_to(run):
    spend_daily([10.0 + n % 2 for n in range(14)], APRIL)
    assert score_ended(APRIL - timedelta(hours=2)) == 0
    assert score_ended(APRIL) == 1
    score = ForecastScore.objects.get()
    assert (score.lead, score.length, score.actual) == (14, 31, Decimal(326))
    assert float(score.projected) == pytest.approx(325, rel=0.02)
    assert (score.inside_80, score.inside_95) == (True, True)


def test_what_came_otherwise_falls_outside_of_the_band(run):
    spend_daily([100.0] * 14, APRIL)
    score_ended(APRIL)
    score = ForecastScore.objects.get()
    assert (score.inside_80, score.inside_95) == (False, False)


def test_a_period_is_scored_once_and_anew_when_usage_comes_late(run):
    spend_daily([10.0] * 14, APRIL)
    score_ended(APRIL)
    assert score_ended(APRIL) == 0
    spend_today(50, MARCH_18 + timedelta(days=2))
    assert score_ended(APRIL + timedelta(days=1)) == 1
    assert ForecastScore.objects.get().actual == 179 + 140 + 50
    spend_today(50, MARCH_18 + timedelta(days=2))
    assert score_ended(APRIL + scoring.SETTLING) == 0


def test_scores_are_told_by_lead(run):
    spend_daily([10.0 + n % 2 for n in range(14)], APRIL)
    making.forecast_budgets([run.budget_id], datetime(2025, 3, 30, 3, tzinfo=UTC), only_due=False)
    score_ended(APRIL)
    found = by_lead(ForecastScore.objects.all())
    assert [(one.lead, one.forecasts, one.inside_95) for one in found] == [(14, 1, 1.0), (3, 1, 1.0)]
    whole = overall(found)
    assert whole is not None
    assert (whole.forecasts, whole.inside_80) == (2, 1.0)
    assert whole.error is not None
    assert whole.error < 0.03


def test_nothing_scored_is_told_as_nothing():
    assert overall(by_lead(ForecastScore.objects.all())) is None


def test_a_budget_with_a_past_is_looked_back_at_so_that_there_is_a_score_at_once():
    recorded_for_years()
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0 + n % 2 for n in range(120)], MARCH_18)
    making.forecast_budgets([found.pk], MARCH_18)
    assert looking_back.waiting([found.pk]) == [found.pk]
    assert looking_back.look_back(found.pk, MARCH_18) == 4
    assert (looking_back.waiting([found.pk]), looking_back.look_back(found.pk, MARCH_18)) == ([], 0)
    score_ended(MARCH_18, found.pk)
    scores = ForecastScore.objects.filter(budget=found)
    assert sorted(scores.values_list("lead", flat=True)) == [3, 3, 14, 14]
    assert all(abs(score.projected - score.actual) < score.actual / 50 for score in scores)


def test_what_was_made_afterwards_is_never_read_as_said():
    recorded_for_years()
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0] * 120, MARCH_18)
    making.forecast_budgets([found.pk], MARCH_18)
    looking_back.look_back(found.pk, MARCH_18)
    then = datetime(2025, 2, 25, 12, tzinfo=UTC)
    assert Forecast.objects.filter(budget=found, made_at__lte=then, backtested=True).exists()
    assert statuses([found], MARCH_18, then)[found.pk].rate.method == "run_rate"
