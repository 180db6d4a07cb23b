"""Old runs are kept, but only with what they said of the period that was open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.domain.projection import RUN_RATE, Projection
from budgets.domain.status import statuses
from forecasting.domain import looking_back, making, scopes
from forecasting.domain.scoring import score_ended
from forecasting.domain.trimming import WHOLE_FOR, trim_old
from forecasting.models import Forecast, ForecastScore
from tests.factories import budget, recorded_for_years
from tests.forecasting.spending import spend_daily

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
MARCH_18 = datetime(2025, 3, 18, 3, tzinfo=UTC)
MARCH_19 = MARCH_18 + timedelta(days=1)
LATER = MARCH_19 + WHOLE_FOR + timedelta(hours=1)


@pytest.fixture
def pk() -> int:
    """A budget that was forecast on two days of March."""
    recorded_for_years()
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0 + n % 2 for n in range(60)], MARCH_18)
    for day in (MARCH_18, MARCH_19):
        making.forecast_budgets([found.pk], day, only_due=False)
    return found.pk


def reach(run: Forecast) -> tuple[int, int, int]:
    """For how many days a run speaks, by each of its columns."""
    return len(run.totals) - 1, len(run.spreads) - 1, len(run.day_spreads) - 1


def test_an_old_run_ends_with_its_period_and_the_latest_stays_whole(pk):
    assert trim_old(LATER) == 1
    old, latest = Forecast.objects.filter(budget=pk).order_by("made_at")
    assert (old.trimmed, reach(old), old.next_quarter) == (True, (14, 14, 14), None)
    assert latest.next_quarter is not None
    assert reach(latest)[0] > 100
    assert trim_old(LATER) == 0


def test_a_young_run_stays_whole(pk):
    assert trim_old(MARCH_18 + WHOLE_FOR) == 0


def test_what_was_said_then_is_read_and_scored_as_before(pk):
    found = Forecast.objects.filter(budget=pk).earliest("made_at")

    def told() -> tuple[Projection, Decimal]:
        ForecastScore.objects.all().delete()
        score_ended(LATER, pk)
        rate = statuses([found.budget], LATER, MARCH_18 + timedelta(hours=5))[pk].rate
        return rate, ForecastScore.objects.get(forecast=found).projected

    before = told()
    assert before[0].method != RUN_RATE
    assert trim_old(LATER) == 1
    assert told() == before


def test_runs_made_afterwards_and_those_of_usage_are_trimmed_too(pk):
    spend_daily([10.0] * 90, MARCH_18)
    assert looking_back.look_back(pk, MARCH_19) > 0
    for day in (MARCH_18, MARCH_19):
        making.forecast_scope({}, day)
    assert Forecast.objects.filter(backtested=True, trimmed=False).exists()
    trim_old(LATER)
    assert not Forecast.objects.filter(backtested=True, trimmed=False).exists()
    old, latest = Forecast.objects.filter(scope_key=scopes.key_of({})).order_by("made_at")
    assert (reach(old)[0], old.trimmed, latest.trimmed) == (0, True, False)
    assert latest.totals[28] > 100
