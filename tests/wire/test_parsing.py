"""JSON of requests: strict, exact, and storable."""

from __future__ import annotations

from decimal import Decimal

import pytest
from rest_framework.exceptions import ParseError

from wire.parsing import read_json


def test_fractions_keep_every_digit():
    assert read_json(b'{"amount": 0.1234567890123456789}') == {"amount": Decimal("0.1234567890123456789")}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body is not JSON"),
        (b"", "The body is not JSON"),
        (b'{"a": NaN}', "NaN is no number in JSON"),
        (b'{"a": Infinity}', "Infinity is no number in JSON"),
        (b'{"a": 1e9999999999999999999}', "too large or too small"),
        (b'{"a": ' + b"1" * 5000 + b"}", "The body is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b"\xff\xfe", "not UTF-8 (byte 0)"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'["\\ud800"]', "surrogate"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_or_kept_is_refused_with_the_reason(body, sentence):
    with pytest.raises(ParseError) as refused:
        read_json(body)
    assert sentence in str(refused.value.detail)


def test_a_pair_of_surrogates_is_a_character():
    assert read_json(b'"\\ud83d\\ude00"') == "😀"
