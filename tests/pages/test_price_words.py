"""Where a price is from, told in the same few words wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from tests.factories import call, now, spend
from tests.pages.reading import text_of
from usage.domain.overrides import create_override, draft_override
from usage.words import price_words

SignIn = Callable[..., Client]


@pytest.mark.parametrize(
    ("basis", "called", "words"),
    [
        ("genai-prices:openai/gpt-4o", "gpt-4o", "List price"),
        ("genai-prices:openai/gpt-4o", "gpt-4o-2024-08-06", "List price, as gpt-4o"),
        ("genai-prices:azure/gpt-4o (openai)", "GPT-4o", "List price of openai"),
        ("genai-prices:azure/gpt-4o (openai) batch at 0.92", "gpt-4o", "List price of openai"),
        ("genai-prices:aws/anthropic.claude-3-sonnet-v1:0", "sonnet", "List price, as anthropic.claude-3-sonnet-v1:0"),
        ("genai-prices:openrouter/openai/gpt-4o", "openai/gpt-4o", "List price"),
        ("rates:openai/gpt-5", "gpt-5", "List price"),
        ("override:12", "gpt-4o", "Contract price"),
        ("alias:7>override:12", "eu", "Contract price, through an alias"),
        ("alias:7>azure/gpt-4o (openai)", "eu", "As gpt-4o, by an alias"),
        ("", "gpt-4o", ""),
    ],
)
def test_a_basis_is_told_in_words(basis: str, called: str, words: str) -> None:
    assert price_words(basis, called) == words


@pytest.mark.django_db
def test_calls_and_models_tell_prices_in_the_same_words(signed_in: SignIn) -> None:
    terms = {"model_pattern": "gpt-4", "effective_from": now() - timedelta(days=3), "percent_off": Decimal(5)}
    create_override(draft_override(**terms), None, now())
    spend(
        call(None, model="gpt-4", input_tokens=9),
        call(None, model="gpt-4o-2024-08-06", provider="azure", input_tokens=9),
        call(None, model="acme", input_tokens=9),
        call(3, model="told"),
    )
    finance = signed_in("finance")
    calls, models = text_of(finance.get("/usage/calls/")), text_of(finance.get("/models/"))
    for words in ("Contract price", "List price of openai, as gpt-4o"):
        assert words in calls
        assert words in models
    assert "As the call reported it" in calls
    assert "override:" not in calls
    assert "genai-prices:" not in calls
