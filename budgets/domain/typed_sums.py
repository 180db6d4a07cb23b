"""Sums that people write into a budget's limits. How numbers are read is wire's; what a limit can be is said here.

A sum that cannot be a limit is refused in a sentence that says why, one that can be read in two ways is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from wire.numerals import NUMBER, OPEN, POWER, Mark, bare, mark_of, valued, without_currency

MOST_PLACES = 10
MOST_SHOWN = 40
NOT_YET = {"", "-", "--", "n/a", "na", "tbd", "?"}


class SumError(ValueError):
    """A text that is no sum, or none that a limit can be; the message says what to write."""


class Marks(StrEnum):
    """Which mark stands before the decimals."""

    POINT = "point"
    COMMA = "comma"

    @property
    def mark(self) -> Mark:
        """The mark itself."""
        return "." if self is Marks.POINT else ","


def is_left_open(text: str) -> bool:
    """Whether a cell has no sum yet: it is empty, a dash, or "n/a"; with or without a currency beside it."""
    return without_currency(text).lower() in NOT_YET


def looks_like_sum(text: str) -> bool:
    """Whether someone meant a sum, also one that cannot be taken: "1,200", "$(40)", "USD 3.5"."""
    digits = without_currency(text).strip(" ()+-")
    return bool(NUMBER.fullmatch(digits) or POWER.fullmatch(digits))


def marks_of(texts: Iterable[str]) -> Marks | None:
    """What the sums say together of their marks, None where none of them tells. Raises SumError where they disagree."""
    told: dict[Marks, str] = {}
    for text in texts:
        number = bare(text)
        marks = _marks_of_one(number.digits) if number else None
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
    number = bare(text)
    if number is None:
        raise SumError(f"{_quoted(text)} is no amount. Write a number, as in 9,000.50.")
    if number.negative:
        raise SumError(f"{_quoted(text)} is negative. A limit is 0 or more.")
    own = _marks_of_one(number.digits)
    if own is not None and marks is not None and own != marks:
        raise SumError(f"{_quoted(text)} is written another way than the other amounts. Write it as they are.")
    decimals = own or marks or Marks.POINT
    unclear = OPEN.fullmatch(number.digits)
    if own is None and not sure and unclear and unclear[1] == decimals.mark:
        both = _both(number.digits, decimals.mark)
        raise SumError(f"{_quoted(text)}: are the digits after the {decimals} thousands or decimals? {both}")
    amount = valued(number.digits, decimals.mark)
    if amount is None:
        raise SumError(f"{_quoted(text)} is no amount. Set thousands apart in threes, as in 1,234.50.")
    return _short(amount, text)


def _marks_of_one(digits: str) -> Marks | None:
    mark = mark_of(digits)
    return None if mark is None else Marks.POINT if mark == "." else Marks.COMMA


def _short(amount: Decimal, text: str) -> Decimal:
    """The amount without zeros behind its decimals. Raises SumError where it has more than can be kept."""
    amount = amount.normalize()
    if -int(amount.as_tuple().exponent) > MOST_PLACES:
        raise SumError(f"{_quoted(text)} has more than {MOST_PLACES} decimals. Round it.")
    return Decimal(f"{amount:f}")


def _both(digits: str, mark: str) -> str:
    whole, part = digits.split(mark)
    return f"Write {whole}{part} or {whole}{mark}{part}0."


def _quoted(text: str) -> str:
    shown = " ".join(text.split())
    return f"“{shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 1] + '…'}”"
