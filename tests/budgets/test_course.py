"""The course of a period, what no child covers, and how budgets are laid out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.course import Unit, course_of, reached, runs_out
from budgets.domain.direct import families_of, spent_directly
from budgets.domain.history import Actor
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


def direct_of(parent: Budget) -> Decimal | None:
    """What was spent of a budget that no child covers."""
    found = statuses([parent, *Budget.objects.live().filter(parent=parent)], now())
    return spent_directly(families_of(found)).get(parent.pk)


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
    spend(call(50, at=datetime(2025, 3, 1, 1, tzinfo=UTC)))
    status = statuses([found], now(), datetime(2025, 3, 11, tzinfo=UTC))[found.pk]
    assert runs_out(status) == datetime(2025, 3, 21, tzinfo=UTC)


class TestWhatNoChildCovers:
    """spent_directly"""

    def test_is_the_rest(self) -> None:
        top = budget("Top", 100, scope={"departments": ["e"]}, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        spend(call(30, department="e", team="a"), call("12.5", department="e"))
        assert direct_of(top) == Decimal("12.5")

    def test_leaves_out_what_an_archived_child_spent(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        old = budget("Old", 10, top, scope={"teams": ["b"]}, at=LONG_AGO)
        spend(call(30, team="a"), call(5, team="b"), call(2))
        archive_budget(old, Actor(None), now())
        assert direct_of(top) == 2

    def test_leaves_out_what_an_archived_child_of_other_dates_spent_in_the_period(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        old = budget("Old", 10, top, scope={"teams": ["b"]}, period="yearly", at=LONG_AGO)
        before = now().replace(day=1) - timedelta(days=3)
        spend(call(30, team="a"), call(5, team="b"), call(7, team="b", at=before), call(2))
        archive_budget(old, Actor(None), now())
        assert direct_of(top) == 2

    def test_is_not_said_where_children_share_calls(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        budget("Project", 10, top, scope={"projects": ["x"]}, at=LONG_AGO)
        spend(call(30, team="a", project="x"), call(100))
        assert direct_of(top) is None

    def test_is_not_said_where_a_child_counts_other_periods(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, period="quarterly", at=LONG_AGO)
        spend(call(30, team="a"), call(100))
        assert direct_of(top) is None

    def test_holds_after_a_child_moved_in(self) -> None:
        top, other = budget("Top", 100, at=LONG_AGO), budget("Other", 100, scope={"teams": ["z"]}, at=LONG_AGO)
        team = budget("Team", 10, other, scope={"teams": ["a"]}, at=LONG_AGO)
        spend(call(30, team="a"), call(1))
        edit_budget(team, Actor(None), {"parent": top}, now())
        assert direct_of(top) == 1


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
