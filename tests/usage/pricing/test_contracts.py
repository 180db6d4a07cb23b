"""Contract prices and aliases: which one counts, from when to when, and what it leaves to the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.domain.calls import Call
from usage.domain.pricing import Alias, Override, PriceBook, Priced
from usage.domain.pricing.contracts import matches

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE = START - timedelta(microseconds=1)
CALL = Call(input_tokens=1_000, output_tokens=500)
LIST = Decimal("0.0075")  # gpt-4o: 1,000 x $2.50 + 500 x $10 per million


def flat(id: int, pattern: str, provider: str | None = None, since: datetime = START, **rates: str) -> Override:
    return Override(id, provider, pattern, since, None, None, {kind: Decimal(rate) for kind, rate in rates.items()})


def off(id: int, pattern: str, percent: str, provider: str | None = None, since: datetime = START) -> Override:
    return Override(id, provider, pattern, since, None, Decimal(percent))


def price(
    *contracts: Override | Alias,
    provider: str | None = "openai",
    model: str = "gpt-4o",
    at: datetime = NOW,
    tokens: Call = CALL,
) -> Priced:
    book = PriceBook([c for c in contracts if isinstance(c, Override)], [c for c in contracts if isinstance(c, Alias)])
    return book.price(provider, model, at, tokens)


def test_a_percentage_comes_off_every_list_price() -> None:
    assert price(off(12, "gpt-4o", "12.5")) == (LIST * Decimal("0.875"), "override:12")
    searched = Call(input_tokens=1_000, cached_input_tokens=400, web_searches=1)
    full, less = price(tokens=searched).cost, price(off(12, "gpt-4o", "20"), tokens=searched).cost
    assert full is not None
    assert less == full * Decimal("0.8")


def test_a_flat_rate_replaces_its_kind_and_leaves_the_others_to_the_list() -> None:
    assert price(flat(12, "gpt-4o", input="2")) == (Decimal("0.007"), "override:12")
    assert price(flat(12, "gpt-4o", output="8")).cost == Decimal("0.0065")
    cached = Call(input_tokens=1_000, cached_input_tokens=1_000)
    assert price(flat(12, "gpt-4o", input="2"), tokens=cached).cost == Decimal("0.00125")


def test_flat_rates_hold_for_long_prompts_and_every_tier() -> None:
    contract = flat(1, "gpt-5.4", input="1")
    for tokens in (Call(input_tokens=1_000_000), Call(input_tokens=1_000_000, service_tier="batch")):
        assert price(contract, model="gpt-5.4", tokens=tokens).cost == 1


def test_a_flat_rate_for_cached_input_covers_cached_audio_too() -> None:
    tokens = Call(input_tokens=1_000, audio_input_tokens=500, cached_input_tokens=100)
    assert price(provider="google", model="gemini-2.5-flash", tokens=tokens).cost is None
    agreed = flat(1, "gemini-*", cached_input="0.05")
    # Text $0.30 and audio $1 by the list.
    expected = (400 * Decimal("0.3") + 500 * Decimal(1) + 100 * Decimal("0.05")) / 1_000_000
    assert price(agreed, provider="google", model="gemini-2.5-flash", tokens=tokens).cost == expected


def test_a_percentage_off_applies_to_the_tier_and_the_step_that_was_used() -> None:
    tokens = Call(input_tokens=1_000_000, service_tier="batch")  # gpt-5.4 in batch beyond 272K: $2.50
    assert price(off(1, "gpt-5.4", "10"), model="gpt-5.4", tokens=tokens).cost == Decimal("2.25")


def test_a_contract_counts_from_its_first_instant_to_its_last() -> None:
    contract = Override(1, None, "gpt-4o", START, NOW, Decimal(50))
    costs = [price(contract, at=at).cost for at in (BEFORE, START, NOW - timedelta(microseconds=1), NOW)]
    assert costs == [LIST, LIST / 2, LIST / 2, LIST]


def test_a_model_that_nobody_knows_is_priced_when_flat_rates_cover_what_was_used() -> None:
    contract = flat(5, "house-*", provider="in-house", input="0.10", output="0.20")
    assert price(contract, provider="In House", model="House-7B").cost == Decimal("0.0002")
    assert price(
        contract, provider="in-house", model="house-7b", tokens=Call(input_tokens=9, audio_input_tokens=1)
    ) == (
        None,
        "",
    )
    assert price(off(5, "house-*", "10"), provider="in-house", model="house-7b") == (None, "")


def test_reasoning_is_covered_by_a_flat_output_rate() -> None:
    contract = flat(5, "house", input="1", output="2")
    assert price(
        contract, provider=None, model="house", tokens=Call(output_tokens=1_000, reasoning_tokens=900)
    ).cost == (Decimal("0.002"))


def test_a_model_priced_at_zero_on_purpose_costs_nothing() -> None:
    contract = flat(5, "gpt-4o", input="0", output="0")
    assert price(contract) == (Decimal(0), "override:5")


def test_the_fee_per_request_that_usage_cannot_tell_can_be_agreed_on() -> None:
    # sonar's fee depends on the size of the search; with a contract that names it the call has a price.
    tokens = Call(input_tokens=1_000, output_tokens=1_000)
    assert price(provider="perplexity", model="sonar", tokens=tokens).cost is None
    assert price(flat(1, "sonar", request="5"), provider="perplexity", model="sonar", tokens=tokens).cost == Decimal(
        "0.007"
    )


def test_the_most_specific_contract_counts_in_whatever_order_they_were_given() -> None:
    weakest_first = [
        off(9, "*", "1"),
        off(8, "gpt-*", "2"),
        off(1, "gpt-4o", "3"),
        off(2, "gpt-4o", "4"),  # as specific: the higher id
        off(1, "gpt-4o", "5", since=START + timedelta(days=1)),  # as specific: the later start
        off(3, "*", "6", provider="openai"),  # a named provider beats any pattern
        off(3, "gpt-4?", "7", provider="openai"),
        off(3, "gpt-4o*", "8", provider="OpenAI"),
    ]
    for last in range(1, len(weakest_first) + 1):
        strongest = weakest_first[last - 1].percent_off
        assert strongest is not None
        for some in (weakest_first[:last], weakest_first[:last][::-1]):
            assert price(*some).cost == LIST * (100 - strongest) / 100


def test_contracts_do_not_add_up() -> None:
    assert price(off(1, "gpt-4o", "10"), flat(2, "gpt-*", input="0", output="0")).cost == LIST * Decimal("0.9")


def test_a_contract_fits_the_name_as_called_and_the_name_it_is_priced_as() -> None:
    for pattern in ("gpt-4o-2024-08-06", "GPT-4O", "openai/gpt-4o-*", "gpt-4o*"):
        assert price(off(1, pattern, "10"), model="openai/gpt-4o-2024-08-06").cost == LIST * Decimal("0.9"), pattern
    assert price(off(1, "gpt-4", "10"), model="gpt-4o").cost == LIST


def test_a_pattern_is_not_a_regular_expression() -> None:
    assert price(flat(1, "a[b].c+", input="1", output="1"), provider=None, model="a[b].c+").cost is not None
    assert price(flat(1, "a.c", input="1", output="1"), provider=None, model="abc").cost is None


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_a_pattern_fits_what_it_spells(pattern: str, name: str) -> None:
    def fits(pattern: str, name: str) -> bool:
        if not pattern:
            return not name
        if pattern[0] == "*":
            return fits(pattern[1:], name) or (bool(name) and fits(pattern, name[1:]))
        return bool(name) and pattern[0] in ("?", name[0]) and fits(pattern[1:], name[1:])

    assert matches(pattern, [name]) == fits(pattern, name)


def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    assert not matches("*a" * 99 + "*b", ["a" * 200])


def test_a_contract_with_one_provider_says_nothing_of_another() -> None:
    contract = off(1, "gpt-4o", "10", provider="azure_openai")
    assert price(contract, provider="openai").cost == LIST
    assert price(contract, provider="azure").cost == LIST * Decimal("0.9")
    # A provider that the name implies counts as well.
    assert price(off(1, "gpt-4o", "10", provider="openai"), provider=None).cost == LIST * Decimal("0.9")


@pytest.mark.parametrize(
    "wrong",
    [
        {"rates": {"images": Decimal(1)}},
        {"rates": {"input": Decimal("-1")}},
        {"rates": {"input": Decimal("NaN")}},
        {"percent_off": Decimal(101)},
        {"percent_off": Decimal(-1)},
        {"percent_off": None},
        {"percent_off": Decimal(1), "effective_to": START},
        {"percent_off": Decimal(1), "effective_from": START.replace(tzinfo=None)},
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"kind|rate|percent_off|effective"):
        Override(**{"id": 1, "provider": None, "model_pattern": "*", "effective_from": START, **wrong})  # type: ignore[arg-type]


# --- Aliases ----------------------------------------------------------------------------------------------------------


def alias(id: int, pattern: str, to: str, provider: str | None = None, at_provider: str | None = None) -> Alias:
    return Alias(id, provider, pattern, at_provider, to, START)


def test_an_alias_prices_a_deployments_name() -> None:
    assert price(provider="azure", model="chat-prod").cost is None
    named = alias(3, "chat-prod", "gpt-4o", provider="azure", at_provider="openai")
    assert price(named, provider="azure", model="chat-prod") == (LIST, "alias:3>openai/gpt-4o")
    assert price(named, provider="azure", model="Chat-Prod", at=BEFORE) == (None, "")
    assert price(named, provider="openai", model="chat-prod").cost is None


def test_an_alias_counts_from_its_first_instant_to_its_last_in_one_book() -> None:
    book = PriceBook([], [Alias(3, None, "gpt-4", None, "gpt-4o", START, NOW)])
    just = timedelta(microseconds=1)
    costs = [book.price("openai", "gpt-4", at, CALL).cost for at in (BEFORE, START, NOW - just, NOW, BEFORE)]
    dear = Decimal("0.06")  # gpt-4: 1,000 x $30 + 500 x $60 per million
    assert costs == [dear, LIST, LIST, dear, dear]


def test_an_alias_may_lead_to_a_model_that_only_a_contract_knows() -> None:
    contract = flat(7, "house-13b", input="1", output="2")
    assert price(alias(3, "chat-prod", "house-13b"), contract, model="chat-prod") == (
        Decimal("0.002"),
        "alias:3>override:7",
    )


def test_without_a_priced_provider_an_alias_stays_with_the_calls_own() -> None:
    named = alias(3, "chat-*", "gpt-4o")
    assert price(named, provider="azure", model="chat-prod").basis == "alias:3>azure/gpt-4o (openai)"
    assert price(named, provider="my-proxy", model="chat-prod").basis == "alias:3>openai/gpt-4o"
    assert price(named, provider=None, model="chat-prod").basis == "alias:3>openai/gpt-4o"


def test_an_alias_beats_what_the_list_says_of_the_name() -> None:
    # An Azure deployment that somebody called gpt-4 and that serves gpt-4o-mini: $0.15 and $0.60.
    named = alias(3, "gpt-4", "gpt-4o-mini", provider="azure")
    assert price(named, provider="azure", model="gpt-4").cost == Decimal("0.00045")


def test_an_alias_to_a_model_that_nobody_knows_has_no_price() -> None:
    assert price(alias(3, "gpt-4o", "no-such-model")) == (None, "")


def test_aliases_are_not_followed_twice() -> None:
    assert price(alias(1, "a", "b"), alias(2, "b", "gpt-4o"), model="a") == (None, "")
    assert price(alias(1, "a", "a"), model="a") == (None, "")


def test_the_more_specific_alias_counts() -> None:
    for order in permutations(
        [alias(1, "chat-*", "gpt-4"), alias(2, "chat-small*", "gpt-4o"), alias(3, "*", "gpt-3.5-turbo")]
    ):
        assert price(*order, model="chat-small-1").cost == LIST


def test_a_contract_for_the_priced_model_counts_for_its_alias_too() -> None:
    named = alias(3, "chat-prod", "gpt-4o", at_provider="openai")
    assert price(named, off(7, "gpt-4o", "10", provider="openai"), provider="azure", model="chat-prod") == (
        LIST * Decimal("0.9"),
        "alias:3>override:7",
    )
    assert price(named, off(7, "chat-prod", "10"), provider="azure", model="chat-prod").cost == LIST * Decimal("0.9")


@given(
    percent=st.decimals(0, 100, places=4),
    tokens=st.integers(0, 10**10),
    out=st.integers(0, 10**10),
)
def test_any_percentage_is_exact(percent: Decimal, tokens: int, out: int) -> None:
    listed = (Decimal(tokens) * Decimal("2.5") + Decimal(out) * 10) / 1_000_000
    exact = (listed * (100 - percent) / 100).quantize(Decimal("1e-10"))
    assert price(off(1, "gpt-4o", str(percent)), tokens=Call(input_tokens=tokens, output_tokens=out)).cost == exact
