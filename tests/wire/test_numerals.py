"""Numbers as people write them are told apart by all of a table, and what can be read in two ways is never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.numerals import NumberError, Unclear, decimal_mark, read_number

AMOUNTS = st.decimals(0, 10**9, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("$1,234.50", "1234.50"),
        (" $ 1,234.50 ", "1234.50"),
        ("1,234.50 USD", "1234.50"),
        ("usd 5", "5"),
        ("1'234.50", "1234.50"),
        ("1 234.50", "1234.50"),
        ("1\u00a0234.50", "1234.50"),
        ("1\u202f234.50", "1234.50"),
        ("12,34,567.89", "1234567.89"),
        ("(5.00)", "-5.00"),
        ("-$5.00", "-5.00"),
        ("−5.00", "-5.00"),
        (".5", "0.5"),
        ("５００", "500"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("1’234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1.234.567,8", "1234567.8"),
        ("US$5", "5"),
        ("5-", "-5"),
        ("1.5E+06", "1500000"),
        ("1,5E+06", "1500000"),
    ],
)
def test_a_number_is_read_without_what_people_write_around_it(text: str, amount: str) -> None:
    assert read_number(text, decimal_mark([text], "USD"), "USD") == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["12k", "twelve", "", "1.2.3,4,5", "1,23", "12 34.5", "$", "--5", "=5", "1e999", "NaN", "Infinity"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        read_number(text, ".", "USD")


def test_another_currency_is_named() -> None:
    with pytest.raises(NumberError, match="in EUR, and amounts here are in USD"):
        read_number("€5", ".", "USD")


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.234,50"], ","),
        (["1,234", "12.5"], "."),
        (["1.234", "1.234.567"], ","),
        (["1,234", "0,125"], ","),
        (["1234,5"], ","),
        (["100", "200"], "."),
        (["1,234", "n/a", "5.5"], "."),
    ],
)
def test_one_clear_number_tells_how_all_of_a_table_are_written(texts: list[str], mark: str) -> None:
    assert decimal_mark(texts, "USD") == mark


@pytest.mark.parametrize("texts", [["1,234"], ["1.234", "5"], ["1.5", "1,5"]])
def test_what_can_be_read_in_two_ways_is_asked(texts: list[str]) -> None:
    with pytest.raises(Unclear) as unclear:
        decimal_mark(texts, "USD")
    assert unclear.value.example == texts[0]


@given(st.lists(AMOUNTS, min_size=1), st.sampled_from((".", ",")))
def test_amounts_with_cents_come_back_as_they_were_in_either_way_of_writing(amounts: list[Decimal], mark: str) -> None:
    texts = [f"{amount:,.2f}" for amount in amounts]
    if mark == ",":
        texts = [text.translate(str.maketrans(".,", ",.")) for text in texts]
    found = decimal_mark(texts, "USD")
    assert found == mark
    assert [read_number(text, found, "USD") for text in texts] == amounts
