"""Rollover: what a period leaves is there in the next, from when that was agreed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from budgets.domain.check import check
from budgets.domain.opening import open_due
from budgets.domain.repair import repair
from budgets.domain.status import statuses
from budgets.models import Budget, ThresholdCrossing
from tests.budgets.changing import LAST_MONTH, NOW, edit, make, spend

pytestmark = pytest.mark.django_db


def test_rollover_carries_what_is_left_and_follows_late_events():
    budget = make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 1, 1))
    spend(30, datetime(2025, 1, 20, tzinfo=UTC))
    spend(250, datetime(2025, 2, 20, tzinfo=UTC))
    spend(1)
    assert _carried(budget) == [0, 70, 0]

    spend(20, datetime(2025, 1, 25, tzinfo=UTC))

    assert _carried(budget) == [0, 50, 0], "overspending is not carried"
    spend(1, datetime(2025, 5, 2, tzinfo=UTC))
    assert _carried(budget) == [0, 50, 0, 99, 199]
    assert check() == []


def test_rollover_of_a_new_budget_carries_nothing_from_before_it_was_agreed():
    spend(1, LAST_MONTH)
    budget = make("Backend", 100, scope={}, rollover=True)
    spend(1)
    assert _carried(budget) == [0, 0]


@pytest.mark.parametrize(("all_history", "carried"), [(False, [0, 0, 100]), (True, [0, 90, 190])])
def test_rollover_that_is_agreed_later_leaves_closed_periods_alone_unless_for_all_history(all_history, carried):
    budget = make("Backend", 100, scope={})
    april, may = datetime(2025, 4, 9, tzinfo=UTC), datetime(2025, 5, 2, tzinfo=UTC)
    spend(10)
    spend(0, april)
    budget = edit(budget, april, rollover=True, all_history=all_history)
    assert statuses([budget], may)[budget.pk].carried == carried[-1]
    spend(0, may)
    assert _carried(budget) == carried
    assert check() == []


def test_rollover_that_is_ended_takes_what_was_carried_out_of_the_open_period():
    budget = make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 2, 1))
    spend(30, LAST_MONTH)
    assert statuses([budget], NOW)[budget.pk].limit == 170
    budget = edit(budget, rollover=False)
    assert statuses([budget], NOW)[budget.pk].limit == 100


def test_a_late_event_that_shrinks_the_open_limit_crosses_its_threshold():
    thresholds = [{"threshold": "0.8", "channels": ["email"]}]
    make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 2, 1), thresholds=thresholds)
    spend(0, LAST_MONTH)
    spend(150)
    assert not ThresholdCrossing.objects.filter(period__starts__lte=NOW, period__ends__gt=NOW).exists()
    spend(20, LAST_MONTH)
    crossing = ThresholdCrossing.objects.get(period__starts__lte=NOW, period__ends__gt=NOW)
    assert (crossing.spent, crossing.limit) == (150, 180)


def test_status_of_a_period_without_spend_carries_too():
    budget = make("Backend", 100, scope={}, rollover=True)
    spend(30)
    june = datetime(2025, 6, 3, tzinfo=UTC)
    assert statuses([budget], june)[budget.pk].limit == 100 + 70 + 100 + 100
    assert open_due(june) == 1
    assert statuses([budget], june)[budget.pk].limit == 370


def test_rollover_of_large_amounts_over_many_periods_fits():
    budget = make("Large", 999_999_999, scope={}, rollover=True, starts_on=date(2020, 1, 1))
    spend(1, datetime(2020, 1, 2, tzinfo=UTC))
    spend(1)
    assert statuses([budget], NOW)[budget.pk].limit == 63 * Decimal(999_999_999) - 1


def _carried(budget: Budget) -> list[Decimal]:
    return list(budget.periods.order_by("starts").values_list("carried", flat=True))


def test_periods_without_usage_leave_their_amount_from_the_first_day_on():
    budget = make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 1, 1))
    assert statuses([budget], NOW)[budget.pk].carried == 200
    assert _carried(budget) == [0, 100, 200]
    assert open_due(NOW) == 0
    spend(10, LAST_MONTH)
    assert _carried(budget) == [0, 100, 190]
    assert statuses([budget], NOW)[budget.pk].carried == 190
    assert check() == []


def test_periods_without_usage_from_before_rollover_was_agreed_leave_nothing():
    spend(10, datetime(2024, 10, 3, tzinfo=UTC))
    budget = make("Backend", 100, scope={}, rollover=True)
    assert statuses([budget], NOW)[budget.pk].carried == 0
    switched = edit(make("Other", 100, scope={}), rollover=True)
    assert statuses([switched], NOW)[switched.pk].carried == 0
    may = datetime(2025, 5, 3, tzinfo=UTC)
    assert statuses([budget, switched], may)[budget.pk].carried == 200
    spend(150)
    assert statuses([budget], NOW)[budget.pk].carried == 0
    assert statuses([switched], may)[switched.pk].carried == 100


@pytest.mark.parametrize("switched_before", [False, True])
def test_rollover_for_all_history_counts_the_periods_without_usage_at_once(switched_before):
    budget = make("Backend", 100, scope={})
    for month, day in ((10, 2024), (12, 2024), (3, 2025)):
        spend(1, datetime(day, month, 4, tzinfo=UTC))
    if switched_before:
        budget = edit(budget, rollover=True)
    budget = edit(budget, rollover=True, all_history=True)
    assert _carried(budget) == [0, 99, 199, 298, 398, 498]
    assert statuses([budget], NOW)[budget.pk].limit == 598
    spend(1)
    assert statuses([budget], NOW)[budget.pk].limit == 598
    assert check() == []


def test_a_period_that_rollover_lacks_is_found_and_repaired():
    budget = make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 1, 1))
    spend(1)
    budget.periods.filter(starts__month=2).delete()
    assert any("one to carry over" in str(found) for found in check())
    repair(NOW)
    assert check() == []
    assert _carried(budget) == [0, 100, 200]
