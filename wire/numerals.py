"""Numbers as people write them: 1,234.50 and 1.234,50, told apart by all the numbers of a table together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from wire.money import SYMBOLS

Mark = Literal[".", ","]
OTHER: Mapping[Mark, Mark] = {".": ",", ",": "."}
#: What people put between thousands beside the two marks, and Arabic's own marks.
TIDY = str.maketrans({"'": "", "’": "", "_": "", "٬": ",", "٫": ".", "،": ","})
SHAPE = re.compile(r"\d[\d.,]*|[.,]\d+")
OPEN = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
LONGEST = 60


class NumberError(ValueError):
    """The text is no number; the message says what to write."""


class Unclear(ValueError):
    """Numbers that can be read in two ways. `example` is one of them; `other`, where there is one, contradicts it."""

    def __init__(self, example: str, other: str = "") -> None:
        super().__init__(example)
        self.example = example
        self.other = other


class Bare(NamedTuple):
    """A number without what stands around it: its digits and marks, and whether it is below zero."""

    digits: str
    negative: bool


def bare(text: str, currency: str) -> Bare:
    """Takes the currency, blanks and accountants' brackets off. Raises NumberError, for another currency too."""
    tidy = unicodedata.normalize("NFKC", text).translate(TIDY)
    tidy = "".join(tidy.split()).replace("\u2212", "-")
    negative = tidy.startswith("(") and tidy.endswith(")")
    tidy = tidy.strip("()") if negative else tidy
    for name in {currency, SYMBOLS.get(currency, currency)}:
        pattern = rf"(-?){re.escape(name)}(-?)(.*)|(.*?){re.escape(name)}"
        if found := re.fullmatch(pattern, tidy, re.I | re.S):
            tidy = found[4] if found[4] is not None else f"{found[1] or found[2]}{found[3]}"
            break
    negative = negative or tidy.startswith("-")
    digits = tidy[1:] if tidy[:1] in ("+", "-") else tidy
    if len(digits) > LONGEST or not SHAPE.fullmatch(digits):
        raise NumberError(_no_number(text, currency))
    return Bare(digits, negative)


def _no_number(text: str, currency: str) -> str:
    shown = text.strip()[:40]
    others = [name for name, sign in SYMBOLS.items() if name != currency and (name in text.upper() or sign in text)]
    if others:
        return f"“{shown}” is in {others[0]}, and amounts here are in {currency}. Convert it first."
    return f"“{shown}” is no number. Write one such as 1,234.50."


def decimal_mark(texts: Iterable[str], currency: str) -> Mark:
    """The decimal mark of all these numbers together, the point where none has one. Raises Unclear.

    "1,234" alone can be read in two ways; "1,234.50", "1,234,567", "12.5" or "0.125" beside it cannot. What is no
    number is passed over.
    """
    said: dict[Mark, str] = {}
    unclear = ""
    for text in texts:
        try:
            digits = bare(text, currency).digits
        except NumberError:
            continue
        if mark := _said_by(digits):
            said.setdefault(mark, text.strip())
        elif OPEN.fullmatch(digits):
            unclear = unclear or text.strip()
    if len(said) > 1:
        raise Unclear(said["."], said[","])
    if not said and unclear:
        raise Unclear(unclear)
    return next(iter(said), ".")


def _said_by(digits: str) -> Mark | None:
    """The decimal mark that one number shows, None where it has none or can be read in two ways."""
    used: list[Mark] = [mark for mark in OTHER if mark in digits]
    if len(used) == 2:
        return max(used, key=digits.rindex)
    if not used:
        return None
    if digits.count(used[0]) > 1:
        return OTHER[used[0]]
    return None if OPEN.fullmatch(digits) else used[0]


def read_number(text: str, mark: Mark, currency: str) -> Decimal:
    """The number with this decimal mark. Raises NumberError, also for thousands that are set apart oddly."""
    digits, negative = bare(text, currency)
    group = re.escape(OTHER[mark])
    whole, _, part = digits.partition(mark)
    odd = mark in part or OTHER[mark] in part
    if odd or (OTHER[mark] in whole and not re.fullmatch(rf"\d{{1,3}}({group}\d{{2,3}})*{group}\d{{3}}", whole)):
        raise NumberError(
            f"“{text.strip()[:40]}” is no number with “{mark}” before its decimals. Check its separators."
        )
    whole = whole.replace(OTHER[mark], "") or "0"
    number = Decimal(f"{whole}.{part}" if part else whole)
    return -number if negative else number
