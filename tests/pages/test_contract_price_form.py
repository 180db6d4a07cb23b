"""Agreeing a contract price on the page of models: by kind or in percent, looked at before it is saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from tests.factories import call, now, spend
from tests.pages.reading import text_of
from usage.domain import reprice
from usage.models import PriceOverride, RepriceJob, UsageEvent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
PATH = "/models/?give=contract"


def agreed(**fields: Any) -> dict[str, Any]:
    """The form as it is sent: a house model at $2 in and $8 out since a week, the past priced again."""
    today = now().astimezone(settings.COSTOPS_ZONE).date()
    since = (today - timedelta(days=7)).isoformat()
    sent = {"model_pattern": "acme-llm-2", "agreed": "rates", "rate_input": "2", "rate_output": "$8.00"}
    return {**sent, "effective_from": since, "reprice": "on", **fields}


def house_calls() -> None:
    """Three calls of a model that no list knows, a million tokens in each."""
    spend(*[call(model="acme-llm-2", input_tokens=1_000_000, at=now() - timedelta(hours=2)) for _ in range(3)])


def errors_of(page: HttpResponse) -> str:
    """The page's words, once it is certain that nothing was agreed."""
    assert not PriceOverride.objects.exists()
    return text_of(page)


def test_giving_a_price_offers_a_contract_price_with_the_name_filled_in(signed_in: SignIn) -> None:
    house_calls()
    client = signed_in("finance")
    assert "At a contract price" in text_of(client.get("/models/"))
    page = client.get("/models/", {"give": "contract", "pattern": "acme-llm-2", "provider": "openai"})
    assert page.context["form"]["model_pattern"].value() == "acme-llm-2"
    assert page.context["form"]["provider"].value() == "openai"
    assert "Percent off" in text_of(page)


def test_who_changes_over_to_the_other_form_types_no_name_twice(signed_in: SignIn) -> None:
    client = signed_in("finance")
    alias = {"pattern": "acme-llm-2", "provider": "acme", "priced_model": "nothing-like-it", "preview": "yes"}
    refused = client.post("/models/", alias)
    assert "agree a contract price for it first" in text_of(refused)
    link = re.search(r'href="([^"]*)#give">At a contract price', refused.content.decode())
    assert link
    form = client.get("/models/" + unescape(link[1])).context["form"]
    assert (form["model_pattern"].value(), form["provider"].value()) == ("acme-llm-2", "acme")


def test_a_preview_tells_what_past_usage_would_cost_and_agrees_nothing(signed_in: SignIn) -> None:
    house_calls()
    page = signed_in("finance").post(PATH, agreed(preview="yes"))
    assert "3 past calls change: +$6.00 in all. Without a price: 3 before, 0 after." in text_of(page)
    assert not PriceOverride.objects.exists()


def test_a_price_by_kind_is_agreed_and_past_usage_follows(signed_in: SignIn) -> None:
    house_calls()
    client = signed_in("finance")
    page = client.post(PATH, agreed(rate_cached_input="0.075", note="Own cluster"), follow=True)
    assert page.redirect_chain == [("/models/#main", 302)]
    assert "acme-llm-2 from" in text_of(page)
    assert "$2.00 input · $8.00 output · $0.075 cached input Own cluster" in text_of(page)
    row = PriceOverride.objects.get()
    assert (row.rates, row.created_by is not None) == (
        {"cached_input": "0.075", "input": "2.00", "output": "8.00"}, True,
    )  # fmt: skip
    assert reprice.run_waiting(now()) == 1
    assert sorted(UsageEvent.objects.values_list("cost", flat=True)) == [2, 2, 2]


def test_a_percentage_is_agreed_and_what_else_was_typed_is_left_out(signed_in: SignIn) -> None:
    terms = agreed(model_pattern="gpt-4*", provider="openai", agreed="percent", percent_off="12.5 %")
    page = signed_in("finance").post(PATH, terms, follow=True)
    row = PriceOverride.objects.get()
    assert (row.percent_off, row.rates) == (Decimal("12.5"), None)
    assert "gpt-4* openai 12.5% off" in text_of(page)


def test_the_past_can_be_left_alone(signed_in: SignIn) -> None:
    house_calls()
    client, terms = signed_in("finance"), agreed(reprice="")
    assert "Past calls keep their price." in text_of(client.post(PATH, {**terms, "preview": "yes"}))
    client.post(PATH, terms)
    assert PriceOverride.objects.exists()
    assert not RepriceJob.objects.exists()


def test_the_first_day_begins_at_midnight_of_the_company(signed_in: SignIn) -> None:
    signed_in("finance").post(PATH, agreed(effective_from="2026-03-01", effective_to="2026-04-01"))
    row = PriceOverride.objects.get()
    days = [at.astimezone(settings.COSTOPS_ZONE).isoformat()[:16] for at in (row.effective_from, row.effective_to)]
    assert days == ["2026-03-01T00:00", "2026-04-01T00:00"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"rate_input": "", "rate_output": ""}, "Write at least one price."),
        ({"rate_input": "two"}, "Enter a number."),
        ({"rate_web_search": "501"}, "A rate lies between 0 and 500 USD."),
        ({"agreed": "percent"}, "Write how many percent come off the list price."),
        ({"agreed": "percent", "percent_off": "101"}, "A percentage lies between 0 and 100."),
        ({"model_pattern": ""}, "Name a model; * stands for any text."),
        ({"effective_from": ""}, "Choose the day from which it holds."),
        ({"effective_to": "2020-01-01"}, "It must end later than it begins."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(signed_in: SignIn, fields: dict[str, str], error: str) -> None:
    page = signed_in("finance").post(PATH, agreed(**fields))
    assert error in errors_of(page)
    assert not page.context["form"].non_field_errors()


def test_a_kind_that_is_folded_away_is_shown_when_it_is_wrong(signed_in: SignIn) -> None:
    page = signed_in("finance").post(PATH, agreed(rate_audio_output="much"))
    assert '<details class="kinds" open>' in page.content.decode()


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_others_are_not_asked_and_agree_nothing(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert "Percent off" not in text_of(client.get(PATH))
    assert client.post(PATH, agreed()).status_code == 403
    assert not PriceOverride.objects.exists()
