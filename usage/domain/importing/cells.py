"""Cells: from what a file holds (text of a CSV, values of JSON or Parquet) to the values of a call. Pure.

None stands for "not said": an empty cell, or one of nothing but spaces.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any, Final

import msgspec

from usage.domain.calls import MAX_TAGS, MAX_TEXT, MAX_TOKENS
from usage.domain.tiers import SERVICE_TIERS

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN: Final = 60
DIGITS: Final = 18  # More are no count, and Python refuses to make an int of thousands.
# An epoch is told by its size: seconds until the year 5138, then milli-, micro- and nanoseconds.
SCALES: Final = ((10**11, 0), (10**14, 3), (10**17, 6), (10**20, 9))
TIERS: Final = {**{tier: tier for tier in SERVICE_TIERS}, "standard": "default"}
TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
FALSE: Final = frozenset({"false", "f", "no", "n", "0", "none"})


class CellError(ValueError):
    """What a cell holds cannot be what it should be; the message says both."""


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def count(value: object) -> int | None:
    """A whole number from 0 to the most that a call may count. "12.0", as spreadsheets write it, is 12."""
    if type(value) is int:
        number = value
    elif isinstance(value, str) and len(value) <= DIGITS and value.isdigit() and value.isascii():
        number = int(value)
    else:
        exact = _decimal(value)
        if exact is None:
            return None
        if not exact.is_finite() or exact != exact.to_integral_value():
            raise CellError(f"{_shown(value)} is not a whole number.")
        number = int(exact) if exact.adjusted() < DIGITS else -1
    if not 0 <= number <= MAX_TOKENS:
        raise CellError(f"{_shown(value)} is not between 0 and {MAX_TOKENS:,}.")
    return number


def amount(value: object) -> Decimal | None:
    """An amount of money with all its digits."""
    return _decimal(value)


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if "_" in text:
            raise CellError(f"{_shown(text)} is not a number.")
    elif isinstance(value, float):
        text = repr(value)  # The shortest text that means this float: what the file's writer had in mind.
    elif isinstance(value, Decimal):
        return value
    elif type(value) is int:
        text = str(value)
    else:
        raise CellError(f"{_shown(value)} is not a number.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellError(f"{_shown(text)} is not a number.") from None


def instant(value: object) -> datetime | None:
    """A time: ISO 8601, or an epoch in seconds, milli-, micro- or nanoseconds. Naive where the cell names no zone.

    Digits beyond microseconds are cut off. A bare date is its midnight.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if text[0].isdigit() and len(text) > 8 and "-" not in text and ":" not in text and "T" not in text:
            return _epoch(text)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise CellError(f"{_shown(text)} is not a time. Write 2025-03-01T09:30:00Z.") from None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, float):
        return _epoch(repr(value))
    if type(value) is int or isinstance(value, Decimal):
        return _epoch(str(value))
    raise CellError(f"{_shown(value)} is not a time.")


def _epoch(text: str) -> datetime:
    try:
        number = Decimal(text)
        places = next(places for limit, places in SCALES if abs(number) < limit)
        return EPOCH + timedelta(microseconds=int(number.scaleb(6 - places)))
    except (InvalidOperation, Overflow, StopIteration, OverflowError, ValueError):
        raise CellError(f"{_shown(text)} is not a time.") from None


@lru_cache(maxsize=8192)
def _text(raw: str) -> str | None:
    text = raw.strip()
    if len(text) > MAX_TEXT:
        raise CellError(f"{_shown(text)} has {len(text)} characters; at most {MAX_TEXT} are kept.")
    if "\x00" in text:
        raise CellError("This text holds a NUL character, which cannot be stored.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise CellError(f"{ascii(text)[:SHOWN]} is not valid UTF-8.") from None
    return text or None


def text(value: object) -> str | None:
    """A label. Numbers become text."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int | Decimal | float | uuid.UUID):
        return _text(str(value).lower() if isinstance(value, bool) else str(value))
    if isinstance(value, bytes):
        return _text(value.decode("utf-8", "surrogateescape"))
    raise CellError(f"{_shown(value)} is not a text.")


def flag(value: object) -> bool | None:
    """Yes or no."""
    word = value if isinstance(value, bool) else text(value)
    if isinstance(word, bool) or word is None:
        return word
    if word.lower() in TRUE | FALSE:
        return word.lower() in TRUE
    raise CellError(f"{_shown(word)} is neither true nor false.")


def tier(value: object) -> str | None:
    """The service tier of a call."""
    word = text(value)
    if word is None:
        return None
    try:
        return TIERS[word.lower()]
    except KeyError:
        raise CellError(f"{_shown(word)} is no service tier. Known are {', '.join(SERVICE_TIERS)}.") from None


def uid(value: object) -> uuid.UUID | None:
    """A UUID."""
    if isinstance(value, uuid.UUID):
        return value
    word = value.hex() if isinstance(value, bytes) and len(value) == 16 else text(value)
    try:
        return None if word is None else uuid.UUID(word)
    except ValueError:
        raise CellError(f"{_shown(word)} is not a UUID.") from None


def mapping(value: object) -> dict[str, Any] | None:
    """An object: JSON text of one, a JSON object, or a Parquet struct or map."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = msgspec.json.decode(value.encode(), strict=True)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise CellError(f"{_shown(value)} is not a JSON object.") from None
    if isinstance(value, Mapping):
        value = list(value.items())
    if not isinstance(value, list) or not all(isinstance(item, tuple) and len(item) == 2 for item in value):
        raise CellError(f"{_shown(value)} is not an object of names and values.")
    return {str(key): found for key, found in value if found is not None}


def tags(value: object) -> dict[str, str] | None:
    """Tags: an object whose values are texts."""
    found = mapping(value)
    if found is None:
        return None
    named = {tag_key(key): _tag(item) for key, item in found.items()}
    if len(named) > MAX_TAGS:
        raise CellError(f"A call has at most {MAX_TAGS} tags, not {len(named)}.")
    return {key: item for key, item in named.items() if item is not None}


def tag_key(key: str) -> str:
    """The name of a tag."""
    name = text(key)
    if name is None or len(name) > 100:
        raise CellError("The name of a tag has 1 to 100 characters.")
    return name


def _tag(value: object) -> str | None:
    if isinstance(value, dict | list):
        raise CellError("The value of a tag is a text.")
    return text(value)


PARSERS: Final[dict[str, Callable[[object], Any]]] = {
    "id": text,
    "occurred_at": instant,
    **dict.fromkeys(("provider", "model", "project", "environment", "department", "team", "user"), text),
    **dict.fromkeys(("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens"), count),
    **dict.fromkeys(("audio_input_tokens", "output_tokens", "reasoning_tokens", "audio_output_tokens"), count),
    "web_searches": count,
    "service_tier": tier,
    "cost": amount,
    "free": flag,
    "tags": tags,
    "reservation_id": uid,
    "metadata": mapping,
}


def parser_of(field: str) -> Callable[[object], Any]:
    """The function that reads a field's cells; it raises CellError."""
    return text if field.startswith("tag:") else PARSERS[field]
