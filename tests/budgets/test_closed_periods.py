"""Closed periods stay what they were, of a budget and of all above it, unless someone says that all history changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from budgets.domain.check import check
from budgets.domain.errors import BudgetError
from budgets.domain.status import statuses
from budgets.models import Budget
from tests.budgets.changing import LAST_MONTH, NOW, edit, make, spend, spent

pytestmark = pytest.mark.django_db
JANUARY = datetime(2025, 1, 1, tzinfo=UTC)
LATE = datetime(2025, 2, 27, tzinfo=UTC)


def of_february(*budgets: Budget) -> list[Decimal]:
    """What each spent in February."""
    return [spent(found, at=LATE) for found in budgets]


def test_a_change_of_scope_or_place_leaves_the_closed_periods_of_those_above():
    top = make("Top", scope={"departments": ["e"]}, period="daily", now=JANUARY)
    yearly = make("Yearly", parent=top, scope={"projects": ["x"]}, period="yearly", now=JANUARY)
    team = make("Team", parent=yearly, scope={"teams": ["a"]}, now=JANUARY)
    spend(10, datetime(2025, 3, 18, 9, tzinfo=UTC), team="a")
    spend(3, datetime(2025, 3, 18, 9, tzinfo=UTC), team="b")
    yesterday = datetime(2025, 3, 18, 23, tzinfo=UTC)
    assert spent(top, at=yesterday) == 10
    edit(team, scope={"teams": ["b"]})
    make("New", parent=yearly, scope={"teams": ["b"]})
    edit(team, parent=None)
    assert spent(top, at=yesterday) == 10
    assert check() == []


@pytest.mark.parametrize("dates", [{"starts_on": None}, {"starts_on": date(2025, 1, 15)}])
def test_a_first_day_moved_back_leaves_the_closed_periods_of_those_above(dates):
    parent = make("Parent", scope={"teams": ["p"]}, now=JANUARY)
    child = make("Child", parent=parent, scope={"teams": ["c"]}, starts_on=date(2025, 3, 10), now=JANUARY)
    spend(10, LAST_MONTH, team="c")
    spend(1, LAST_MONTH, team="p")
    spend(5, datetime(2025, 3, 5, tzinfo=UTC), team="c")
    edit(child, **dates)
    assert of_february(parent, child) == [1, 10]
    assert [spent(parent), spent(child)] == [5, 5]
    edit(child, all_history=True, starts_on=date(2025, 1, 10))
    assert check() == []


def test_a_last_day_moved_on_leaves_the_closed_periods_of_those_above():
    parent = make("Parent", scope={"teams": ["p"]}, now=JANUARY)
    child = make("Child", parent=parent, scope={"teams": ["c"]}, ends_on=date(2025, 2, 5), now=JANUARY)
    spend(4, datetime(2025, 2, 3, tzinfo=UTC), team="c")
    spend(10, LAST_MONTH, team="c")
    spend(2, team="c")
    edit(child, ends_on=None)
    assert of_february(parent, child) == [4, 14]
    assert [spent(parent), spent(child)] == [2, 2]
    assert check() == []


def test_what_holds_already_can_be_said_for_all_history():
    budget = make("Team", scope={"teams": ["a"]}, now=JANUARY)
    spend(10, LAST_MONTH, team="b")
    budget = edit(budget, scope={"teams": ["b"]})
    assert of_february(budget) == [0]
    budget = edit(budget, all_history=True, scope={"teams": ["b"]})
    assert of_february(budget) == [10]
    change = budget.changes.first()
    assert change is not None
    assert (change.what, change.effective_from, change.reason) == ("scope", None, "because")
    assert check() == []


def test_nothing_more_is_expected_of_what_is_over():
    spend(90)
    ended = make("Ended", 100, scope={}, starts_on=date(2025, 3, 1), ends_on=date(2025, 3, 25))
    status = statuses([ended], datetime(2025, 4, 2, tzinfo=UTC))[ended.pk]
    assert (status.rate.forecast, status.rate.days_until_exceeded) == (90, None)


def amounts(budget: Budget) -> list[Decimal]:
    return list(budget.periods.order_by("starts").values_list("amount", flat=True))


@pytest.mark.parametrize("fields", [{"period": "quarterly"}, {"starts_on": date(2025, 3, 1)}])
def test_a_closed_period_keeps_its_planned_amount_under_another_schedule(fields):
    plan = {"2025-02-01": "500"}
    budget = make("Team", 100, scope={}, amounts=plan, rollover=True, starts_on=date(2025, 2, 1), now=LAST_MONTH)
    budget = edit(budget, **fields, amounts={})
    budget = edit(budget, rollover=False, amounts={})
    assert amounts(budget)[0] == 500
    assert [*budget.amounts] == [*plan]
    with pytest.raises(BudgetError, match="2025-02-01 is over and keeps its amount"):
        edit(budget, amounts={"2025-02-01": "1"})


def test_a_closed_period_whose_plan_is_dropped_has_the_amount_that_was_agreed_then():
    budget = make("Team", 100, scope={}, amounts={"2025-02-01": "500"}, now=JANUARY)
    spend(1, LAST_MONTH)
    edit(budget, amount=Decimal(200), amounts={}, all_history=True)
    assert amounts(budget) == [100]


def test_a_first_day_moved_back_makes_the_closed_period_whole_and_gives_its_amount_once():
    budget = make("Team", 100, scope={}, rollover=True, starts_on=date(2025, 2, 10), now=LAST_MONTH)
    spend(30, LAST_MONTH)
    spend(5, datetime(2025, 2, 3, tzinfo=UTC))
    assert statuses([budget], NOW)[budget.pk].limit == 170
    budget = edit(budget, starts_on=date(2025, 2, 1))
    assert statuses([budget], NOW)[budget.pk].limit == 165
    assert of_february(budget) == [35]
    assert check() == []


@pytest.mark.parametrize("period", ["monthly", "custom"])
def test_a_last_day_moved_on_lets_the_period_go_on_with_its_one_amount(period):
    dates = {"starts_on": date(2025, 3, 1), "ends_on": date(2025, 3, 12)}
    budget = make("Team", 100, scope={}, period=period, now=datetime(2025, 3, 2, tzinfo=UTC), **dates)
    spend(80, datetime(2025, 3, 9, tzinfo=UTC))
    budget = edit(budget, amount=Decimal(110), ends_on=date(2025, 4, 30))
    spend(15)
    status = statuses([budget], NOW)[budget.pk]
    assert (status.spent, status.limit) == (95, 110)
    assert check() == []


@pytest.mark.parametrize("rollover", [False, True])
def test_dates_for_all_history_leave_no_period_outside_of_them(rollover):
    budget = make("Team", 100, scope={}, rollover=rollover, starts_on=date(2024, 10, 10), now=LAST_MONTH)
    spend(10, LAST_MONTH)
    budget = edit(budget, starts_on=date(2025, 2, 20), all_history=True)
    spend(0)
    first, *_ = budget.periods.order_by("starts")
    assert first.starts >= datetime(2025, 2, 20, tzinfo=UTC)
    assert statuses([budget], NOW)[budget.pk].limit == (200 if rollover else 100)
    assert check() == []


def test_dates_for_all_history_end_the_last_period_too():
    budget = make("Team", 100, scope={}, rollover=True, starts_on=date(2024, 12, 1), now=JANUARY)
    budget = edit(budget, ends_on=date(2025, 1, 15), all_history=True)
    assert [period.ends for period in budget.periods.order_by("starts")] == [
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 1, 16, tzinfo=UTC),
    ]
    assert check() == []


def test_months_without_usage_stay_months_when_quarters_come():
    budget = make("Team", 100, scope={}, now=datetime(2024, 11, 5, tzinfo=UTC))
    spend(10, datetime(2024, 12, 3, tzinfo=UTC))
    edit(budget, period="quarterly", amount=Decimal(300))
    spend(1, LAST_MONTH)
    spend(2)
    found = budget.periods.order_by("starts").values_list("starts__month", "amount", "spent")
    assert list(found) == [(11, 100, 0), (12, 100, 10), (1, 100, 0), (2, 100, 1), (3, 300, 2)]
    assert check() == []
