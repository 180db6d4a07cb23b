"""Rollover while calls arrive from several sides at once: what is carried is what was left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from budgets.domain.check import check
from budgets.domain.opening import open_due
from budgets.models import Budget, BudgetPeriod
from tests.at_once import at_once
from tests.budgets.changing import LAST_MONTH, NOW, edit, make, spend


def _carried(budget: Budget) -> list[Decimal]:
    return list(budget.periods.order_by("starts").values_list("carried", flat=True))


def test_a_late_call_in_the_moment_in_which_the_next_period_opens_is_not_carried(committed):
    budget = make("Backend", 100, scope={}, rollover=True, starts_on=date(2025, 2, 1), now=LAST_MONTH)
    at_once(lambda: spend(20, LAST_MONTH), held=lambda: open_due(NOW))
    assert _carried(budget) == [0, 80]
    assert check() == []


def test_a_period_that_opens_while_an_earlier_one_is_charged_keeps_what_that_leaves(committed):
    budget = edit(make("Backend", 100, scope={}, now=LAST_MONTH), LAST_MONTH, rollover=True, all_history=True)
    at_once(lambda: open_due(NOW), held=lambda: spend(10, datetime(2025, 1, 10, tzinfo=UTC)))
    assert _carried(budget) == [0, 90, 190]
    assert check() == []


def test_a_call_that_opens_a_period_of_one_budget_and_is_late_for_another_waits_in_turn(committed, caplog):
    late = make("Late", 100, scope={"teams": ["late"]}, rollover=True, starts_on=date(2025, 1, 1))
    make("New", 100, scope={"projects": ["new"]}, rollover=True, period="daily")
    spend(1, LAST_MONTH, team="late")
    first = late.periods.order_by("starts")[0]
    at_once(
        lambda: spend(2, datetime(2025, 1, 10, tzinfo=UTC), team="late"),
        lambda: spend(3, LAST_MONTH, team="late", project="new"),
        held=lambda: BudgetPeriod.objects.select_for_update().get(pk=first.pk),
    )
    assert _carried(late) == [0, 98, 194]
    assert "aborted" not in caplog.text
    assert check() == []
