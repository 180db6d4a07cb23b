"""POST usage/: from a body of events to the ledger and an answer, with as little in between as can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, MethodNotAllowed, ParseError, UnsupportedMediaType

from usage.api.documents import UsagePostShell
from usage.api.sender import Sender, sender_of
from usage.domain.calls import MAX_EVENTS, BadBatch, Call, Errors, read_batch, read_call
from usage.domain.coalesce import Coalescer
from usage.domain.ingest import Outcome, Post, ingest, make_ready
from wire import idempotency
from wire.errors import DATABASE_AWAY, DatabaseAway, TooLarge, body_of, envelope, first_sentence, headers_of
from wire.idempotency import Answer

MOST_ERRORS_SHOWN = 100
STATUS_OF = {"too_large": 413}


def _write(posts: Sequence[Post]) -> list[Outcome]:
    return ingest(posts, timezone.now())


def _give_connection_back() -> None:
    """To the pool, which has fewer than there are threads: those that wait must not hold what the leader needs."""
    if not connection.in_atomic_block:
        connection.close()


_coalescer: Coalescer[Post, Outcome] = Coalescer(
    _write, MAX_EVENTS, hopeless=DATABASE_AWAY, before_waiting=_give_connection_back
)


@csrf_exempt
def post_usage(request: HttpRequest) -> HttpResponse:
    """Takes a post of events; the session's CSRF token is checked where a session is what speaks."""
    try:
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method))
        return idempotency.http(_answer(request, sender_of(request, UsagePostShell.needs["POST"])))
    except DATABASE_AWAY:
        return _refusal(DatabaseAway())
    except APIException as error:
        return _refusal(error)


post_usage.cls = UsagePostShell  # type: ignore[attr-defined]  # what the OpenAPI schema describes this view by
post_usage.initkwargs = {}  # type: ignore[attr-defined]


def _answer(request: HttpRequest, sender: Sender) -> Answer:
    if request.content_type not in ("application/json", ""):
        raise UnsupportedMediaType(request.content_type or "", "Send Content-Type: application/json.")
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge from None
    if not body:
        raise ParseError("The body is empty. Send JSON, with its Content-Length.")
    key = idempotency.key_of(request)
    now = timezone.now()
    taken = _read(body, sender, now)
    if isinstance(taken, Answer):
        return taken
    post, rejected = taken
    if key is None:
        return _accepted(_coalescer.submit(post, len(post.calls)), rejected)
    make_ready([post], now)
    digest = idempotency.digest_of(request, body)
    return idempotency.once(sender.caller, key, digest, lambda: _accepted(ingest([post], now)[0], rejected), now)


def _read(body: bytes, sender: Sender, now: datetime) -> tuple[Post, list[dict[str, Any]]] | Answer:
    """The good events as a post, and the bad ones as the answer tells them; a refusal when none is good."""
    try:
        raw = read_batch(body)
    except BadBatch as error:
        refusal = envelope(error.code, str(error), error.fields)
        return Answer(STATUS_OF.get(error.code, 400), msgspec.json.encode(refusal))
    calls: list[Call] = []
    rejected: list[dict[str, Any]] = []
    for index, event in enumerate(raw):
        call = read_call(event, now, settings.COSTOPS_MAX_EVENT_COST)
        if isinstance(call, Call):
            calls.append(call)
        else:
            rejected.append({"index": index, "errors": call})
    if not calls:
        return _none_good(rejected)
    return Post(calls, sender.defaults, sender.locked, sender.key_id), rejected


def _none_good(rejected: list[dict[str, Any]]) -> Answer:
    fields: Errors = {
        f"events.{event['index']}.{name}": messages
        for event in rejected[:MOST_ERRORS_SHOWN]
        for name, messages in event["errors"].items()
    }
    return Answer(400, msgspec.json.encode(envelope("invalid", first_sentence(fields), fields)))


def _accepted(outcome: Outcome, rejected: list[dict[str, Any]]) -> Answer:
    counts = {"accepted": outcome.accepted, "duplicates": outcome.duplicates, "unpriced": outcome.unpriced}
    return Answer(202, msgspec.json.encode({**counts, "rejected": rejected}))


def _refusal(error: APIException) -> HttpResponse:
    content = msgspec.json.encode(body_of(error))
    response = HttpResponse(content, "application/json", error.status_code, headers=headers_of(error))
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = "POST"
    return response
