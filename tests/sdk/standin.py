"""A stand-in for the server: speaks the wire format of usage/ and budgets/, keeps a ledger, misbehaves on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "lcops_only_for_tests_0123456789"

#: What a server may say of where something is heading; `mood` is of a newer one.
FORECAST = {
    "projected": "320.50",
    "confidence_interval": {"low": "300.00", "high": "350.00"},
    "confidence": 0.95,
    "days_until_exceeded": None,
    "recommended_budget": "400.00",
    "period": {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"},
    "daily": [{"date": "2025-01-01", "actual": "10.00", "projected": None, "budget_limit": "500.00"}],
    "mood": "calm",
}


@dataclass
class Answer:
    """What goes back on the wire."""

    status: int
    body: Any
    headers: dict[str, str]


def refusal(status: int, code: str, message: str, fields: dict[str, list[str]] | None = None, **headers: str) -> Answer:
    """An error in the API's format."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": {"code": code, "message": message, "fields": fields or {}}}, named)


def _scenarios(body: dict[str, Any]) -> dict[str, Any]:
    band = {"low": "1.00", "high": "3.00"}
    named = [scenario["name"] for scenario in body["scenarios"]]
    return {"results": [{"name": name, "projected_cost": "2.00", "confidence_interval": band} for name in named]}


class Dropped(Exception):
    """The connection ends here, without an answer."""


class StandIn:
    """`events` is the ledger by id: the first content stands. `posted` counts how often each id was posted.

    `before` is asked first at every request and may answer in the server's place; so may `before_body`, which is told
    the size of what came. `after` is called when the answer is ready (the events are booked) and may raise Dropped.
    """

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.posted: Counter[str] = Counter()
        self.posts: list[tuple[float, int]] = []
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.budgets: dict[str, dict[str, Any]] = {}
        self.max_bytes = 5_000_000
        self.before: Callable[[str, str], Answer | None] = lambda method, path: None
        self.before_body: Callable[[str, str, int], Answer | None] = lambda method, path, size: None
        self.after: Callable[[str, str], None] = lambda method, path: None
        self._made: dict[str, Answer] = {}
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens, on the port of before."""
        handler = type("Bound", (_Handler,), {"standin": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Goes away, open connections included."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def holding(self) -> Iterator[threading.Event]:
        """Answers nothing until the block ends, though it takes connections; the event says that a request hangs."""
        hangs, release = threading.Event(), threading.Event()

        def hold(method: str, path: str) -> None:
            hangs.set()
            release.wait(60)

        usual, self.before = self.before, hold
        try:
            yield hangs
        finally:
            self.before = usual
            release.set()

    def answer(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        early = self.before(method, path) or self.before_body(method, path, len(raw))
        if early is not None:
            return early
        if headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "not_authenticated", "Send an API key.")
        if len(raw) > self.max_bytes:
            return refusal(413, "too_large", "The request is too large.")
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return refusal(400, "malformed", "The request could not be read.")
        with self._lock:
            self.requests.append((method, path, headers, body))
            if (method, path) == ("POST", "/api/v1/usage/"):
                return self._book(body["events"])
            if (method, path) == ("POST", "/api/v1/budgets/"):
                return self._make_budget(headers, body)
            if path.startswith("/api/v1/forecasts/"):
                return Answer(200, FORECAST if method == "GET" else _scenarios(body), {})
            return self._find_budget(path)

    def _book(self, events: list[dict[str, Any]]) -> Answer:
        self.posts.append((time.monotonic(), len(events)))
        if any(event.get("metadata", {}).get("poison") for event in events):
            return refusal(400, "malformed", "The request could not be read.")
        accepted = duplicates = 0
        rejected: list[dict[str, Any]] = []
        for index, event in enumerate(events):
            self.posted[event["id"]] += 1
            if event["model"] == "no-such-model":
                rejected.append({"index": index, "errors": {"model": ["is not one of ours"]}})
            elif event["id"] in self.events:
                duplicates += 1
            else:
                self.events[event["id"]] = event
                accepted += 1
        if len(rejected) == len(events):
            faults = {f"events.{fault['index']}.model": fault["errors"]["model"] for fault in rejected}
            return refusal(400, "invalid", "No event is good.", dict(list(faults.items())[:100]))
        return Answer(202, {"accepted": accepted, "duplicates": duplicates, "unpriced": 0, "rejected": rejected}, {})

    def _make_budget(self, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        key = headers.get("Idempotency-Key", "")
        if key in self._made:
            return self._made[key]
        identity = str(len(self.budgets) + 1)
        budget = {**body, "id": int(identity), "status": {"state": "ok", "current": "0.00"}, "colour": "green"}
        self.budgets[identity] = budget
        self._made[key] = Answer(201, budget, {})
        return self._made[key]

    def _find_budget(self, path: str) -> Answer:
        parts = path.removeprefix("/api/v1/budgets/").strip("/").split("/")
        if parts[0] not in self.budgets:
            return refusal(404, "not_found", "There is nothing here that you may see.")
        if parts[1:] == ["status"]:
            period = {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"}
            return Answer(200, {"period": period, "limit": "100.00", "current": "0.00021", "state": "ok"}, {})
        return Answer(200, self.budgets[parts[0]], {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed in the middle of a request are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    standin: StandIn

    def setup(self) -> None:
        self.standin._connections.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.standin._connections.discard(self.request)
        super().finish()

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.standin.answer(self.command, self.path, dict(self.headers.items()), raw)
        try:
            self.standin.after(self.command, self.path)
        except Dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
        with contextlib.suppress(OSError):  # who was asking may be gone
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = _serve

    def log_message(self, *args: object) -> None:
        """Says nothing."""
