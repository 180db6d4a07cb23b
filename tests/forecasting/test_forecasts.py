"""Forecasts of budgets: made once their history changed, kept, and read wherever a budget says where it is heading."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from budgets.domain import facts
from budgets.domain.course import course_of
from budgets.domain.status import Status, statuses
from budgets.models import Budget
from forecasting.domain import due, making
from forecasting.domain.outlook import Outlook, outlook_of
from forecasting.models import Forecast
from forecasting.tasks import AT_ONCE, forecast_some
from tests.factories import budget, recorded_for_years
from tests.forecasting.spending import spend_daily, spend_today

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 19, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def recorded():
    recorded_for_years()


def made(found: Budget, at: datetime = NOW) -> Forecast:
    making.forecast_budgets([found.pk], at, only_due=False)
    return Forecast.objects.filter(budget=found).latest("made_at")


def status_of(found: Budget, at: datetime = NOW) -> Status:
    return statuses([found], at)[found.pk]


def outlook(found: Budget, at: datetime = NOW, confidence: str = "0.95") -> Outlook:
    return outlook_of(status_of(found, at), Decimal(confidence))


def test_a_status_reads_where_the_latest_run_says_it_is_heading():
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0] * 100, NOW)
    spend_today(5, NOW)
    before = status_of(found).rate
    made(found)
    rate = status_of(found).rate
    assert (before.method, rate.method) == ("run_rate", "ensemble")
    assert float(rate.forecast) == pytest.approx(310, rel=0.03)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low <= rate.forecast <= rate.high
    assert rate.exceed_probability == Decimal("0.001")


def test_every_door_says_the_same():
    found = budget("Search", 280, at=LONG_AGO)
    spend_daily([10.0 + n % 3 for n in range(100)], NOW)
    made(found)
    status, told = status_of(found), outlook(found)
    course = course_of(status)
    assert (told.projected, told.low, told.high) == (status.rate.forecast, status.rate.low, status.rate.high)
    assert told.days_until_exceeded == status.rate.days_until_exceeded
    assert told.exceed_probability == status.rate.exceed_probability
    assert (course.steps[-1].heading, course.steps[-1].high) == (told.projected, told.high)
    assert told.days[-1].total_projected == told.projected
    assert sum(day.actual or 0 for day in told.days) == status.spent
    known = facts.facts_of([found], NOW)[found.pk]
    assert known["projected_rate"] == status.rate.projected_rate_per_day
    assert known["forecast_percentage"] == status.rate.forecast / 280


def test_weekends_are_projected_as_weekends():
    found = budget("Office hours", 1000, at=LONG_AGO)
    days = [NOW - timedelta(days=n) for n in range(60, 0, -1)]
    spend_daily([20.0 if day.weekday() < 5 else 0.0 for day in days], NOW)
    made(found)
    projected = {day.day: float(day.projected) for day in outlook(found).days if day.projected is not None}
    assert projected[date(2025, 3, 22)] < 1
    assert projected[date(2025, 3, 24)] == pytest.approx(20, rel=0.05)


def test_a_projection_does_not_sink_while_no_usage_comes_in():
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0] * 60, NOW, hours=(20,))
    made(found)
    morning, evening = outlook(found, NOW.replace(hour=1)), outlook(found, NOW.replace(hour=19))
    assert float(evening.projected) == pytest.approx(float(morning.projected), rel=0.02)


def test_today_counts_for_what_it_is():
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0] * 60, NOW, hours=tuple(range(24)))
    made(found)
    usual = outlook(found).projected
    spend_today(50, NOW - timedelta(minutes=5))
    assert 50 < outlook(found).projected - usual < 110


def test_a_daily_budget_with_a_steady_spend_ends_its_day_with_twice_what_it_has_at_noon():
    found = budget("A day", 10, period="daily", at=NOW - timedelta(days=1))
    for hour in range(12):
        spend_today(1 / 6, NOW.replace(hour=hour, minute=30))
    for _ in range(2):
        told = outlook(found)
        assert told.days_until_exceeded is None
        assert float(told.projected) == pytest.approx(4, rel=0.1)
        making.forecast_budgets([found.pk], NOW, only_due=False)  # of which there is nothing to fit yet


def test_a_daily_budget_with_days_behind_it_ends_as_its_days_do():
    found = budget("A day", 10, period="daily", at=LONG_AGO)
    spend_daily([4.0] * 60, NOW, hours=tuple(range(24)))
    made(found)
    for hour in range(12):
        spend_today(1 / 6, NOW.replace(hour=hour, minute=0))
    told = outlook(found)
    assert told.days_until_exceeded is None
    assert float(told.projected) == pytest.approx(4, rel=0.05)
    assert (len(told.days), told.advice.label) == (1, "Mar 20, 2025")


@pytest.mark.parametrize("run", [False, True])
@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"period": "custom", "starts_on": date(2025, 3, 1), "ends_on": date(2025, 3, 19)}, NOW),
        ({"period": "custom", "starts_on": date(2025, 3, 19), "ends_on": date(2025, 4, 30)}, NOW),
        ({"period": "custom", "starts_on": date(2025, 3, 19), "ends_on": date(2025, 3, 19)}, NOW),
        ({"period": "monthly"}, datetime(2025, 3, 31, 23, 59, 59, tzinfo=UTC)),
        ({"period": "monthly"}, datetime(2025, 2, 28, 12, tzinfo=UTC)),
        ({"period": "monthly"}, datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ({"period": "monthly"}, datetime(2025, 3, 1, 0, 0, tzinfo=UTC)),
        ({"period": "yearly"}, datetime(2024, 12, 31, 12, tzinfo=UTC)),
        ({"period": "yearly", "anchor": 7}, datetime(2025, 6, 30, 12, tzinfo=UTC)),
        ({"period": "quarterly"}, datetime(2025, 3, 31, 12, tzinfo=UTC)),
        ({"period": "weekly"}, datetime(2025, 3, 23, 12, tzinfo=UTC)),
    ],
)
def test_edges_of_time_get_an_answer(fields, at, run):
    found = budget("Edge", 100, at=datetime(2023, 1, 1, tzinfo=UTC), **fields)
    spend_daily([3.0] * 40, at)
    spend_today(1, at)
    if run:
        made(found, at)
    told = outlook(found, at)
    assert told.spent <= told.low <= told.projected <= told.high
    assert told.projected.is_finite()
    assert told.advice is not None
    assert told.advice.amount > 0
    assert told.days[-1].total_projected == told.projected


def test_what_the_usage_cost_before_a_budget_began_counts_as_its_history():
    found = budget("From today", 100, period="custom", starts_on=date(2025, 3, 19), ends_on=date(2025, 4, 17))
    spend_daily([3.0] * 60, NOW)
    spend_today(1.5, NOW - timedelta(hours=1))
    run = made(found)
    assert (run.history_days, run.method) == (60, "ensemble")
    assert "All of it lies before the budget began" in run.words
    assert float(outlook(found).projected) == pytest.approx(90, rel=0.1)
    begun = budget("Begun", 100, period="custom", starts_on=date(2025, 3, 9), ends_on=date(2025, 4, 17))
    assert "50 days of that lie before the budget began" in made(begun).words


def test_a_budget_made_an_hour_ago_answers_by_the_simple_method():
    found = budget("New", 100, at=NOW - timedelta(hours=1), scope={"projects": ["new"]})
    told = outlook(found)
    assert (told.projected, told.low, told.high, told.days_until_exceeded, told.advice) == (0, 0, 0, None, None)
    spend_today(2, NOW - timedelta(minutes=30), project="new")
    told = outlook(found)
    assert (told.method, told.made_at) == ("run_rate", None)
    assert told.spent < told.low < told.projected < told.high
    assert due.due(NOW) == []  # nothing was spent before today: there is nothing to fit


def test_events_of_a_day_count_the_same_in_any_order():
    plain, other = (budget(name, 500, at=LONG_AGO, scope={"projects": [name]}) for name in ("a", "b"))
    rng, costs = Random(3), [4.0, 9.0, 2.5, 7.25]
    for back in range(50, 0, -1):
        day = NOW.replace(hour=0) - timedelta(days=back)
        for name in ("a", "b"):
            mixed = rng.sample(costs, len(costs))
            for hour, cost in zip((1, 5, 13, 20), mixed, strict=True):
                spend_today(cost, day + timedelta(hours=hour), project=name)
    one, two = made(plain), made(other)
    for field in ("totals", "spreads", "day_spreads", "total_shape", "day_shape", "method"):
        assert getattr(one, field) == getattr(two, field)


def test_looking_back_tells_what_was_said_then():
    found = budget("Search", 1000, at=LONG_AGO)
    spend_daily([10.0] * 60, NOW - timedelta(days=5))
    made(found, NOW - timedelta(days=5))
    spend_daily([90.0] * 4, NOW)
    made(found)
    then = statuses([found], NOW, NOW - timedelta(days=5))[found.pk]
    assert float(then.rate.forecast) == pytest.approx(310, rel=0.1)
    assert float(status_of(found).rate.forecast) > 700
    nothing_yet = statuses([found], NOW, NOW - timedelta(days=6))[found.pk]
    assert nothing_yet.rate.method == "run_rate"


def test_only_budgets_whose_history_changed_are_forecast():
    busy, quiet, never = (
        budget(name, 100, at=LONG_AGO, scope={"projects": [name]}) for name in ("busy", "quiet", "never")
    )
    spend_daily([3.0] * 20, NOW, project="busy")
    spend_daily([3.0] * 20, NOW - timedelta(days=80), project="quiet")
    assert due.due(NOW) == [busy.pk, quiet.pk]
    making.forecast_budgets([busy.pk, quiet.pk, never.pk], NOW)
    assert due.due(NOW) == []
    spend_today(1, NOW, project="busy")
    assert due.due(NOW) == []  # today is read, not fitted
    assert due.due(NOW + timedelta(days=1)) == [busy.pk]  # of the quiet one another day tells nothing


def test_usage_that_comes_late_has_its_budget_forecast_again_once_an_hour():
    found = budget("Search", 100, at=LONG_AGO)
    spend_daily([3.0] * 20, NOW)
    made(found)
    spend_today(30, NOW - timedelta(days=2))
    assert due.due(NOW + timedelta(minutes=30)) == []
    assert due.due(NOW + timedelta(hours=1)) == [found.pk]


def test_a_changed_budget_is_forecast_again():
    found = budget("Search", 100, at=LONG_AGO)
    spend_daily([3.0] * 20, NOW)
    made(found)
    Budget.objects.filter(pk=found.pk).update(version=2)
    assert due.due(NOW) == [found.pk]


def test_every_run_is_kept():
    found = budget("Search", 100, at=LONG_AGO)
    spend_daily([3.0] * 20, NOW)
    for day in range(3):
        made(found, NOW + timedelta(days=day))
    assert Forecast.objects.filter(budget=found).count() == 3


def test_two_workers_do_not_work_at_one_budget():
    found = budget("Search", 100, at=LONG_AGO)
    assert making.claim([found.pk]) == [found.pk]
    assert making.claim([found.pk]) == []
    making.forecast_budgets([found.pk], NOW)
    assert making.claim([found.pk]) == [found.pk]
    making.forecast_budgets([found.pk], NOW)


def test_a_task_forecasts_what_it_is_handed():
    found = budget("Search", 100, at=LONG_AGO)
    spend_daily([3.0] * 20, datetime.now(UTC))
    forecast_some([found.pk])
    assert Forecast.objects.get(budget=found).method == "short_history"
    assert AT_ONCE <= 20  # seconds, not minutes, until other jobs have their turn


def test_an_archived_budget_is_not_forecast():
    found = budget("Gone", 100, at=LONG_AGO)
    spend_daily([3.0] * 20, NOW)
    Budget.objects.filter(pk=found.pk).update(archived_at=NOW)
    assert due.due(NOW) == []


def test_statuses_of_many_budgets_take_as_many_queries_as_those_of_one(django_assert_num_queries):
    found = [budget(f"B{n}", 70, at=LONG_AGO) for n in range(12)]
    spend_daily([3.0] * 20, NOW)
    making.forecast_budgets([one.pk for one in found], NOW, only_due=False)
    with django_assert_num_queries(7) as one:
        statuses(found[:1], NOW)
    with django_assert_num_queries(len(one)):
        statuses(found, NOW)


def test_the_web_server_loads_no_models():
    code = "import sys, costops.wsgi; from django.urls import get_resolver; get_resolver().url_patterns; \
print([name for name in ('statsforecast', 'pandas', 'scipy') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip().splitlines()[-1] == "[]"
