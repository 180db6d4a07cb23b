"""Coalescing: posts that wait in one process are written by one of them, in one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

P = TypeVar("P")
R = TypeVar("R")


class _Ticket(Generic[P, R]):
    __slots__ = ("error", "leads", "post", "result", "size", "woken")

    def __init__(self, post: P, size: int) -> None:
        self.post = post
        self.size = size
        self.result: R | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.woken = threading.Event()


class Coalescer(Generic[P, R]):
    """Gathers posts of many threads into groups for `write`, which returns one result per post, in order.

    The first thread to come leads: it writes what waits, its own post among it, then hands the lead to the next that
    came meanwhile. There is no thread of its own, so it lives through forks and needs no stopping. When a group fails,
    its posts are written one by one: a bad post never fails its neighbours. Errors that are `hopeless` are no post's
    fault (the database is away) and all of the group's. A thread calls `before_waiting` when another one leads, to give
    back what the leader may need.
    """

    def __init__(
        self,
        write: Callable[[Sequence[P]], Sequence[R]],
        most: int = 5_000,
        hopeless: tuple[type[BaseException], ...] = (),
        before_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self._write = write
        self._most = most
        self._hopeless = hopeless
        self._before_waiting = before_waiting
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket[P, R]] = deque()
        self._led = False

    def submit(self, post: P, size: int = 1) -> R:
        """Writes one post of `size` events with whatever else waits; returns its result or raises its error."""
        ticket: _Ticket[P, R] = _Ticket(post, size)
        with self._lock:
            self._waiting.append(ticket)
            if not self._led:
                self._led = ticket.leads = True
        if not ticket.leads:
            self._wait(ticket)
        if ticket.leads:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]

    def _wait(self, ticket: _Ticket[P, R]) -> None:
        """Until it is written or leads. A thread that is interrupted takes its post back, or passes the lead on."""
        try:
            self._before_waiting()
            ticket.woken.wait()
        except BaseException:
            with self._lock:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
            if ticket.leads:
                self._hand_over()
            raise

    def _lead(self) -> None:
        group = self._take()
        try:
            self._settle(group)
        finally:
            for ticket in group:
                ticket.woken.set()
            self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            heir = self._waiting[0] if self._waiting else None
            if heir is None:
                self._led = False
            else:
                heir.leads = True
                heir.woken.set()

    def _take(self) -> list[_Ticket[P, R]]:
        with self._lock:
            group = [self._waiting.popleft()]
            total = group[0].size
            while self._waiting and total + self._waiting[0].size <= self._most:
                group.append(self._waiting.popleft())
                total += group[-1].size
            return group

    def _settle(self, group: list[_Ticket[P, R]]) -> None:
        try:
            results = self._write([ticket.post for ticket in group])
        except BaseException as error:
            if len(group) == 1 or isinstance(error, self._hopeless):
                for ticket in group:
                    ticket.error = error
                return
            for ticket in group:
                try:
                    (ticket.result,) = self._write([ticket.post])
                except BaseException as own:
                    ticket.error = own
            return
        for ticket, result in zip(group, results, strict=True):
            ticket.result = result
