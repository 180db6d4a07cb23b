"""Contract prices on the page of models, what ended, what prices are from, and calls whose name has a price by now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.factories import call, now, spend
from tests.pages.reading import text_of
from usage.domain import reprice
from usage.domain.aliases import create_alias, draft_alias
from usage.domain.overrides import create_override, draft_override
from usage.models import PriceOverride, RepriceJob, UsageEvent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def fifteen_off() -> Any:
    """A contract price that began three days ago."""
    terms = {"model_pattern": "gpt-4*", "effective_from": now() - timedelta(days=3), "percent_off": Decimal(15)}
    return create_override(draft_override(**terms, note="Enterprise agreement"), None, now()).row


def test_contract_prices_stand_with_their_terms_and_are_ended_after_a_look_at_what_follows(signed_in: SignIn) -> None:
    agreed, client = fifteen_off(), signed_in("finance")
    assert "gpt-4* any provider 15% off Enterprise agreement" in text_of(client.get("/models/"))
    asked = text_of(client.get(f"/models/contract-prices/{agreed.pk}/end/"))
    assert "From now on gpt-4* costs the list price again" in asked
    assert PriceOverride.objects.get().effective_to is None
    assert "is ended" in text_of(client.post(f"/models/contract-prices/{agreed.pk}/end/", follow=True))
    assert "15% off" not in text_of(client.get("/models/"))
    assert "15% off" in text_of(client.get("/models/", {"ended": "yes"}))


def test_prices_are_shown_to_the_last_digit(signed_in: SignIn) -> None:
    spend(call(model="gemini-2.0-flash-lite", provider="google", input_tokens=10))
    assert "$0.075 in $0.30 out" in text_of(signed_in().get("/models/"))


def test_calls_whose_name_has_a_price_by_now_are_looked_at_again(signed_in: SignIn) -> None:
    begins = now() - timedelta(days=9)
    spend(call(model="house", input_tokens=1_000_000))
    create_alias(draft_alias(pattern="house", priced_model="gpt-4", now=begins), None, begins, reprice=False)
    client = signed_in("finance")
    assert "Look again" in text_of(client.get("/models/"))
    client.post("/models/price-again/", {"model": "house", "provider": "openai"})
    assert reprice.run_waiting(now()) == 1
    assert UsageEvent.objects.get().cost == 30
    assert RepriceJob.objects.get().created_by is not None
    assert "Every call has a price" in text_of(client.get("/models/"))


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_others_neither_read_nor_end_contract_prices(signed_in: SignIn, role: str) -> None:
    agreed, client = fifteen_off(), signed_in(role)
    assert "15% off" in text_of(signed_in("finance").get("/models/"))
    assert "15% off" not in text_of(client.get("/models/"))
    for path in (f"/models/contract-prices/{agreed.pk}/end/", "/models/price-again/"):
        assert client.post(path).status_code == 403
    assert PriceOverride.objects.get().effective_to is None
    assert not RepriceJob.objects.filter(created_by__isnull=False).exists()


def test_many_models_take_as_many_queries_as_few(signed_in: SignIn, django_assert_max_num_queries: Any) -> None:
    client = signed_in("finance")
    for models in (3, 60):
        spend(*[call(1, model=f"model-{n}") for n in range(models)], *[call(model=f"own-{n}") for n in range(models)])
        with django_assert_max_num_queries(14):
            assert f"own-{min(models, 50) - 1}" in text_of(client.get("/models/"))


def test_a_list_price_is_called_so_and_the_sum_of_all_names_stands_below(signed_in: SignIn) -> None:
    spend(call(3, model="gpt-4"), call(4, model="gpt-4o"), call(1500, model="gpt-4o", provider="azure"))
    text = text_of(signed_in().get("/models/"))
    assert "gpt-4 openai 1 $3 $30.00 in $60.00 out List price" in text
    assert "List price of openai" in text
    assert "All 3 names 3 $1,507" in text
    assert "The price of gpt-4" not in text


def test_a_price_by_alias_or_contract_says_so(signed_in: SignIn) -> None:
    begins = now() - timedelta(days=9)
    create_alias(draft_alias(pattern="house", priced_model="gpt-5", now=begins), None, begins, reprice=False)
    fifteen_off()
    spend(call(model="house", input_tokens=5), call(3, model="gpt-4"))
    page = signed_in().get("/models/")
    text = text_of(page)
    assert "As gpt-5, by an alias" in text
    assert "$51.00 out Contract price since" in text
    assert "From Until before By What to do house any provider gpt-5 at the call’s provider the first call" in text


def test_what_was_just_done_is_told_once_and_its_calls_are_said_to_be_under_way(signed_in: SignIn) -> None:
    spend(*[call(model="acme-llm-2", input_tokens=5) for _ in range(3)])
    client = signed_in("finance")
    made = client.post("/models/", {"pattern": "acme-llm-2", "priced_model": "gpt-4o"}, follow=True)
    assert text_of(made).count("acme-llm-2 is priced as gpt-4o. 3 past calls are being looked through.") == 1
    assert "Past usage is priced anew" not in text_of(made)
    assert "its calls are being priced" in text_of(made)
    assert "Look again" not in text_of(made)
    assert "Alias" in text_of(client.get("/models/")).split("Past usage is priced anew: waiting")[0]
