"""What one call can cost: more than the ledger holds is not believed, and stops no post, no import and no repricing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from costops import env
from tests.factories import api
from tests.usage.repricing import agree, call, costs, post, work
from usage.models import RepriceJob, UsageEvent

DEAREST = {"provider": "openai", "model": "o1-pro", "input_tokens": 10**9, "output_tokens": 10**9}


@pytest.fixture
def dong(settings) -> None:
    """A company that counts in a currency of small units."""
    settings.COSTOPS_CURRENCY, settings.COSTOPS_USD_RATE = "VND", Decimal(25_000)


@pytest.mark.django_db
def test_a_call_that_would_cost_more_than_the_ledger_holds_is_kept_unpriced_beside_its_neighbours(dong):
    sender = api("engineer")
    fair = {"provider": "openai", "model": "gpt-4", "input_tokens": 1_000_000}
    answer = sender.post("usage/", {"events": [fair, DEAREST]})
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 2, "duplicates": 0, "unpriced": 1, "rejected": []}
    kept = UsageEvent.objects.order_by("cost").values_list("cost_source", "cost", "price_basis")
    assert list(kept) == [
        ("unpriced", 0, "genai-prices:openai/o1-pro at 25000"),
        ("priced", 30 * 25_000, "genai-prices:openai/gpt-4 at 25000"),
    ]


@pytest.mark.django_db
def test_who_asks_for_the_price_of_such_a_call_is_told_why_it_has_none(dong):
    quote = api().post("prices/", DEAREST).json()
    assert quote["cost"] is None
    assert quote["price_basis"] == "genai-prices:openai/o1-pro at 25000"
    assert quote["why"].startswith("By this price the call would cost more than 1,000,000,000")


@pytest.mark.django_db
def test_a_repricing_leaves_such_a_call_unpriced_and_goes_on(dong):
    post(call(1, model="house", input_tokens=10**9), call(model="house", input_tokens=10))
    agree(2, model_pattern="house", rates={"input": Decimal(10_000)})
    work()
    assert RepriceJob.objects.get().state == "done"
    assert costs() == [0, 2_500]


@pytest.mark.parametrize("most", ["1000000001", "1e30", "0"])
def test_the_most_that_a_reported_cost_may_be_is_bounded_by_what_the_ledger_holds(monkeypatch, most):
    monkeypatch.setenv("COSTOPS_MAX_EVENT_COST", most)
    with pytest.raises(ValidationError) as refused:
        env.Environment()
    assert env.sentence(refused.value).startswith(f"COSTOPS_MAX_EVENT_COST is '{most}': it should be ")


@pytest.mark.django_db
def test_the_largest_cost_that_may_be_reported_is_kept(settings):
    settings.COSTOPS_MAX_EVENT_COST = Decimal(10**9)
    answer = api("engineer").post("usage/", {"events": [{"cost": "999999999.99999999996"}]})
    assert answer.json()["accepted"] == 1
    assert costs() == [10**9]
