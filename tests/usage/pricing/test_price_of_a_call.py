"""What one call costs: each part at its own rate, exact to the tenth decimal, or not priced at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.domain.calls import Call
from usage.domain.pricing import Override, PriceBook

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = PriceBook()
COUNTS = st.integers(min_value=0, max_value=10**10)


def cost(model: str, provider: str = "openai", at: datetime = NOW, **counts: int | str) -> Decimal | None:
    return BOOK.price(provider, model, at, Call(**counts)).cost  # type: ignore[arg-type]


def test_reasoning_is_output_and_is_not_charged_twice() -> None:
    # 22,118 x $1.25 + 1,970 x $10 per million; the 956 reasoning tokens are among the 1,970.
    assert cost("gpt-5.1", input_tokens=22_118, output_tokens=1_970, reasoning_tokens=956) == Decimal("0.0473475")


def test_reasoning_with_a_rate_of_its_own_is_charged_at_it() -> None:
    # sonar-deep-research by OpenRouter: $2 in, $8 out, $3 reasoning.
    tokens = {"output_tokens": 1_000_000, "reasoning_tokens": 400_000}
    price = cost("perplexity/sonar-deep-research", "openrouter", **tokens)
    assert price == Decimal("0.6") * 8 + Decimal("0.4") * 3


def test_cached_input_costs_its_own_rate_and_only_that() -> None:
    # gpt-4o: $2.50, cached $1.25.
    assert cost("gpt-4o", input_tokens=1_000_000, cached_input_tokens=400_000) == Decimal("0.6") * Decimal(
        "2.5"
    ) + Decimal("0.4") * Decimal("1.25")


def test_five_minute_and_one_hour_cache_writes_cost_different_rates() -> None:
    # Claude Sonnet 4.6: input $3, write $3.75, 1 h write $6, read $0.30, output $15.
    counts = {
        "input_tokens": 1_000,
        "cache_write_tokens": 200,
        "cache_write_1h_tokens": 300,
        "cached_input_tokens": 400,
    }
    expected = (100 * Decimal(3) + 200 * Decimal("3.75") + 300 * Decimal(6) + 400 * Decimal("0.3")) / 1_000_000
    assert cost("claude-sonnet-4-6", "anthropic", output_tokens=0, **counts) == expected


def test_audio_in_and_out_cost_their_own_rates() -> None:
    # gpt-audio: text $2.50 / $10, audio $32 / $64.
    price = cost("gpt-audio", input_tokens=1_000, audio_input_tokens=900, output_tokens=500, audio_output_tokens=450)
    expected = (100 * Decimal("2.5") + 900 * 32 + 50 * 10 + 450 * 64) / Decimal(1_000_000)
    assert price == expected


def test_audio_rates_that_the_list_lacks_come_from_our_table() -> None:
    # gpt-4o-audio-preview-2024-12-17: audio $40 / $80; the snapshot of October 2024: $100 / $200.
    counts = {
        "input_tokens": 1_000_000,
        "audio_input_tokens": 1_000_000,
        "output_tokens": 10,
        "audio_output_tokens": 10,
    }
    assert cost("gpt-4o-audio-preview-2024-12-17", **counts) == Decimal("40.0008")
    assert cost("gpt-4o-audio-preview-2024-10-01", **counts) == Decimal("100.002")


def test_web_searches_are_charged_per_thousand() -> None:
    # $10 per 1,000 searches on top of the tokens.
    assert cost("claude-sonnet-4-6", "anthropic", input_tokens=1_000, web_searches=3) == Decimal("0.003") + Decimal(
        "0.03"
    )


def test_a_kind_that_nobody_has_a_rate_for_leaves_the_whole_call_unpriced() -> None:
    assert cost("gpt-4", input_tokens=1_000, output_tokens=10) == Decimal("0.0306")
    for counts in (
        {"input_tokens": 1_000, "cached_input_tokens": 1},
        {"input_tokens": 1_000, "cache_write_1h_tokens": 1},
        {"input_tokens": 1_000, "audio_input_tokens": 1},
        {"output_tokens": 1_000, "audio_output_tokens": 1},
        {"input_tokens": 1_000, "web_searches": 1},
    ):
        priced = BOOK.price("openai", "gpt-4", NOW, Call(**counts))
        assert (priced.cost, priced.basis) == (None, "")


def test_cached_input_beside_audio_is_unpriced_where_cached_audio_has_another_rate() -> None:
    # gemini-2.5-flash: cached text $0.03, cached audio $0.10. An event does not say which of them was cached.
    audio = {"input_tokens": 1_000, "audio_input_tokens": 500}
    assert cost("gemini-2.5-flash", "google", **audio) == (500 * Decimal("0.3") + 500 * Decimal(1)) / 1_000_000
    assert cost("gemini-2.5-flash", "google", cached_input_tokens=100, **audio) is None


def test_what_is_billed_by_the_minute_the_page_or_the_request_is_never_priced_as_nothing() -> None:
    assert cost("whisper-1") is None
    assert cost("tts-1") is None
    assert cost("mistral-ocr-latest", "mistral") is None
    assert cost("sonar-pro", "perplexity", input_tokens=10, output_tokens=10) is None
    # Beside its tokens, citations that no event counts; by the hour of a session; the same where only audio is.
    assert cost("sonar-deep-research", "perplexity", input_tokens=10, output_tokens=10) is None
    assert cost("eleven_realtime_v1_max", "elevenlabs", input_tokens=10, output_tokens=10) is None
    assert cost("voxtral-small-24b-2507", "mistral", input_tokens=1_000_000) == Decimal("0.1")
    assert cost("voxtral-small-24b-2507", "mistral", input_tokens=1_000, audio_input_tokens=10) is None


def test_images_in_the_output_are_unpriced_where_they_cost_more_than_text() -> None:
    # gemini-2.5-flash-image: text output $2.50, image output $30.
    assert cost("gemini-2.5-flash-image", "google", input_tokens=1_000_000) == Decimal("0.3")
    assert cost("gemini-2.5-flash-image", "google", input_tokens=10, output_tokens=1_290) is None


def test_embeddings_have_an_input_price_alone() -> None:
    assert cost("text-embedding-3-small", input_tokens=1_000_000) == Decimal("0.02")
    assert cost("text-embedding-3-small", input_tokens=1, output_tokens=1) is None


def test_parts_larger_than_their_whole_are_not_priced() -> None:
    assert cost("gpt-4o", input_tokens=10, cached_input_tokens=11) is None
    assert cost("gpt-5.1", output_tokens=10, reasoning_tokens=11) is None
    assert cost("gpt-4o", input_tokens=-1) is None
    assert cost("gpt-4o", input_tokens=5, web_searches=-1) is None


def test_a_known_model_that_used_nothing_costs_nothing() -> None:
    assert cost("gpt-4o") == 0


def test_a_model_that_is_free_of_charge_is_priced_at_zero() -> None:
    free = BOOK.price(
        "openrouter", "meta-llama/llama-3.3-70b-instruct:free", NOW, Call(input_tokens=9, output_tokens=9)
    )
    assert free.cost == 0
    assert free.basis != ""
    assert cost("meta-llama/llama-3.3-70b-instruct:free", "openrouter", input_tokens=9, web_searches=1) is None
    assert cost("omni-moderation-latest", input_tokens=100) == 0


def test_the_cost_is_rounded_once_at_the_end_half_to_even() -> None:
    def at_rate(rate: str, tokens: int) -> Decimal | None:
        book = PriceBook([Override(1, None, "m", NOW, None, None, {"input": Decimal(rate)})])
        return book.price("p", "m", NOW, Call(input_tokens=tokens)).cost

    assert at_rate("0.00005", 1) == 0  # 5e-11 exactly: half, to the even 0
    assert at_rate("0.00015", 1) == Decimal("0.0000000002")  # 1.5e-10: half, to the even 2
    assert at_rate("0.00005", 3) == Decimal("0.0000000002")  # 3 x 5e-11, rounded after the sum
    assert at_rate("0.00005", 2) == Decimal("0.0000000001")


def test_costs_beyond_float_precision_stay_exact() -> None:
    tokens = 9_999_999_999
    assert cost("gpt-4", input_tokens=tokens, output_tokens=tokens) == Decimal(tokens) * 90 / 1_000_000


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        BOOK.price("openai", "gpt-4o", NOW.replace(tzinfo=None), Call())


@given(st.lists(COUNTS, min_size=5, max_size=5), st.lists(COUNTS, min_size=2, max_size=2))
def test_any_split_into_parts_costs_the_sum_of_its_parts_and_never_less_than_zero(
    ins: list[int], outs: list[int]
) -> None:
    plain, cached, written, written_1h, searches = ins
    text, reasoning = outs
    price = cost(
        "claude-opus-4-8",
        "anthropic",
        input_tokens=plain + cached + written + written_1h,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=written_1h,
        output_tokens=text + reasoning,
        reasoning_tokens=reasoning,
        web_searches=searches,
    )
    # Claude Opus 4.8: $5, read $0.50, write $6.25, 1 h write $10, output $25, $10 per 1,000 searches.
    dear = plain * 5 + cached * Decimal("0.5") + written * Decimal("6.25") + written_1h * 10 + (text + reasoning) * 25
    expected = dear / 1_000_000 + Decimal(searches) / 100
    assert price is not None
    assert price == expected.quantize(Decimal("1e-10"), ROUND_HALF_EVEN)
    assert price >= 0


@given(COUNTS, COUNTS, st.integers(min_value=1, max_value=1_000))
def test_without_steps_n_calls_cost_what_one_call_n_times_as_large_does(inside: int, out: int, n: int) -> None:
    one = cost("gpt-4", input_tokens=inside, output_tokens=out)
    assert one is not None
    assert cost("gpt-4", input_tokens=inside * n, output_tokens=out * n) == one * n


def test_costs_are_in_the_currency_of_the_company_and_say_at_which_rate():
    counts = Call(input_tokens=22_118, output_tokens=1_970, reasoning_tokens=956)
    priced = PriceBook(per_usd=Decimal("0.92")).price("openai", "gpt-5.1", NOW, counts)
    assert priced.cost == Decimal("0.0473475") * Decimal("0.92")
    assert priced.basis.endswith("openai/gpt-5.1 at 0.92")
