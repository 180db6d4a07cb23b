"""Our arithmetic against that of genai-prices, wherever both mean the same: every name that its lists write out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ModelInfo

from usage.domain.calls import Call
from usage.domain.pricing import PriceBook
from usage.domain.pricing.catalogue import _leaves

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = PriceBook()
#: What an event cannot count, and models for which our own table is right and the list is not.
UNCOUNTED = ("hours", "mchars", "kpages", "messages", "requests", "citation", "_image_", "_video_")
OURS = {"deepseek", "github-copilot"}


def named() -> Iterator[tuple[str, str, ModelInfo]]:
    for provider in providers:
        for model in provider.models:
            prices = model.get_prices(NOW)
            charged = [key for key, value in vars(prices).items() if value is not None]
            plain = "input_mtok" in charged and "output_mtok" in charged
            if provider.id in OURS or not plain or any(part in key for key in charged for part in UNCOUNTED):
                continue
            for clause in _leaves(model.match):
                if isinstance(clause, ClauseEquals):
                    yield provider.id, clause.equals, model


def test_every_written_out_name_costs_what_the_list_says() -> None:
    compared = 0
    for provider, name, model in named():
        if (provider, model.id) in {
            ("openai", "gpt-5-image"),
            ("openai", "gpt-5-image-mini"),
            ("openai", "gpt-5.4-image-2"),
        }:
            continue
        if model.id.startswith("gpt-oss") and provider == "openai":
            continue
        listed = calc_price(
            Usage(input_tokens=40_000, output_tokens=1_234), name, provider_id=provider, genai_request_timestamp=NOW
        )
        ours = BOOK.price(provider, name, NOW, Call(input_tokens=40_000, output_tokens=1_234))
        assert ours.cost == round(listed.total_price, 10), (provider, name)
        compared += 1
    assert compared > 2_500


@pytest.mark.parametrize(
    ("provider", "model", "tier", "context"),
    [
        ("openai", "gpt-5.1", "default", {}),
        ("openai", "gpt-5.1", "flex", {"service_tier": "flex"}),
        ("openai", "gpt-5.5", "batch", {"processing": "batch"}),
        ("openai", "gpt-6-sol", "priority", {"service_tier": "priority"}),
        ("anthropic", "claude-haiku-5-5", "batch", {"processing": "batch"}),
        ("anthropic", "claude-sonnet-4-5-20250929", "default", {}),
        ("google", "gemini-2.5-pro", "batch", {"processing": "batch"}),
        ("x-ai", "grok-4.3", "batch", {"processing": "batch"}),
        ("mistral", "mistral-large-4", "batch", {"processing": "batch"}),
    ],
)
@pytest.mark.parametrize("size", [1, 99_999, 150_000, 250_000, 500_000])
def test_cached_input_steps_and_tiers_cost_what_the_list_says(
    provider: str, model: str, tier: str, context: dict[str, str], size: int
) -> None:
    cached = size // 3
    listed = calc_price(
        Usage(input_tokens=size, cache_read_tokens=cached, output_tokens=777),
        model,
        provider_id=provider,
        genai_request_timestamp=NOW,
        price_context=context or None,
    )
    tokens = Call(input_tokens=size, cached_input_tokens=cached, output_tokens=777, service_tier=tier)
    assert BOOK.price(provider, model, NOW, tokens).cost == round(listed.total_price, 10)


def test_every_kind_at_once_costs_what_the_list_says() -> None:
    listed = calc_price(
        Usage(
            input_tokens=10_000,
            cache_read_tokens=1_000,
            cache_write_tokens=3_500,  # 2,000 for five minutes and 1,500 for an hour
            cache_write_1h_tokens=1_500,
            output_tokens=2_000,
            web_searches=4,
        ),
        "claude-opus-5",
        provider_id="anthropic",
        genai_request_timestamp=NOW,
    )
    ours = BOOK.price(
        "anthropic",
        "claude-opus-5",
        NOW,
        Call(
            input_tokens=10_000,
            cached_input_tokens=1_000,
            cache_write_tokens=2_000,
            cache_write_1h_tokens=1_500,
            output_tokens=2_000,
            web_searches=4,
        ),
    )
    assert ours.cost == listed.total_price == Decimal("0.1455")
