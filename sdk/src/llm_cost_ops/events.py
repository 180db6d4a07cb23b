"""One call's usage as the line that is queued, spooled and sent."""

from __future__ import annotations

import json
import operator
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, TypedDict, Union

from llm_cost_ops.money import Money, decimal_string

TagValue = Union[str, int, float, bool, None]


class Usage(TypedDict, total=False):
    """What may be said of a call beside its provider and model; see Recorder.record_usage."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    audio_input_tokens: int
    audio_output_tokens: int
    web_searches: int
    service_tier: str | None
    cost: Money | None
    free: bool
    project: str | None
    environment: str | None
    department: str | None
    team: str | None
    user: str | None
    tags: Mapping[str, TagValue] | None
    reservation_id: str | uuid.UUID | None
    metadata: Mapping[str, Any] | None
    id: str | uuid.UUID | None
    occurred_at: datetime | None


def usage_line(
    *,
    now: datetime,
    provider: str,
    model: str,
    tokens: Mapping[str, int],
    names: Mapping[str, str | None],
    cost: Money | None,
    free: bool,
    tags: Mapping[str, TagValue] | None,
    metadata: Mapping[str, Any] | None,
    reservation_id: str | uuid.UUID | None,
    id: str | uuid.UUID | None,
    occurred_at: datetime | None,
) -> tuple[str, bytes]:
    """The event's id, and its JSON in one line without the newline.

    `tokens` are counts by kind, `names` the dimensions and the tier. The id is made here, and the time fixed, so that
    the event is the same however often it is sent. Raises ValueError for what no server could take.
    """
    if id is not None and occurred_at is None:
        raise ValueError("an event that brings its id must bring its occurred_at too: together they identify it")
    event_id = str(uuid.uuid4()) if id is None else _uuid(id, "id")
    event: dict[str, Any] = {
        "id": event_id,
        "occurred_at": _instant(now if occurred_at is None else occurred_at),
        "provider": _required(provider, "provider"),
        "model": _required(model, "model"),
    }
    event.update((name, _count(value, name)) for name, value in tokens.items() if value != 0)
    event.update((name, _text(value, name)) for name, value in names.items() if value is not None and value != "")
    if cost is not None:
        event["cost"] = decimal_string(cost, "cost")
        if Decimal(event["cost"]) < 0:
            raise ValueError("cost must not be negative")
    if free is not False:
        if free is not True:
            raise ValueError("free must be True or False")
        event["free"] = True
    if reservation_id is not None:
        event["reservation_id"] = _uuid(reservation_id, "reservation_id")
    if tags:
        event["tags"] = _tags(tags)
    if metadata:
        event["metadata"] = dict(_mapping(metadata, "metadata"))
    try:
        return event_id, json.dumps(event, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"metadata and tags must be plain JSON: {error}") from None


def _count(value: int, name: str) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {type(value).__name__}") from None
    if isinstance(value, bool) or count < 0:
        raise ValueError(f"{name} must be a whole number from 0 on")
    return count


def _text(value: str, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string, not {type(value).__name__}")
    return value


def _required(value: str, name: str) -> str:
    text = _text(value, name)
    if not text.strip():
        raise ValueError(f"{name} must not be empty")
    return text


def _uuid(value: str | uuid.UUID, name: str) -> str:
    try:
        return str(value if isinstance(value, uuid.UUID) else uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"{name} must be a UUID") from None


def _instant(value: datetime) -> str:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError("occurred_at must be a datetime with a time zone")
    return value.astimezone(timezone.utc).isoformat()


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name} must be a dict with strings as keys")
    return value


def _tags(tags: Mapping[str, TagValue]) -> dict[str, TagValue]:
    """The tags that have a value; the server makes text of numbers and truth values."""
    for key, value in _mapping(tags, "tags").items():
        if value is not None and not isinstance(value, (str, int, float)):
            raise ValueError(f"tags[{key!r}] must be a string or a number, not {type(value).__name__}")
    return {key: value for key, value in tags.items() if value is not None}
