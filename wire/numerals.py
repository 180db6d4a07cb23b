"""Numbers as people and spreadsheets write them: currencies, thousands set apart, either mark before the decimals.

"1,234.50", "1.234,50", "1 234,50" and "1'234.50" tell by themselves which mark is which. "1,234" and "1.234" do not:
the numbers beside them do, or the person is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from wire.money import SYMBOLS

Mark = Literal[".", ","]
OTHER: Mapping[Mark, Mark] = {".": ",", ",": "."}
DOLLARS = {"US": "USD", "C": "CAD", "CA": "CAD", "A": "AUD", "AU": "AUD"}
CODES = "USD|EUR|GBP|JPY|INR|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CNY|BRL|MXN|SGD|HKD|NZD"
SIGNED = rf"(?:(?:US|CA?|AU?)?\$|[{''.join(SYMBOLS.values())}])"
CURRENCY = re.compile(rf"(?<![a-z])(?:{SIGNED}|(?:{CODES})(?![a-z]))", re.IGNORECASE)
#: One spelling each for the quotes, dashes and Arabic marks that people and their programs write.
SPELT = str.maketrans("’`_٬،٫−‐‑–—", "'''',.-----")
NUMBER = re.compile(r"\d[\d., ']*|[.,]\d+")
POWER = re.compile(r"\d+([.,]\d+)?[eE]\+?\d{1,2}")
# Three digits after a lone mark are thousands to some and decimals to others.
OPEN = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
THOUSANDS = re.compile(r"\d{1,3}(_\d{3})+|\d{1,2}(_\d{2})*_\d{3}")  # in threes, or lakhs in twos
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
    """A number without what stands around it: its digits with their marks, and whether it is below zero."""

    digits: str
    negative: bool


def plain(text: str) -> str:
    """The text in one spelling: no blanks at its ends, plain blanks, quotes, dashes and digits within."""
    spelt = unicodedata.normalize("NFKC", text).translate(SPELT)
    digits = (str(unicodedata.digit(one)) if one.isdecimal() else one for one in spelt)
    return " ".join("".join(one for one in digits if one.isprintable() or one.isspace()).split())


def currency_of(text: str) -> str | None:
    """The currency that a number names, "USD" for "$12" and "US$12"; None where it names none."""
    found = CURRENCY.search(plain(text))
    if found is None:
        return None
    name = found[0].upper()
    signs = {sign: code for code, sign in SYMBOLS.items()}
    return DOLLARS[name[:-1]] if name[-1] == "$" and name[:-1] else signs.get(name, name)


def without_currency(text: str, currency: str = "") -> str:
    """The text in plain spelling without its currency; `currency` is a code that may stand there too."""
    rest = CURRENCY.sub("", plain(text))
    if currency:
        rest = re.sub(rf"(?<![a-z]){re.escape(currency)}(?![a-z])", "", rest, flags=re.IGNORECASE)
    return rest.strip()


def bare(text: str, currency: str = "") -> Bare | None:
    """Takes currency, sign and accountants' brackets off; None for what is no number."""
    inner = without_currency(text, currency)
    bracketed = re.fullmatch(r"\((.*)\)", inner)
    inner = bracketed[1].strip() if bracketed else inner
    negative = bool(bracketed) or inner.startswith("-") or inner.endswith("-")
    digits = re.sub(r"^[+-] ?| ?-$", "", inner, count=1).strip("'")  # one before it makes text of it for a spreadsheet
    if len(digits) > LONGEST or not (NUMBER.fullmatch(digits) or POWER.fullmatch(digits)):
        return None
    return Bare(digits, negative)


def mark_of(digits: str) -> Mark | None:
    """The decimal mark that one number shows, None where it has none or can be read in two ways."""
    if not NUMBER.fullmatch(digits):
        return None
    used: list[Mark] = [mark for mark in OTHER if mark in digits]
    if len(used) == 2:
        return max(used, key=digits.rindex)
    if not used:
        return None
    if digits.count(used[0]) > 1:
        return OTHER[used[0]]
    return None if OPEN.fullmatch(digits) else used[0]


def valued(digits: str, mark: Mark) -> Decimal | None:
    """The number with this decimal mark; None where its thousands are not in threes, or lakhs in twos."""
    if POWER.fullmatch(digits):
        return Decimal(digits.replace(",", "."))
    whole, _, part = digits.partition(mark)
    groups = re.split(rf"[{OTHER[mark]} ']", whole)
    even = len(groups) == 1 or THOUSANDS.fullmatch("_".join(groups))
    if not even or not re.fullmatch(r"\d*", part):
        return None
    return Decimal(f"{''.join(groups) or '0'}.{part}" if part else "".join(groups))


def decimal_mark(texts: Iterable[str], currency: str) -> Mark:
    """The decimal mark of all these numbers together, the point where none has one. Raises Unclear.

    "1,234" alone can be read in two ways; "1,234.50", "1,234,567", "12.5" or "0.125" beside it cannot. What is no
    number is passed over.
    """
    said: dict[Mark, str] = {}
    unclear = ""
    for text in texts:
        number = bare(text, currency)
        if number is None or currency_of(text) not in (None, currency):
            continue
        if mark := mark_of(number.digits):
            said.setdefault(mark, text.strip())
        elif OPEN.fullmatch(number.digits):
            unclear = unclear or text.strip()
    if len(said) > 1:
        raise Unclear(said["."], said[","])
    if not said and unclear:
        raise Unclear(unclear)
    return next(iter(said), ".")


def read_number(text: str, mark: Mark, currency: str) -> Decimal:
    """The number with this decimal mark, in this currency where it names one.

    Raises NumberError, for another currency and for thousands that are set apart oddly too.
    """
    shown = text.strip()[:40]
    named = currency_of(text)
    if named and named != currency:
        raise NumberError(f"“{shown}” is in {named}, and amounts here are in {currency}. Convert it first.")
    number = bare(text, currency)
    if number is None:
        raise NumberError(f"“{shown}” is no number. Write one such as 1,234.50.")
    value = valued(number.digits, mark)
    if value is None:
        raise NumberError(f"“{shown}” is no number with “{mark}” before its decimals. Check its separators.")
    return -value if number.negative else value
