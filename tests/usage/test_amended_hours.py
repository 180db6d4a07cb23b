"""Usage priced anew keeps its tokens by the hour, and loses its price where nobody but an ended contract knew one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from budgets.domain.check import check
from tests.usage.repricing import NOW, agree, call, costs, post, work
from usage.domain import agreements
from usage.domain.directory import set_department
from usage.models import HourlyUsage, UsageEvent

pytestmark = pytest.mark.django_db
TOKENS = {"input_tokens": 1_000, "cached_input_tokens": 400, "output_tokens": 70}
RATES = {"input": Decimal(1), "cached_input": Decimal(1), "output": Decimal(2)}


def counted() -> list[dict[str, int]]:
    """Requests and tokens of each hour."""
    return list(HourlyUsage.objects.order_by("hour").values("hour", "requests", *TOKENS))


def test_a_repricing_leaves_requests_and_tokens_of_every_hour_as_they_were():
    post(call(3, **TOKENS), call(2, **TOKENS), call(2, **TOKENS), call(1, **TOKENS, model="house"))
    before, cost = counted(), HourlyUsage.objects.aggregate(Sum("cost"))
    agree(10, rates=RATES)
    agree(10, model_pattern="house", rates=RATES)
    work()
    assert HourlyUsage.objects.aggregate(Sum("cost")) != cost
    assert counted() == before
    events = UsageEvent.objects.aggregate(**{kind: Sum(kind) for kind in TOKENS})
    assert HourlyUsage.objects.aggregate(**{kind: Sum(kind) for kind in TOKENS}) == events
    assert events == {kind: 4 * count for kind, count in TOKENS.items()}


def test_where_a_contract_ends_that_alone_knew_a_price_usage_since_then_has_none():
    made = agree(10, model_pattern="house", rates={"input": Decimal(4)})
    post(call(3, model="house"), call(1, model="house"))
    assert costs() == [4, 4]
    agreements.end(made.row, NOW - timedelta(days=2), None, NOW, reprice=True)
    work()
    found = UsageEvent.objects.order_by("occurred_at").values_list("cost", "cost_source", "price_basis")
    assert [(cost, source) for cost, source, _ in found] == [(4, "priced"), (0, "unpriced")]
    assert found[1][2] == ""
    assert HourlyUsage.objects.aggregate(Sum("unpriced"), Sum("cost")) == {"unpriced__sum": 1, "cost__sum": 4}
    assert check() == []


def test_a_call_at_the_very_instant_from_which_a_team_has_a_department_belongs_to_it():
    begins = NOW - timedelta(days=1)
    set_department("core", "engineering", begins, None, NOW)
    moments = (begins - timedelta(microseconds=1), begins, begins + timedelta(microseconds=1))
    post(*[call(occurred_at=moment, team="core") for moment in moments])
    found = UsageEvent.objects.order_by("occurred_at").values_list("attribution__department", flat=True)
    assert list(found) == [None, "engineering", "engineering"]
