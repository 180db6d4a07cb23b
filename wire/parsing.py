"""JSON as the API accepts it: strict, with numbers that keep their digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


class StrictJSONParser(BaseParser):
    """Reads UTF-8 JSON; fractions become Decimal, so that money never passes through a float."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as Python values, or a ParseError that says where it stops being JSON."""
        try:
            text = stream.read().decode("utf-8")
            return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8 (byte {error.start}).") from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from None
