"""JSON as the API accepts it: strict, with numbers that keep their digits and text that can be stored."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal, DecimalException
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from wire.errors import TooLarge


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except DecimalException:
        raise ValueError(f"{digits[:40]} is too large or too small a number") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{twice[:100]!r} is there twice in one object")
    return found


class StrictJSONParser(BaseParser):
    """Reads UTF-8 JSON; fractions become Decimal, so that money never passes through a float."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as Python values, or a ParseError that says where it stops being JSON."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        return read_json(body)


def read_json(body: bytes) -> Any:
    """The value of a JSON text. Raises ParseError with a sentence that says what is wrong and where."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_object)
        if "\\u" in text or "\x00" in text:
            _refuse_unstorable(value)
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 (byte {error.start}).") from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {str(error).rstrip('.')}.") from None
    return value


def _refuse_unstorable(value: Any) -> None:
    """JSON can escape what no text column can hold."""
    if isinstance(value, str):
        if is_unstorable(value):
            raise ParseError("The body holds a NUL character or half a surrogate pair, which cannot be stored.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner)


def is_unstorable(text: str) -> bool:
    """True for text that PostgreSQL cannot hold."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
