"""The price of the day and the hour: a call costs what its instant cost, whichever call was priced before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usage.domain.calls import Call
from usage.domain.pricing import Alias, Override, PriceBook

BOOK = PriceBook()
INSIDE = Call(input_tokens=100_000)
JUST_BEFORE = timedelta(microseconds=1)


def per_million(provider: str, model: str, at: datetime) -> Decimal | None:
    paid = BOOK.price(provider, model, at, INSIDE).cost
    return None if paid is None else paid * 10


@pytest.mark.parametrize(
    ("provider", "model", "changes", "before", "after"),
    [
        ("openai", "o3", datetime(2025, 6, 10, tzinfo=UTC), "10", "2"),
        ("openai", "gpt-5.6-luna", datetime(2026, 7, 30, tzinfo=UTC), "1", "0.2"),
        ("mistral", "mistral-large-4", datetime(2026, 10, 20, tzinfo=UTC), "0.68", "1.36"),
        ("mistral", "mistral-large-4", datetime(2026, 10, 29, tzinfo=UTC), "1.36", "0.70"),
        ("google", "gemini-3.8-flash", datetime(2027, 1, 1, tzinfo=UTC), "0.75", "1.50"),
        # DeepSeek changes at midnight in Beijing.
        ("deepseek", "deepseek-chat", datetime(2025, 2, 8, 16, tzinfo=UTC), "0.14", "0.27"),
        ("deepseek", "deepseek-chat", datetime(2025, 2, 26, 16, 30, tzinfo=UTC), "0.27", "0.135"),
        ("deepseek", "deepseek-reasoner", datetime(2025, 9, 5, 16, tzinfo=UTC), "0.55", "0.56"),
        ("deepseek", "deepseek-v4-flash", datetime(2026, 8, 16, 16, tzinfo=UTC), "0.14", "0.22"),
        ("deepseek", "deepseek-v4-flash", datetime(2026, 9, 9, 16, tzinfo=UTC), "0.22", "0.15"),
    ],
)
def test_a_price_changes_at_its_instant_and_not_a_microsecond_earlier(
    provider: str, model: str, changes: datetime, before: str, after: str
) -> None:
    assert per_million(provider, model, changes - JUST_BEFORE) == Decimal(before)
    assert per_million(provider, model, changes) == Decimal(after)
    assert per_million(provider, model, changes - JUST_BEFORE) == Decimal(before)


def test_the_same_instant_written_in_another_zone_costs_the_same() -> None:
    # 2025-06-10 00:00 UTC, when o3 fell to $2, is still the 9th in New York and past 9 in the morning in Tokyo.
    cut = datetime(2025, 6, 10, tzinfo=UTC)
    for zone in (ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=5, minutes=45))):
        assert per_million("openai", "o3", cut.astimezone(zone)) == Decimal(2)
        assert per_million("openai", "o3", (cut - JUST_BEFORE).astimezone(zone)) == Decimal(10)


@pytest.mark.parametrize(
    ("at", "price"),
    [
        (datetime(2025, 6, 3, 0, 29, 59, 999_999, tzinfo=UTC), "0.135"),
        (datetime(2025, 6, 3, 0, 30, tzinfo=UTC), "0.27"),
        (datetime(2025, 6, 3, 16, 29, 59, 999_999, tzinfo=UTC), "0.27"),
        (datetime(2025, 6, 3, 16, 30, tzinfo=UTC), "0.135"),
        (datetime(2025, 6, 3, 18, 30, tzinfo=ZoneInfo("Europe/Berlin")), "0.135"),
        (datetime(2025, 6, 3, 18, 29, tzinfo=ZoneInfo("Europe/Berlin")), "0.27"),
    ],
)
def test_deepseeks_night_discount_of_2025_follows_the_clock(at: datetime, price: str) -> None:
    assert per_million("deepseek", "deepseek-chat", at) == Decimal(price)


@pytest.mark.parametrize(
    ("at", "price", "why"),
    [
        (datetime(2026, 11, 20, 0, 59, 59, tzinfo=UTC), "0.15", "before the morning's peak"),
        (datetime(2026, 11, 20, 1, tzinfo=UTC), "0.30", "Friday, 9 in Beijing"),
        (datetime(2026, 11, 20, 4, tzinfo=UTC), "0.15", "noon in Beijing"),
        (datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC), "0.30", "the last second of the afternoon's peak"),
        (datetime(2026, 11, 21, 2, tzinfo=UTC), "0.15", "Saturday"),
        (datetime(2026, 11, 22, 7, tzinfo=UTC), "0.15", "Sunday"),
        (datetime(2026, 10, 1, 2, tzinfo=UTC), "0.15", "China's National Day, a Thursday"),
        (datetime(2026, 10, 7, 9, tzinfo=UTC), "0.15", "its last day"),
        (datetime(2026, 10, 8, 2, tzinfo=UTC), "0.30", "a Thursday at work again"),
    ],
)
def test_deepseeks_peak_hours_know_weekends_and_holidays(at: datetime, price: str, why: str) -> None:
    assert per_million("deepseek", "deepseek-flash", at) == Decimal(price), why


def test_peak_hours_counted_on_weekends_too_in_their_first_week() -> None:
    saturday = datetime(2026, 8, 22, 2, tzinfo=UTC)
    assert per_million("deepseek", "deepseek-v4-pro", saturday) == Decimal("1.32")
    assert per_million("deepseek", "deepseek-v4-pro", saturday + timedelta(days=7)) == Decimal("0.66")


def test_a_kind_can_get_its_price_later_than_the_model() -> None:
    audio = Call(input_tokens=1_000_000, audio_input_tokens=1_000_000)
    edge = datetime(2025, 1, 1, tzinfo=UTC)
    costs = [BOOK.price("openai", "gpt-4o-audio-preview", at, audio).cost for at in (edge - JUST_BEFORE, edge)]
    assert costs == [None, Decimal(40)]


def test_a_price_without_a_date_holds_on_any_day() -> None:
    # The traces of 2023 are priced as gpt-4 and gpt-3.5-turbo at $30 and $0.50.
    then = datetime(2023, 11, 16, 18, 15, tzinfo=UTC)
    assert per_million("openai", "gpt-4", then) == Decimal(30)
    assert per_million("openai", "gpt-3.5-turbo", then) == Decimal("0.50")


INSTANTS = st.datetimes(datetime(2024, 6, 1), datetime(2027, 3, 1), timezones=st.just(UTC)) | st.sampled_from(  # noqa: DTZ001
    [
        edge + shift
        for edge in (
            datetime(2025, 6, 10, tzinfo=UTC),
            datetime(2025, 9, 5, 16, tzinfo=UTC),
            datetime(2026, 10, 12, tzinfo=UTC),
            datetime(2026, 10, 14, tzinfo=UTC),
            datetime(2026, 9, 30, 16, tzinfo=UTC),
            datetime(2026, 1, 5, 6, tzinfo=UTC),
        )
        for shift in (-JUST_BEFORE, timedelta(0), JUST_BEFORE)
    ]
)
OVERRIDES = [
    Override(1, "deepseek", "deepseek-*", datetime(2025, 9, 5, 16, tzinfo=UTC), None, Decimal(10)),
    Override(2, None, "gpt-*", datetime(2026, 10, 12, tzinfo=UTC), datetime(2026, 10, 14, tzinfo=UTC), Decimal(50)),
    Override(3, "openai", "o3", datetime(2026, 1, 5, 6, tzinfo=UTC), None, None, {"input": Decimal("1.5")}),
]
ALIASES = [
    Alias(1, None, "house-model", "openai", "o3", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 10, 14, tzinfo=UTC)),
    Alias(2, None, "house-*", "deepseek", "deepseek-chat", datetime(2024, 7, 1, tzinfo=UTC)),
]
WARM = PriceBook(OVERRIDES, ALIASES)


@settings(max_examples=400)
@given(
    INSTANTS,
    st.sampled_from(
        [
            ("deepseek", "deepseek-chat"),
            ("deepseek", "deepseek-flash"),
            ("openai", "o3"),
            ("openai", "gpt-5.6-sol"),
            (None, "house-model"),
            ("azure", "gpt-4o"),
        ]
    ),
    st.sampled_from(["default", "batch", "flex", "priority"]),
)
def test_a_book_that_remembers_prices_like_one_that_does_not(
    at: datetime, called: tuple[str | None, str], tier: str
) -> None:
    tokens = Call(input_tokens=7_000, output_tokens=900, service_tier=tier)
    assert WARM.price(*called, at, tokens) == PriceBook(OVERRIDES, ALIASES).price(*called, at, tokens)


def test_a_book_forgets_rather_than_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage.domain.pricing.book.REMEMBERED", 3)
    book = PriceBook()
    for number in range(10):
        assert book.price("openai", f"unknown-{number}", datetime(2026, 1, 1, tzinfo=UTC), INSIDE).cost is None
    assert book.price("openai", "gpt-4", datetime(2026, 1, 1, tzinfo=UTC), INSIDE).cost == Decimal(3)
    assert len(book._entries) <= 3
