"""Facts and the conditions of the seed that speak of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.domain import facts
from budgets.domain.changes import create_budget
from budgets.domain.conditions import ConditionError
from budgets.domain.history import Actor
from budgets.models import Budget
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 19, 16, 12, tzinfo=UTC)


@pytest.fixture
def budget() -> Budget:
    return create_budget(Actor(None), {"name": "Search", "amount": 1000, "scope": {}}, NOW - timedelta(days=90))


def spend(cost: object, hours_ago: float) -> None:
    ingest([Post([Call(cost=Decimal(str(cost)), occurred_at=NOW - timedelta(hours=hours_ago))])], NOW)


def known(budget: Budget, **call: object) -> facts.Facts:
    return facts.facts_of([budget], NOW, call or None)[budget.pk]


def test_spend_percentage_and_what_remains(budget):
    spend(930, 1)
    found = known(budget)
    assert (found["budget_percentage"], found["budget_spent"], found["budget_remaining"]) == (Decimal("0.93"), 930, 70)
    assert facts.condition("budget_percentage >= 0.9").evaluate(found)


def test_mean_and_deviation_count_hours_without_spend(budget):
    for hours, cost in ((4.2, 4), (2.2, 8), (1.2, 100)):
        spend(cost, hours)
    found = known(budget)
    assert (found["cost"], found["mean"]) == (100, 4)
    assert found["stddev"] == (Decimal(80) / 3 - 16).sqrt()
    assert facts.condition("cost > mean + 2*stddev").evaluate(found)


def test_without_history_an_anomaly_is_never_seen(budget):
    found = known(budget)
    assert (found["mean"], found["stddev"]) == (None, None)
    assert not facts.condition("cost > mean + 2*stddev").evaluate(found)


def test_the_spending_rate_is_that_of_the_last_day(budget):
    spend(10, 2)
    spend(500, 30)
    found = known(budget)
    assert found["spending_rate"] == 10
    assert not facts.condition("spending_rate > projected_rate * 1.2").evaluate(found)


def test_a_call_brings_its_labels_and_the_clock_is_the_companys(budget, settings):
    from zoneinfo import ZoneInfo

    settings.COSTOPS_ZONE = ZoneInfo("Asia/Tokyo")
    found = known(budget, environment="development")
    assert facts.condition('environment == "development" and hour == 1 and weekday == 4').evaluate(found)


def test_an_unknown_name_is_refused_with_its_position_and_the_nearest_name():
    with pytest.raises(ConditionError, match="budget_percentage") as refused:
        facts.condition("budget_percent >= 0.9")
    assert refused.value.position == 1


def test_every_fact_is_documented_and_known(budget):
    assert set(known(budget)) == set(facts.meanings())


def test_facts_of_many_budgets_take_as_many_queries_as_those_of_one(budget, django_assert_num_queries):
    others = [create_budget(Actor(None), {"name": f"B{n}", "amount": 5}, NOW) for n in range(20)]
    with django_assert_num_queries(8) as one:
        facts.facts_of([budget], NOW)
    with django_assert_num_queries(len(one)):
        facts.facts_of([budget, *others], NOW)
