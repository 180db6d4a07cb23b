"""Columns of values as PostgreSQL's array literals: one parameter each, several times faster than element by element.

Sent as text of no type, so that the cast in the statement alone decides what they are, and a statement is prepared once
whatever the values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models.expressions import RawSQL


def plain(values: Iterable[int | Decimal | UUID | str | None]) -> str:
    """Numbers, UUIDs and words of ours, whose text never needs quotes."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def instants(values: Iterable[datetime | None]) -> str:
    """Instants, with their offset."""
    return "{" + ",".join(["NULL" if value is None else value.isoformat() for value in values]) + "}"


def among(ids: Iterable[int]) -> RawSQL:
    """Ids for the right side of an `__in` lookup: one parameter, where Django would bind a thousand one by one."""
    return RawSQL("SELECT unnest(%s::bigint[])", [plain(ids)])


def texts(values: Iterable[str | None]) -> str:
    """Any text; every element in quotes, so that no text is taken for NULL."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
