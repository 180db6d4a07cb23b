"""A call as it is posted: its fields, their limits, and what makes one unbelievable."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from usage.domain.pricing.meter import COST_STEP
from usage.domain.tiers import ServiceTier

MAX_EVENTS = 5_000
MAX_TOKENS = 1_000_000_000
MAX_TEXT = 200
MAX_TAGS = 64
MAX_EXTRA_BYTES = 16_384
MAX_DEPTH = 50
MAX_SHOWN = 60
AHEAD = timedelta(minutes=5)
OLDEST = datetime(2015, 1, 1, tzinfo=UTC)

Count = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=r"^[^\x00]*$")]
TagText = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
TagKey = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class Call(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One call to a model, in the field names of the API. Tokens are counts; `cost` is in the company's currency."""

    id: uuid.UUID | None = None
    occurred_at: Annotated[datetime, Meta(tz=True)] | None = None
    provider: Text | None = None
    model: Text | None = None
    input_tokens: Count = 0
    output_tokens: Count = 0
    cached_input_tokens: Count = 0
    cache_write_tokens: Count = 0
    cache_write_1h_tokens: Count = 0
    reasoning_tokens: Count = 0
    audio_input_tokens: Count = 0
    audio_output_tokens: Count = 0
    web_searches: Count = 0
    service_tier: ServiceTier = "default"
    cost: Decimal | None = None
    free: bool = False
    project: Text | None = None
    environment: Text | None = None
    department: Text | None = None
    team: Text | None = None
    user: Text | None = None
    tags: Annotated[dict[TagKey, TagText | int | float | bool | None], Meta(max_length=MAX_TAGS)] | None = None
    reservation_id: uuid.UUID | None = None
    metadata: dict[str, Any] | None = None


class Batch(Struct, forbid_unknown_fields=True):
    """The body of a post: each event is read by itself, so that a bad one leaves its neighbours alone."""

    events: list[msgspec.Raw] | UnsetType = UNSET


class When(Struct):
    """Of an event, the time as it was written."""

    occurred_at: str


Errors = dict[str, list[str]]
HALF_A_PAIR = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
BEYOND_MICROSECONDS = re.compile(rb":\d\d\.\d{7}")
_batch = msgspec.json.Decoder(Batch)
_call = msgspec.json.Decoder(Call)
_when = msgspec.json.Decoder(When)


class BadBatch(ValueError):
    """The body as a whole cannot be taken. `code` and `fields` are those of the API's error."""

    def __init__(self, message: str, code: str = "invalid", fields: Errors | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields or {}


def read_batch(body: bytes) -> list[msgspec.Raw]:
    """The events of a body, each still as JSON. Raises BadBatch when it is none, or holds none or too many."""
    try:
        body.decode("utf-8")
        events = _batch.decode(body).events
    except UnicodeDecodeError as error:
        raise BadBatch(f"The body is not UTF-8 (byte {error.start}).", "malformed") from None
    except msgspec.ValidationError as error:
        raise BadBatch(_sentence(str(error)), fields={"events": [_sentence(str(error))]}) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadBatch(f"The body is not JSON: {why_unreadable(error, body)}.", "malformed") from None
    if events is UNSET or not events:
        message = 'Send {"events": [...]} with at least one event.'
        raise BadBatch(message, fields={"events": ["This list may not be empty."]})
    if len(events) > MAX_EVENTS:
        message = f"A post carries at most {MAX_EVENTS:,} events; this one has {len(events):,}. Send it in parts."
        raise BadBatch(message, "too_large", fields={"events": [message]})
    return events


def read_call(raw: msgspec.Raw, now: datetime, max_cost: Decimal) -> Call | Errors:
    """One event as a Call, or its errors by field."""
    try:
        call = _call.decode(raw)
        if BEYOND_MICROSECONDS.search(raw) and call.occurred_at is not None:
            call.occurred_at = _cut(_when.decode(raw).occurred_at)
    except msgspec.ValidationError as error:
        return _field_error(str(error))
    except (msgspec.DecodeError, RecursionError) as error:
        return {"event": [f"This is not JSON: {why_unreadable(error, raw)}."]}
    return check(call, now, max_cost) or call


def _cut(text: str) -> datetime:
    """A time without its digits beyond microseconds, which msgspec would round: up to another hour, day or month."""
    return msgspec.convert(re.sub(r"(\.\d{6})\d+", r"\1", text), datetime)


def check(call: Call, now: datetime, max_cost: Decimal) -> Errors | None:
    """What makes a well-formed call unbelievable, by field; None when it is sound. Brings the cost to ten decimals."""
    errors: Errors = {}
    if call.id is not None and call.occurred_at is None:
        errors["occurred_at"] = ["An event that names its id must name its occurred_at too."]
    if call.occurred_at is not None:
        if call.occurred_at > now + AHEAD:
            errors["occurred_at"] = [
                f"{call.occurred_at.isoformat()} lies in the future; it is {now:%Y-%m-%dT%H:%M:%SZ}."
            ]
        elif call.occurred_at < OLDEST:
            errors["occurred_at"] = [f"Usage before {OLDEST:%Y-%m-%d} is not kept."]
    parts = call.cached_input_tokens + call.cache_write_tokens + call.cache_write_1h_tokens + call.audio_input_tokens
    if parts > call.input_tokens:
        errors["input_tokens"] = [
            f"Cached, cache-write and audio input are parts of it: {parts:,} is more than {call.input_tokens:,}."
        ]
    parts = call.reasoning_tokens + call.audio_output_tokens
    if parts > call.output_tokens:
        errors["output_tokens"] = [
            f"Reasoning and audio output are parts of it: {parts:,} is more than {call.output_tokens:,}."
        ]
    if call.cost is not None:
        if not call.cost.is_finite():
            errors["cost"] = ["A cost is a finite number."]
        elif call.cost < 0:
            errors["cost"] = [f"A cost is never negative ({_short(call.cost)})."]
        elif call.cost > max_cost:
            errors["cost"] = [f"{_short(call.cost)} for one call is more than this installation takes ({max_cost:,})."]
        else:
            call.cost = call.cost.quantize(COST_STEP, ROUND_HALF_EVEN)
    if call.free and call.cost:
        errors["free"] = ["A call that is free has no cost."]
    if call.metadata is not None and _goes_deeper(call.metadata, MAX_DEPTH):
        errors["metadata"] = [f"Metadata goes at most {MAX_DEPTH} levels deep."]
    elif call.metadata is not None:
        encoded = msgspec.json.encode(call.metadata)
        if len(encoded) > MAX_EXTRA_BYTES:
            errors["metadata"] = [f"Metadata holds at most {MAX_EXTRA_BYTES:,} bytes; this is {len(encoded):,}."]
        elif b"\\u0000" in encoded:
            errors["metadata"] = ["Metadata holds a NUL character, which cannot be stored."]
    if call.tags is not None and sum(len(k) + len(str(v)) for k, v in call.tags.items()) > MAX_EXTRA_BYTES:
        errors["tags"] = [f"Tags hold at most {MAX_EXTRA_BYTES:,} characters."]
    return errors or None


def _goes_deeper(value: object, levels: int) -> bool:
    """Whether objects and lists lie in each other more than so many times: what reads them later would give up."""
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (not levels or any(_goes_deeper(item, levels - 1) for item in value))


def _short(number: Decimal) -> str:
    text = str(number)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _field_error(text: str) -> Errors:
    """msgspec's "Expected `int` >= 0 - at `$.input_tokens`" as {"input_tokens": ["Expected `int` >= 0."]}."""
    if text.startswith("Object contains unknown field"):
        name = text.split("`")[1]
        return {name: ["There is no such field."]}
    reason, found, where = text.partition(" - at `")
    name = where.removeprefix("key` in `").rstrip("`").removeprefix("$").lstrip(".") if found else "event"
    if "pattern" in reason or "matching regex" in reason:
        reason = "This text holds a NUL character, which cannot be stored"
    return {name.split("[")[0] or "event": [_sentence(reason)]}


def why_unreadable(error: Exception, text: bytes | msgspec.Raw) -> str:
    """What is wrong with JSON; of half a surrogate pair before a quote msgspec says that the text ends."""
    return "half of a surrogate pair is no character" if HALF_A_PAIR.search(text) else str(error)


def _sentence(text: str) -> str:
    return text.replace("`", "").rstrip(".") + "."
