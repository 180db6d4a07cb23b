"""Requests and answers on the wire: one way of asking and reading, sent by threads or by an event loop."""

from __future__ import annotations

import asyncio
import encodings.idna  # noqa: F401  (or else imported at the first look-up of a host: see Transport.__init__)
import os
import re
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx

from llm_cost_ops.backoff import Backoff
from llm_cost_ops.errors import BY_STATUS, ApiError, ConfigurationError, UnavailableError
from llm_cost_ops.results import Result
from llm_cost_ops.spool_folders import spool_folders
from llm_cost_ops.version import __version__

ATTEMPTS = 3
LONGEST_WAIT = 10.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_Answer = TypeVar("_Answer", bound=Result)


@dataclass(frozen=True)
class Call(Generic[_Answer]):
    """One thing to ask the API, and what its answer is."""

    method: str
    path: str
    answer: type[_Answer]
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None


class Wire:
    """Where the server is and who is asking. Builds requests and reads answers; sends nothing."""

    def __init__(self, api_key: str | None, endpoint: str | None, timeout: float) -> None:
        self._api_key = _checked_key(api_key or os.environ.get("LCOPS_API_KEY"))
        self.endpoint = _checked_endpoint(endpoint or os.environ.get("LCOPS_ENDPOINT"))
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"Wire({self.endpoint!r})"

    def spool_folders(self, spool_dir: str | os.PathLike[str] | None) -> list[Path]:
        """Where usage for this server and key waits; the key goes into a digest and no further."""
        return spool_folders(spool_dir, self.endpoint, self._api_key)

    def client_options(self, verify: ssl.SSLContext) -> dict[str, Any]:
        """What both kinds of httpx client are made with."""
        return {
            "base_url": f"{self.endpoint}/api/v1/",
            "headers": {
                "Authorization": f"Bearer {self._api_key}",
                "Accept": "application/json",
                "User-Agent": f"llm-cost-ops-python/{__version__}",
            },
            "timeout": httpx.Timeout(self.timeout, connect=min(self.timeout, 5.0)),
            "verify": verify,
        }

    def unavailable(self, error: httpx.RequestError) -> UnavailableError:
        """The error for a request that got no answer."""
        reason = f" ({error})" if isinstance(error, httpx.NetworkError) and str(error) else ""
        return UnavailableError(f"{self.endpoint} gave no answer: {type(error).__name__}{reason}")

    def read(self, response: httpx.Response) -> dict[str, Any]:
        """The JSON object of an answer; raises ApiError when it is a refusal or not ours."""
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success:
            if isinstance(body, dict):
                return body
            # A proxy or a sign-in page in between may answer 200 to anything.
            raise ApiError(502, "not_our_answer", f"{self.endpoint} does not answer as CostOps does")
        raise _refusal(response, body)


class Transport:
    """Sends over one pool of connections that threads share; a forked child gets a pool of its own."""

    def __init__(self, wire: Wire, backoff: Backoff) -> None:
        self.wire = wire
        self._backoff = backoff
        self._owner = 0
        self._client: httpx.Client | None = None
        # At once and in this thread: httpx imports parts of itself when it makes a client. If a background thread did
        # that while another forked, the child would wait for ever for the lock of a half-imported module.
        self._connected()

    def ask(self, call: Call[_Answer]) -> _Answer:
        """The answer to a call. What may pass (no connection, 429, 5xx) is tried again a little later."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call.answer.read(self._send(call))
            except (UnavailableError, ApiError) as error:
                wait = _pause(error, attempt, self._backoff)
                if wait is None:
                    raise
            time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def post_lines(self, path: str, content: bytes, timeout: float) -> dict[str, Any]:
        """Posts JSON that is already written, once."""
        request = self._connected().build_request(
            "POST", path, content=content, headers={"Content-Type": "application/json"}, timeout=timeout
        )
        return self._exchange(request)

    def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._owner == os.getpid():
            client.close()

    def _send(self, call: Call[Any]) -> dict[str, Any]:
        return self._exchange(self._connected().build_request(*_request(call), **_options(call)))

    def _exchange(self, request: httpx.Request) -> dict[str, Any]:
        try:
            response = self._connected().send(request)
        except httpx.RequestError as error:
            raise self.wire.unavailable(error) from error
        return self.wire.read(response)

    def _connected(self) -> httpx.Client:
        client = self._client
        if client is None or self._owner != os.getpid():
            # After a fork the old pool's sockets and locks are the parent's: leave it alone, also unclosed.
            client = httpx.Client(**self.wire.client_options(_tls()))
            self._owner, self._client = os.getpid(), client
        return client


class AsyncTransport:
    """The same on an event loop; each loop gets its own connections."""

    def __init__(self, wire: Wire, backoff: Backoff) -> None:
        self.wire = wire
        self._backoff = backoff
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None

    async def ask(self, call: Call[_Answer]) -> _Answer:
        """As Transport.ask, without holding up the loop."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call.answer.read(await self._send(call))
            except (UnavailableError, ApiError) as error:
                wait = _pause(error, attempt, self._backoff)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        """Closes this loop's connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _send(self, call: Call[Any]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        client = self._client
        if client is None or self._loop is not loop:
            client = httpx.AsyncClient(**self.wire.client_options(_tls()))
            self._loop, self._client = loop, client
        try:
            response = await client.request(*_request(call), **_options(call))
        except httpx.RequestError as error:
            raise self.wire.unavailable(error) from error
        return self.wire.read(response)


def new_idempotency_key(given: str | None) -> str:
    """The caller's key, or a new one, so that a repeated request makes one thing."""
    if given is None:
        return str(uuid.uuid4())
    if not given or not given.isascii() or not given.isprintable():
        raise ValueError("idempotency_key must be printable ASCII")
    return given


def _request(call: Call[Any]) -> tuple[str, str]:
    return call.method, call.path


def _options(call: Call[Any]) -> dict[str, Any]:
    headers = {} if call.idempotency_key is None else {"Idempotency-Key": call.idempotency_key}
    return {"json": call.body, "headers": headers} if call.body is not None else {"headers": headers}


def _pause(error: Exception, attempt: int, backoff: Backoff) -> float | None:
    """Seconds until the next attempt, or None when there is to be none.

    Every call is safe to repeat: it reads, or it carries an Idempotency-Key.
    """
    if attempt == ATTEMPTS:
        return None
    if isinstance(error, UnavailableError):
        # Who waited for a whole time-out has waited long enough.
        return None if isinstance(error.__cause__, httpx.ReadTimeout) else backoff.wait(attempt)
    if isinstance(error, ApiError) and error.status in PASSING:
        wait = backoff.wait(attempt, error.retry_after)
        return wait if wait <= LONGEST_WAIT else None
    return None


def _refusal(response: httpx.Response, body: Any) -> ApiError:
    status = response.status_code
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        told = {}
    message = str(told.get("message") or f"The server answered {status} {response.reason_phrase}".rstrip())
    if not told:
        message += ", and not as CostOps does"
    if response.is_redirect and not told:
        message = "The server is somewhere else: set the endpoint to the address that it redirects to"
    fields = told.get("fields")
    error = BY_STATUS.get(status, ApiError)(
        status,
        str(told.get("code") or f"http_{status}"),
        message,
        {str(k): [str(text) for text in v] if isinstance(v, list) else [str(v)] for k, v in fields.items()}
        if isinstance(fields, dict)
        else None,
        _seconds(response.headers.get("Retry-After")),
    )
    error.from_costops = bool(told)
    return error


def _seconds(header: str | None) -> float | None:
    """Retry-After as seconds from now: it comes as a number or as a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", header, re.ASCII):
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _checked_key(key: str | None) -> str:
    key = (key or "").strip()
    if not key:
        raise ConfigurationError("No API key: pass api_key=… or set LCOPS_API_KEY")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("The API key has characters that no key has; copy it again")
    return key


def _checked_endpoint(endpoint: str | None) -> str:
    endpoint = (endpoint or "").strip().rstrip("/")
    if not endpoint:
        raise ConfigurationError(
            "No endpoint: pass endpoint=… or set LCOPS_ENDPOINT, as in https://costops.example.com"
        )
    # The value is not repeated in the message: it may be the key, given in the wrong place.
    if not endpoint.lower().startswith(("https://", "http://")):
        raise ConfigurationError("The endpoint should look like https://costops.example.com")
    try:
        parts = urlsplit(endpoint)
        port_is_possible = parts.port != 0
    except ValueError:
        raise ConfigurationError("The endpoint's host or port cannot be read") from None
    if "@" in parts.netloc:
        raise ConfigurationError("The endpoint must not hold a user or password; the API key says who you are")
    if not parts.hostname or not port_is_possible or parts.query or parts.fragment:
        raise ConfigurationError("The endpoint should be a scheme, a host and a path: https://costops.example.com")
    return endpoint


_tls_context: ssl.SSLContext | None = None


def _tls() -> ssl.SSLContext:
    """One TLS context for all clients of this process: reading the certificates costs some 20 ms."""
    global _tls_context
    if _tls_context is None:
        _tls_context = httpx.create_ssl_context()
    return _tls_context
