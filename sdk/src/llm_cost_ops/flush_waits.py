"""Those who wait for a flush."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Callable


@dataclass(eq=False)
class FlushWait:
    """Somebody waits until all records up to `number` are settled, and the look for orphans `scan` is done."""

    number: int
    scan: int
    settled: Future[bool] = field(default_factory=Future)


class FlushWaits:
    """Those that are open. Whoever uses this holds the outbox's lock."""

    def __init__(self) -> None:
        self._open: list[FlushWait] = []

    def add(self, number: int, scan: int) -> FlushWait:
        """A new one; those that nobody waits for any more are forgotten."""
        wait = FlushWait(number, scan)
        self._open = [other for other in self._open if not other.settled.cancelled()] + [wait]
        return wait

    def end_settled(self, earliest: Callable[[], int | None], scans_done: int) -> None:
        """Ends those that have come true; `earliest` gives the first number that is not settled."""
        if not self._open:
            return
        first = earliest()
        for wait in list(self._open):
            if wait.scan <= scans_done and (first is None or first > wait.number):
                self._end(wait, settled=True)

    def give_up(self) -> None:
        """Tells everybody that it will not come true."""
        for wait in list(self._open):
            self._end(wait, settled=False)

    def _end(self, wait: FlushWait, *, settled: bool) -> None:
        self._open.remove(wait)
        if wait.settled.set_running_or_notify_cancel():
            wait.settled.set_result(settled)
