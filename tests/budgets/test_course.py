"""The course of a period, and how budgets are laid out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.domain.course import Unit, course_of, reached
from budgets.domain.outline import Standing, outline
from budgets.domain.status import Status, statuses
from budgets.models import Budget, BudgetHour
from tests.factories import budget, call, now, person, spend

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def status_of(found: Budget, at: datetime | None = None) -> Status:
    """How a budget stands."""
    moment = at or now()
    return statuses([found], moment)[found.pk]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.integers(0, 365 * 24 - 1), min_size=1, max_size=25), kind=st.sampled_from(["monthly", "yearly"])
)
def test_steps_add_up_to_the_period_in_every_zone(settings: Any, zone: str, hours: list[int], kind: str) -> None:
    settings.COSTOPS_ZONE = ZoneInfo(zone)
    found = budget("Any", 100, period=kind, at=LONG_AGO)
    start = datetime(2023, 1, 1, tzinfo=settings.COSTOPS_ZONE).astimezone(UTC)
    # As the ledger would have charged it; the hours themselves are what is cut here.
    BudgetHour.objects.bulk_create(
        BudgetHour(budget=found, hour=start + timedelta(hours=hour), cost=Decimal("1.25"), requests=1)
        for hour in set(hours)
    )
    at = start + timedelta(days=200)
    period = statuses([found], now(), at)[found.pk]
    course = course_of(period)
    within = BudgetHour.objects.filter(budget=found, hour__gte=period.period.starts, hour__lt=period.period.ends)
    assert sum(step.spent for step in course.steps) == Decimal("1.25") * within.count()
    assert course.steps[0].starts == period.period.starts
    assert course.steps[-1].ends == period.period.ends
    assert all(a.ends == b.starts for a, b in zip(course.steps, course.steps[1:], strict=False))
    found.delete()


@pytest.mark.parametrize(
    ("days", "unit"),
    [(1, Unit.HOUR), (2, Unit.HOUR), (31, Unit.DAY), (366, Unit.DAY), (800, Unit.MONTH), (20_000, Unit.YEAR)],
)
def test_steps_are_as_long_as_the_period_asks_for(days: int, unit: Unit) -> None:
    first = date(2020, 1, 15)
    dates = {"starts_on": first, "ends_on": first + timedelta(days=days - 1)}
    course = course_of(status_of(budget("Any", 100, period="custom", at=LONG_AGO, **dates)))
    assert course.unit is unit
    assert len(course.steps) <= 400


def test_the_projection_ends_at_the_forecast() -> None:
    found = budget("Any", 100, period="yearly", at=LONG_AGO)
    spend(call(33))
    status = status_of(found)
    assert abs(course_of(status).steps[-1].heading - status.rate.forecast) < Decimal("0.000001")


def test_a_sum_is_reached_in_the_hour_that_brought_it() -> None:
    found = budget("Any", 100, at=LONG_AGO)
    first = datetime(2025, 2, 3, 7, 20, tzinfo=UTC)
    spend(call(60, at=first), call(60, at=first + timedelta(hours=5)))
    period = statuses([found], now(), first)[found.pk].period
    goals = [(found.pk, period, Decimal(sum_)) for sum_ in (60, 61, 120, 121)]
    hour = first.replace(minute=0)
    assert reached(goals) == [hour, hour + timedelta(hours=5), hour + timedelta(hours=5), None]


def test_a_budget_runs_out_when_its_rate_says() -> None:
    found = budget("Any", 100, period="custom", starts_on=date(2025, 3, 1), ends_on=date(2025, 3, 31), at=LONG_AGO)
    spend(call(50, at=datetime(2025, 3, 1, tzinfo=UTC)))
    status = statuses([found], now(), datetime(2025, 3, 11, tzinfo=UTC))[found.pk]
    assert status.rate.exceeds_at == datetime(2025, 3, 21, tzinfo=UTC)


def test_trees_of_the_company_come_first_and_siblings_by_spend() -> None:
    across = budget("Across", 100, scope={"projects": ["x"]}, at=LONG_AGO)
    top = budget("Company", 100, at=LONG_AGO)
    small = budget("Small", 10, top, scope={"teams": ["s"]}, at=LONG_AGO)
    big = budget("Big", 10, top, scope={"teams": ["b"]}, at=LONG_AGO)
    spend(call(1, team="s"), call(2, team="b"))
    found = outline(person("finance"), now())
    assert [entry.budget for entry in found.company] == [top]
    assert [entry.budget for entry in found.others] == [across]
    assert [entry.budget for entry in found.company[0].children] == [big, small]
    assert found.company[0].below == 2


def test_budgets_outside_their_time_have_no_state() -> None:
    today = now().date()
    later = {"period": "custom", "starts_on": today + timedelta(days=9), "ends_on": today + timedelta(days=10)}
    budget("Later", 5, **later)
    counts = outline(person("finance"), now()).counts()
    assert counts == {Standing.WAITING: 1}
