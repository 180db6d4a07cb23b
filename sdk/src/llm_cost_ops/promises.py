"""What was promised to those who wait for a flush."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Callable


@dataclass(eq=False)
class Promise:
    """Somebody waits until all records up to `number` are settled, and the look for orphans `scan` is done."""

    number: int
    scan: int
    kept: Future[bool] = field(default_factory=Future)


class Promises:
    """Those that are open. Whoever uses this holds the outbox's lock."""

    def __init__(self) -> None:
        self._open: list[Promise] = []

    def give(self, number: int, scan: int) -> Promise:
        """A new one; those that nobody waits for any more are forgotten."""
        promise = Promise(number, scan)
        self._open = [other for other in self._open if not other.kept.cancelled()] + [promise]
        return promise

    def keep(self, earliest: Callable[[], int | None], scans_done: int) -> None:
        """Keeps those that have come true; `earliest` gives the first number that is not settled."""
        if not self._open:
            return
        first = earliest()
        for promise in list(self._open):
            if promise.scan <= scans_done and (first is None or first > promise.number):
                self._end(promise, kept=True)

    def break_all(self) -> None:
        """Tells everybody that it will not come true."""
        for promise in list(self._open):
            self._end(promise, kept=False)

    def _end(self, promise: Promise, *, kept: bool) -> None:
        self._open.remove(promise)
        if promise.kept.set_running_or_notify_cancel():
            promise.kept.set_result(kept)
