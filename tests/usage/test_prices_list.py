"""prices/: what is in use, what each name costs and why, and what nobody has a price for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import factories
from tests.factories import api, call, now, spend

pytestmark = pytest.mark.django_db
MILLION = 1_000_000


def test_what_has_no_price_comes_first_then_the_dearest():
    finance = api("finance")
    since = now() - timedelta(days=200)
    spend(
        call(model="gpt-4o", input_tokens=MILLION),
        call(input_tokens=MILLION),
        call(at=since, input_tokens=1, model="o3"),
    )
    spend(
        call(model="house", provider="vllm", input_tokens=1),
        call(at=since, model="house", provider="vllm", input_tokens=1),
    )
    rows = finance.get("prices/").json()["results"]
    assert [(row["provider"], row["model"]) for row in rows] == [
        ("vllm", "house"),
        ("openai", "gpt-4"),
        ("openai", "gpt-4o"),
    ]
    house, gpt_4, _ = rows
    assert (house["price"], house["unpriced_requests"], house["requests"]) == (None, 2, 1)
    assert house["unpriced_since"] == since.strftime("%Y-%m-%dT%H:00:00Z")
    assert "Nobody knows a price" in house["why"]
    assert (gpt_4["cost"], gpt_4["unpriced_requests"]) == ("30.00", 0)
    assert gpt_4["price"]["rates"]["output"] == {"price": "60.00", "per": MILLION, "steps": []}


def test_pages_neither_skip_nor_repeat_a_model():
    finance = api("finance")
    spend(
        *[call(n % 4, model=f"m{n:02}") for n in range(11)], *[call(model=f"new{n}", input_tokens=1) for n in range(3)]
    )
    whole = finance.get("prices/").json()["results"]
    assert len(whole) == 14
    seen, url = [], "prices/?page_size=3"
    while url:
        page = finance.get(url).json()
        seen += page["results"]
        back, url = page["previous"], page["next"]
    assert seen == whole
    assert finance.get(back).json()["results"] == whole[9:12]
    assert finance.get("prices/?cursor=abc").status_code == 400


def test_a_price_tells_the_day_and_why():
    finance = api("finance")
    spelled = {"openai": "gpt-4o", "azure": "gpt-4o", "openrouter": "openai/gpt-4o"}
    for provider, model in spelled.items():
        (row,) = finance.get("prices/", provider=provider, model=model, at="2025-01-01").json()["results"]
        assert (row["price"]["provider"], row["price"]["rates"]["input"]["price"]) == (provider, "2.50")
        assert row["why"].startswith("The price of ")
    (row,) = finance.get("prices/", model="gtp-4o").json()["results"]
    assert (row["price"], row["why"]) == (
        None,
        "Nobody knows a price for this name. The nearest that has one is gpt-4o.",
    )


@pytest.mark.parametrize(
    ("name", "near"),
    [("gpt-4o-ours", "gpt-4o"), ("gpt-4.1-mini-eu-2", "gpt-4.1-mini"), ("claude-sonet-4-5", "claude-sonnet-4-5")],
)
def test_a_name_that_nobody_knows_is_told_with_the_nearest_that_has_a_price(name, near):
    (row,) = api("viewer").get("prices/", model=name).json()["results"]
    assert row["price"] is None
    assert row["why"].endswith(f"The nearest that has one is {near}.")


def test_the_same_call_costs_what_each_provider_charges_by_post_and_by_quote():
    finance = api("finance")
    used = {"input_tokens": 200_000, "cached_input_tokens": 50_000, "output_tokens": 9_000, "reasoning_tokens": 3_000}
    published = {
        ("openai", "gpt-4.1"): Decimal("0.3970"),
        ("azure", "gpt-4.1"): Decimal("0.3970"),
        ("openrouter", "openai/gpt-4.1"): Decimal("0.3970"),
        ("anthropic", "claude-sonnet-4-5"): Decimal("0.6000"),
        ("aws", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"): Decimal("0.6600"),
    }
    for (provider, model), cost in published.items():
        event = {"provider": provider, "model": model, **used}
        finance.post("usage/", {"events": [event]})
        quote = finance.post("prices/", event).json()
        assert Decimal(quote["cost"]) == cost, model
        assert quote["price_basis"] == quote["price"]["basis"]
        found = finance.get("usage/summary/", provider=provider).json()["results"][0]
        assert Decimal(found["cost"]) == cost, model


def test_a_quote_of_what_has_no_rate_is_none_and_says_so():
    finance = api("finance")
    assert finance.post("prices/", {"model": "gpt-4", "input_tokens": 5, "web_searches": 2}).json() | {"price": 0} == {
        "cost": None,
        "price_basis": "",
        "price": 0,
        "why": "The model has a price, but not for everything that this call used.",
    }
    bad = finance.post("prices/", {"model": "gpt-4", "input_tokens": 5, "cached_input_tokens": 6})
    assert list(bad.json()["error"]["fields"]) == ["input_tokens"]
    assert list(finance.post("prices/", {"model": "gpt-4", "tokens": 6}).json()["error"]["fields"]) == ["tokens"]


def test_who_sees_no_usage_sees_prices_and_no_figures():
    spend(call(input_tokens=MILLION, team="search"), call(model="gpt-4o", input_tokens=MILLION, team="other"))
    engineer = api("engineer")
    assert engineer.get("prices/").json()["results"] == []
    (row,) = engineer.get("prices/", provider="openai", model="gpt-4").json()["results"]
    assert (row["requests"], row["cost"], row["price"]["rates"]["input"]["price"]) == (0, "0.00", "30.00")
    factories.share(factories.budget("Search", scope={"teams": ["search"]}), engineer.user)
    assert [row["model"] for row in engineer.get("prices/").json()["results"]] == ["gpt-4"]


def test_a_list_of_many_models_takes_as_many_queries_as_one_of_few(django_assert_max_num_queries):
    finance = api("finance")
    for models in (3, 60):
        spend(*[call(1, model=f"model-{n}") for n in range(models)])
        with django_assert_max_num_queries(9):
            assert len(finance.get("prices/").json()["results"]) == models
