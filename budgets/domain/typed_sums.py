"""Sums as spreadsheets write them: currency signs, thousands set apart, either mark for the decimals.

"1,234.50", "1.234,50" and "1 234,50" tell by themselves which mark is which. "1.234" does not: the sums beside it do,
or the person is asked. A sum that cannot be a limit is refused in a sentence that says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

MOST_PLACES = 10
MOST_SHOWN = 40
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
CODES = r"USD|EUR|GBP|JPY|INR|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CNY|BRL|MXN|SGD|HKD|NZD"
CURRENCY = re.compile(rf"(?:US|C|A)?[{''.join(SIGNS)}]|\b(?:{CODES})\b", re.IGNORECASE)
NUMBER = re.compile(r"\d[\d., ']*|[.,]\d+")
PAIRS = str.maketrans({"’": "'", "`": "'", "٬": "'", "٫": ".", "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-"})
NOT_YET = {"", "-", "--", "n/a", "na", "tbd", "?"}
# Three digits after a lone mark are thousands to some and decimals to others.
GROUPED = re.compile(r"\d{1,3}([.,])\d{3}")


class SumError(ValueError):
    """A text that is no sum, or none that a limit can be; the message says what to write."""


class Marks(StrEnum):
    """Which mark stands before the decimals."""

    POINT = "point"
    COMMA = "comma"

    @property
    def mark(self) -> str:
        """The mark itself."""
        return "." if self is Marks.POINT else ","


def plain(text: str) -> str:
    """The text in one spelling: no blanks at its ends, plain blanks, quotes, dashes and digits within."""
    spelt = unicodedata.normalize("NFKC", text).translate(PAIRS)
    digits = (str(unicodedata.digit(one)) if one.isdecimal() else one for one in spelt if one.isprintable())
    return " ".join("".join(digits).split())


def currency_of(text: str) -> str | None:
    """The currency that a sum names, "USD" for "$12" and "US$12"; None where it names none."""
    found = CURRENCY.search(plain(text))
    return None if found is None else SIGNS.get(found[0][-1], found[0].upper())


def is_left_open(text: str) -> bool:
    """Whether a cell has no sum yet: it is empty, a dash, or "n/a"; with or without a currency beside it."""
    return CURRENCY.sub("", plain(text)).strip().lower() in NOT_YET


def looks_like_sum(text: str) -> bool:
    """Whether someone meant a sum, also one that cannot be taken: "1,200", "$(40)", "USD 3.5"."""
    bare = CURRENCY.sub("", plain(text)).strip(" ()+-")
    return bool(NUMBER.fullmatch(bare)) or bool(re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", bare))


def marks_of(texts: Iterable[str]) -> Marks | None:
    """What the sums say together of their marks, None where none of them tells. Raises SumError where they disagree."""
    told: dict[Marks, str] = {}
    for text in texts:
        marks = _marks_of_one(_digits(text))
        if marks is not None:
            told.setdefault(marks, text.strip())
    if len(told) > 1:
        raise SumError(
            f"{_quoted(told[Marks.POINT])} has a point before its decimals and {_quoted(told[Marks.COMMA])} a comma. "
            "Write all amounts one way, as in 1,234.50."
        )
    return next(iter(told), None)


def read_sum(text: str, marks: Marks | None = None, *, sure: bool = False) -> Decimal:
    """The sum that a text holds. `marks` is how its neighbours are written, or, where `sure`, what the person said.

    "1,234" alone is taken as thousands, as the pages here write them; "1.234" alone is asked about. Raises SumError.
    """
    spelt = CURRENCY.sub("", plain(text)).strip()
    if re.fullmatch(r"\(.*\)|-.*|.*\d-", spelt):
        raise SumError(f"{_quoted(text)} is negative. A limit is 0 or more.")
    if re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d{1,2}", spelt):
        return _whole(Decimal(spelt), text)
    digits = _digits(text)
    if not NUMBER.fullmatch(digits):
        raise SumError(f"{_quoted(text)} is no amount. Write a number, as in 9,000.50.")
    own = _marks_of_one(digits)
    if own is not None and marks is not None and own != marks:
        raise SumError(f"{_quoted(text)} is written another way than the other amounts. Write it as they are.")
    decimals = own or marks or Marks.POINT
    lone = GROUPED.fullmatch(digits)
    if own is None and not sure and lone and lone[1] == decimals.mark:
        raise SumError(
            f"{_quoted(text)}: are the digits after the {decimals} thousands or decimals? {_both(digits, lone[1])}"
        )
    return _whole(Decimal(_bare(digits, decimals, text)), text)


def _digits(text: str) -> str:
    return CURRENCY.sub("", plain(text)).strip(" ()+-")


def _marks_of_one(digits: str) -> Marks | None:
    """What one sum tells of its marks: both kinds, one kind twice, or a lone one that no thousands can follow."""
    points, commas = digits.count("."), digits.count(",")
    if not NUMBER.fullmatch(digits) or not points + commas:
        return None
    if points and commas:
        return Marks.POINT if digits.rfind(".") > digits.rfind(",") else Marks.COMMA
    if points > 1:
        return Marks.COMMA
    if commas > 1:
        return Marks.POINT
    lone = Marks.POINT if points else Marks.COMMA
    before, after = re.split(r"[.,]", digits)
    grouped_otherwise = re.search(r"\d[ ']\d", before)
    if grouped_otherwise or not re.fullmatch(r"\d{3}", after) or not re.fullmatch(r"[1-9]\d{0,2}", before):
        return lone
    return None


def _bare(digits: str, decimals: Marks, text: str) -> str:
    """Digits with a point at most. Raises SumError where the thousands are not in threes, or lakhs in twos."""
    other = "," if decimals is Marks.POINT else "."
    whole, _, part = digits.partition(decimals.mark)
    groups = re.split(rf"[{other} ']", whole)
    even = len(groups) == 1 or re.fullmatch(r"\d{1,3}(_\d{3})+|\d{1,2}(_\d{2})*_\d{3}", "_".join(groups))
    if not even or not re.fullmatch(r"\d*", part):
        raise SumError(f"{_quoted(text)} is no amount. Set thousands apart in threes, as in 1,234.50.")
    return f"{''.join(groups) or '0'}.{part or '0'}"


def _whole(amount: Decimal, text: str) -> Decimal:
    amount = amount.normalize()
    if -int(amount.as_tuple().exponent) > MOST_PLACES:
        raise SumError(f"{_quoted(text)} has more than {MOST_PLACES} decimals. Round it.")
    return amount if int(amount.as_tuple().exponent) <= 0 else amount.quantize(Decimal(1))


def _both(digits: str, mark: str) -> str:
    whole, part = digits.split(mark)
    return f"Write {whole}{part} or {whole}{mark}{part}0."


def _quoted(text: str) -> str:
    shown = " ".join(text.split())
    return f"“{shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 1] + '…'}”"
