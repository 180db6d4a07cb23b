"""Long prompts and service tiers: which price the whole call pays, and where nobody publishes one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from usage.domain.calls import Call
from usage.domain.pricing import PriceBook

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = PriceBook()


def cost(provider: str, model: str, at: datetime = NOW, **counts: int | str) -> Decimal | None:
    return BOOK.price(provider, model, at, Call(**counts)).cost  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("provider", "model", "threshold", "short", "long"),
    [
        # Published: Google "prompts > 200k" and, for 1.5, "> 128k"; OpenAI "> 272K input tokens"; Anthropic "> 200K".
        ("google", "gemini-2.5-pro", 200_000, ("1.25", "10"), ("2.5", "15")),
        ("google", "gemini-1.5-pro", 128_000, ("1.25", "5"), ("2.5", "10")),
        ("openai", "gpt-5.4", 272_000, ("2.5", "15"), ("5", "22.5")),
        ("anthropic", "claude-sonnet-4-5", 200_000, ("3", "15"), ("6", "22.5")),
        ("anthropic", "claude-sonnet-4-20250514", 200_000, ("3", "15"), ("6", "22.5")),
        ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", 200_000, ("3", "15"), ("6", "22.5")),
        ("anthropic", "claude-haiku-5-5", 100_000, ("0.1", "0.5"), ("0.5", "2.5")),
        # xAI counts its boundary in for the newer models (">= 200k") and out for Grok 4 ("exceed 128K").
        ("x-ai", "grok-4.7", 199_999, ("2", "6"), ("4", "12")),
        ("x-ai", "grok-4", 128_000, ("3", "15"), ("6", "30")),
    ],
)
def test_a_prompt_beyond_the_step_moves_the_whole_call_to_the_long_price(
    provider: str, model: str, threshold: int, short: tuple[str, str], long: tuple[str, str]
) -> None:
    def expected(tokens: int, price: tuple[str, str]) -> Decimal:
        return (tokens * Decimal(price[0]) + 1_000 * Decimal(price[1])) / 1_000_000

    assert cost(provider, model, input_tokens=threshold, output_tokens=1_000) == expected(threshold, short)
    assert cost(provider, model, input_tokens=threshold + 1, output_tokens=1_000) == expected(threshold + 1, long)


def test_cached_and_written_input_count_towards_the_step_and_pay_its_price() -> None:
    # Claude Sonnet 4.5 beyond 200K: input $6, read $0.60, write $7.50, 1 h write $12, output $22.50.
    counts = {"input_tokens": 200_004, "cached_input_tokens": 100_000, "cache_write_tokens": 60_000}
    price = cost("anthropic", "claude-sonnet-4-5", cache_write_1h_tokens=40_000, output_tokens=10, **counts)
    dear = 4 * Decimal(6) + 100_000 * Decimal("0.6") + 60_000 * Decimal("7.5") + 40_000 * 12 + 10 * Decimal("22.5")
    assert price == dear / 1_000_000


def test_long_context_became_part_of_the_standard_price_of_opus_4_6() -> None:
    cut = datetime(2026, 3, 13, tzinfo=UTC)
    for provider, model in (("anthropic", "claude-opus-4-6"), ("aws", "global.anthropic.claude-opus-4-6-v1")):
        assert cost(provider, model, cut - timedelta(seconds=1), input_tokens=1_000_000) == Decimal(10)
        assert cost(provider, model, cut, input_tokens=1_000_000) == Decimal(5)


@pytest.mark.parametrize(
    ("provider", "model", "tier", "inside", "out"),
    [
        ("openai", "gpt-4o", "batch", "1.25", "5"),
        ("openai", "gpt-4o-mini", "batch", "0.075", "0.30"),
        ("openai", "gpt-5.1", "batch", "0.625", "5"),
        ("openai", "gpt-5.1", "flex", "0.625", "5"),
        ("openai", "o3", "flex", "1", "4"),
        ("openai", "o4-mini", "flex", "0.55", "2.20"),
        ("openai", "gpt-4.1", "priority", "3.50", "14"),
        ("openai", "gpt-5", "priority", "2.50", "20"),
        ("openai", "gpt-4o", "priority", "4.25", "17"),
        ("openai", "o1-mini", "batch", "0.55", "2.20"),
        ("openai", "ft:gpt-4o-mini:org::id", "batch", "0.15", "0.60"),
        ("anthropic", "claude-opus-4-8", "batch", "2.50", "12.50"),
        ("anthropic", "claude-3-5-sonnet-20241022", "batch", "1.50", "7.50"),
        ("google", "gemini-2.5-flash", "batch", "0.15", "1.25"),
        ("google", "gemini-2.5-pro", "flex", "0.625", "5"),
        ("google", "gemini-2.5-pro", "priority", "2.25", "18"),
        ("google", "gemini-3.8-flash", "flex", "0.375", "1.875"),
        ("azure", "gpt-4o", "batch", "1.25", "5"),
        ("aws", "anthropic.claude-3-haiku-20240307-v1:0", "batch", "0.125", "0.625"),
        ("openrouter", "openai/gpt-4o", "batch", "1.25", "5"),
        ("mistral", "mistral-large-latest", "batch", "1", "3"),
    ],
)
@pytest.mark.parametrize("at", [NOW, datetime(2026, 6, 1, tzinfo=UTC)])
def test_a_service_tier_costs_what_is_published_for_it(
    provider: str, model: str, tier: str, inside: str, out: str, at: datetime
) -> None:
    # gemini-3.8-flash was not out in June; its price would have been the same.
    assert cost(provider, model, at, input_tokens=100_000, service_tier=tier) == Decimal(inside) / 10
    assert cost(provider, model, at, output_tokens=100_000, service_tier=tier) == Decimal(out) / 10


def test_a_tier_follows_the_list_price_of_the_day() -> None:
    # o3 fell from $10 to $2 on 2025-06-10; batch is half of either.
    assert cost(
        "openai", "o3", datetime(2025, 6, 9, tzinfo=UTC), input_tokens=100_000, service_tier="batch"
    ) == Decimal("0.5")
    assert cost(
        "openai", "o3", datetime(2025, 6, 11, tzinfo=UTC), input_tokens=100_000, service_tier="batch"
    ) == Decimal("0.1")


def test_the_cache_is_discounted_where_the_vendor_says_so() -> None:
    # Anthropic: batch halves reads and writes too. Gemini 2.5: the cache costs the same in batch.
    counts = {"input_tokens": 1_000_000, "cached_input_tokens": 1_000_000, "service_tier": "batch"}
    assert cost("anthropic", "claude-opus-4-8", **counts) == Decimal("0.25")
    assert cost("google", "gemini-2.5-flash", **counts) == Decimal("0.03")


def test_web_searches_keep_their_price_in_a_tier() -> None:
    assert cost("anthropic", "claude-opus-4-8", web_searches=1_000, service_tier="batch") == Decimal(10)


def test_a_long_prompt_in_batch_pays_half_of_the_long_price() -> None:
    assert cost("openai", "gpt-5.4", input_tokens=300_000, service_tier="batch") == Decimal("0.3") * Decimal("2.5")


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        ("openai", "gpt-4o", "flex"),
        ("openai", "gpt-4", "priority"),
        ("anthropic", "claude-opus-4-8", "priority"),
        ("azure", "gpt-4o", "priority"),
        ("aws", "amazon.nova-pro-v1:0", "flex"),
        ("openrouter", "openai/gpt-4o", "flex"),
        ("groq", "llama-3.3-70b-versatile", "batch"),
        ("openai", "gpt-4o", "scale"),
    ],
)
def test_a_tier_without_a_published_price_is_unpriced_not_charged_as_standard(
    provider: str, model: str, tier: str
) -> None:
    assert cost(provider, model, input_tokens=1_000) is not None
    assert cost(provider, model, input_tokens=1_000, service_tier=tier) is None


def test_a_tier_published_for_short_prompts_alone_says_nothing_of_long_ones() -> None:
    # gpt-5.4 priority "excludes long context".
    assert cost("openai", "gpt-5.4", input_tokens=100_000, service_tier="priority") == Decimal("0.5")
    assert cost("openai", "gpt-5.4", input_tokens=300_000, service_tier="priority") is None


def test_a_tier_is_not_backdated_over_a_change_of_the_list_price() -> None:
    # gpt-5.6-sol fell on 2026-08-21. Its priority price was first verified after that; before, nobody kept it.
    assert cost("openai", "gpt-5.6-sol", datetime(2026, 9, 1, tzinfo=UTC), input_tokens=1_000, service_tier="priority")
    before = datetime(2026, 8, 20, tzinfo=UTC)
    assert cost("openai", "gpt-5.6-sol", before, input_tokens=1_000, service_tier="priority") is None
    assert cost("openai", "gpt-5.6-sol", before, input_tokens=100_000, service_tier="batch") == Decimal("0.25")


def test_xais_batch_is_not_backdated() -> None:
    assert cost("x-ai", "grok-4.3", input_tokens=100_000, service_tier="batch") == Decimal("0.1")
    assert (
        cost("x-ai", "grok-4.3", datetime(2026, 10, 13, tzinfo=UTC), input_tokens=100_000, service_tier="batch") is None
    )
