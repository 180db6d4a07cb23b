"""Money on the wire: exact, with at least two decimals and as many as it needs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.money import agreed, exact, shown

AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=10)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("10000", "10000.00"),
        ("0.00021", "0.00021"),
        ("1E+3", "1000.00"),
        ("0E-10", "0.00"),
        ("-3.2", "-3.20"),
        ("-0", "0.00"),
    ],
)
def test_amounts_are_written_as_people_read_them(amount, text):
    assert exact(Decimal(amount)) == text


@given(AMOUNTS)
def test_no_digit_is_lost(amount):
    assert Decimal(exact(amount)) == amount
    assert len(exact(amount).partition(".")[2]) >= 2


def test_a_spend_too_small_for_cents_is_not_shown_as_none():
    assert shown(Decimal("0.00021")) == "$0.00021"
    assert shown(Decimal("1234.5")) == "$1,235"
    assert shown(Decimal("-3.2"), "EUR") == "−€3.20"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("60000", "$60,000"), ("14000.50", "$14,000.50"), ("999999999.99", "$999,999,999.99"), ("0.75", "$0.75")],
)
def test_what_was_agreed_is_shown_exactly(amount, text):
    assert agreed(Decimal(amount)) == text
