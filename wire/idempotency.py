"""Idempotency-Key: a POST that creates something does so once, however often it is sent.

The first answer is kept in the transaction of the work itself: either both are there or neither. A second request with
the same key waits for the first to end, then gets the same answer. A request that was refused or failed is not
remembered, since it changed nothing: it may be corrected and sent again under its key. Keys are kept for a day.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from wire.errors import Conflict
from wire.models import IdempotencyRecord
from wire.transactions import tried_again

HEADER = "Idempotency-Key"
REPEATED = "Idempotent-Replayed"
KEPT = timedelta(days=1)
_KEY = re.compile(r"[\x20-\x7e]{1,255}")

CLAIM = """
INSERT INTO wire_idempotencyrecord (caller, key, request_digest, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""


class Answer(NamedTuple):
    """What a request was answered: the status, the JSON as bytes, and whether it was answered before."""

    status: int
    body: bytes
    repeated: bool = False


class _NotKept(Exception):
    """Carries an answer out of a transaction that is rolled back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class KeyReused(Conflict):
    """The key belongs to another request."""

    default_detail = "This Idempotency-Key was used for another request. Use a new key for a new request."
    default_code = "idempotency_key_reused"


def key_of(request: HttpRequest) -> str | None:
    """The key that a request carries, None when it carries none. Raises ValidationError for a key that is none."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    key = text.strip()
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: ["A key is 1 to 255 printable ASCII characters; a random UUID is a good one."]})
    return key


def digest_of(request: HttpRequest, body: bytes) -> bytes:
    """What makes a request the same request: its method, its address and its body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).digest()


def once(caller: str, key: str, request_digest: bytes, work: Callable[[], Answer], now: datetime) -> Answer:
    """Does the work and keeps its answer under the caller's key, or returns the answer that is kept.

    `work` runs in the transaction that keeps the answer; when it raises, or answers 400 or above, nothing of it stays.
    Raises KeyReused when the key was used for another request.
    """
    try:
        return tried_again(lambda: _once(caller, key, request_digest, work, now), "A request with an Idempotency-Key")
    except _NotKept as failed:
        return failed.answer


def _once(caller: str, key: str, request_digest: bytes, work: Callable[[], Answer], now: datetime) -> Answer:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Waits while another request holds the same key, until that one's transaction ends.
            cursor.execute(CLAIM, [caller, key, request_digest, now])
            claimed = cursor.fetchone()
        if claimed is None:
            kept = IdempotencyRecord.objects.get(caller=caller, key=key)
            if bytes(kept.request_digest) != request_digest:
                raise KeyReused
            return Answer(kept.status or 200, bytes(kept.body or b""), repeated=True)
        answer = work()
        if answer.status >= 400:
            raise _NotKept(answer)
        IdempotencyRecord.objects.filter(pk=claimed[0]).update(status=answer.status, body=answer.body)
        return answer


def purge(now: datetime) -> int:
    """Forgets the answers that are older than a day; returns how many."""
    return IdempotencyRecord.objects.filter(created_at__lt=now - KEPT).delete()[0]


def caller_of(request: Request) -> str:
    """Who a key belongs to: the API key that sent it, else the user."""
    return f"key:{request.auth.pk}" if request.auth is not None else f"user:{request.user.pk}"


Handler = TypeVar("Handler", bound=Callable[..., Any])


def idempotent(handler: Handler) -> Handler:
    """Makes a DRF handler that creates something honour Idempotency-Key; the schema then tells of the header."""

    @functools.wraps(handler)
    def handle(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = key_of(request._request)
        if key is None:
            response: HttpResponse = handler(view, request, *args, **kwargs)
            return response

        def work() -> Answer:
            response = handler(view, request, *args, **kwargs)
            body = JSONRenderer().render(response.data) if isinstance(response, Response) else response.content
            return Answer(response.status_code, body)

        digest = digest_of(request._request, request._request.body)
        return http(once(caller_of(request), key, digest, work, timezone.now()))

    handle.idempotent = True  # type: ignore[attr-defined]
    return handle  # type: ignore[return-value]


def http(answer: Answer) -> HttpResponse:
    """The answer as Django sends it; one that was kept says so."""
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.repeated:
        response[REPEATED] = "true"
    return response
