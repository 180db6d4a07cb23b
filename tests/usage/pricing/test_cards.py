"""Cards for the prices page: the rates behind a cost, where they come from and since when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from usage.domain.pricing import Override, PriceBook, Rate, RateCard

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = PriceBook()


def card(
    provider: str | None, model: str, at: datetime = NOW, tier: str = "default", book: PriceBook = BOOK
) -> RateCard:
    found = book.card(provider, model, at, tier)
    assert found is not None
    return found


def test_a_card_shows_every_rate_with_its_steps() -> None:
    shown = card("anthropic", "claude-haiku-5-5")
    assert shown.rates["input"] == Rate(Decimal("0.1"), ((100_000, Decimal("0.5")),))
    assert shown.rates["cache_write_1h"] == Rate(Decimal("0.2"), ((100_000, Decimal(1)),))
    assert shown.rates["web_search"] == Rate(Decimal(10))
    assert (shown.provider, shown.model, shown.basis) == (
        "anthropic",
        "claude-haiku-5-5",
        "genai-prices:anthropic/claude-haiku-5-5",
    )
    assert shown.notes == ("A prompt beyond a step pays the price of the step for the whole call.",)


def test_a_card_says_since_when_and_by_whom() -> None:
    shown = card("openai", "o3")
    assert shown.since == date(2025, 6, 10)
    assert shown.source.startswith("genai-prices ")
    assert card("openai", "gpt-4").since is None
    assert card("deepseek", "deepseek-flash").source.startswith("DeepSeek API docs")
    assert card("azure", "gpt-4o").source.endswith("list of openai")


def test_a_card_of_a_contract_names_it() -> None:
    book = PriceBook([Override(12, None, "gpt-4o", datetime(2026, 3, 1, tzinfo=UTC), None, Decimal(10))])
    shown = card("openai", "gpt-4o", book=book)
    assert shown.rates["output"] == Rate(Decimal(9))
    assert (shown.basis, shown.since) == ("override:12", date(2026, 3, 1))
    assert shown.source.startswith("contract price 12 on genai-prices ")


def test_a_card_of_a_tier_shows_the_tiers_rates() -> None:
    shown = card("openai", "gpt-5.1", tier="flex")
    assert shown.rates["output"] == Rate(Decimal(5))
    assert shown.service_tier == "flex"


def test_a_card_tells_what_usage_cannot_price() -> None:
    assert card("perplexity", "sonar").notes == ("Charged, but at a price that usage data cannot tell: request.",)


def test_nobody_knows_no_card() -> None:
    assert BOOK.card("openai", "gpt-4-something-unknown", NOW) is None
    assert BOOK.card(None, None, NOW) is None
    assert BOOK.card("openai", "gpt-4o", NOW, "flex") is None
