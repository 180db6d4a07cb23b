"""Takes recorded usage in, and sees to the threads that take it to the server and to the disk: the caller's side.

Two daemon threads: the sender posts batches; the spool writer puts on disk what stays in memory for long. The caller
waits for neither of them.
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Callable

from llm_cost_ops import lifetime
from llm_cost_ops.backoff import Backoff
from llm_cost_ops.journal import Journal
from llm_cost_ops.outbox import Outbox
from llm_cost_ops.records import Limits
from llm_cost_ops.sender import OnRejected, Sender
from llm_cost_ops.spool import Spool
from llm_cost_ops.spool_writer import SpoolWriter
from llm_cost_ops.transport import Transport
from llm_cost_ops.troubles import Troubles

logger = logging.getLogger("llm_cost_ops")

KNOWN_AWAY = 2  # failures in a row from which the end of a process no longer waits for the server

_SENDER, _SPOOL_WRITER = "llm_cost_ops sender", "llm_cost_ops spool writer"


class Courier:
    """One per tracker. Everything public may be called from any thread, and raises nothing on account of the server."""

    def __init__(
        self,
        transport: Transport,
        make_spool: Callable[[], Spool],
        *,
        backoff: Backoff,
        limits: Limits,
        on_rejected: OnRejected | None,
        close_timeout: float,
    ) -> None:
        self._transport = transport
        self._make_spool = make_spool
        self._backoff = backoff
        self._limits = limits
        self._on_rejected = on_rejected
        self.close_timeout = close_timeout
        self._closed = False
        self._begin()
        lifetime.watch_over(self)

    def _begin(self) -> None:
        """The state of a process that has recorded nothing: at the start, and in a child after a fork."""
        self._outbox = Outbox(self._limits)
        self._spool = self._make_spool()
        self._journal = Journal(self._spool, self._limits.disk_pause)
        self._troubles = Troubles()
        parts = self._outbox, self._spool, self._journal, self._troubles
        self._spool_writer = SpoolWriter(*parts)
        self._sender = Sender(*parts, self._transport, self._backoff, self._on_rejected)
        self._starting = threading.RLock()
        self._may_start = threading.Lock()  # whoever gets it starts the threads, and keeps it once they run
        self._work = (_SENDER, _once(self._sender.work)), (_SPOOL_WRITER, _once(self._spool_writer.work))
        self._threads: list[threading.Thread] = []  # those that run: none, the sender, or both
        self._left_behind = False  # whether something was recorded after the end

    def after_fork(self) -> None:
        """In the child: what was queued is the parent's to send."""
        self._journal.leave_to_parent()
        self._spool.leave_to_parent()
        self._begin()
        if self._closed:
            self._outbox.close()

    # The caller's side.

    def record(self, line: bytes) -> None:
        """Takes one event in, in memory and in the journal; starts the threads at the first."""
        try:
            number = self._outbox.put(line)
        except OverflowError:
            self._troubles.count_lost(1)
        else:
            if number is None:  # closed: nobody sends any more, but the next process will
                self._left_behind = True
                self._spool_writer.put_aside([line])
                return
            self._journal.write(number, line)
        if not self._start():
            self._spool_writer.make_room()

    def send_leftovers(self) -> None:
        """Begins to send what processes before this one left, if they left anything."""
        if self._spool.has_leftovers():
            self._start()

    def files_waiting(self) -> list[Path]:
        """The files with usage that are in this tracker's folders now, those of other processes that run included."""
        return self._spool.files_waiting()

    def settled(self) -> Future[bool]:
        """Comes true when all that was recorded before is accepted, false when the server refuses to.

        It is false at once when nobody sends: no thread can be started (the next call tries again), or what was
        recorded after the end waits for the next process.
        """
        self._start()
        if (self._threads or self._outbox.closed) and not self._left_behind:
            return self._outbox.settled()
        nobody_sends: Future[bool] = Future()
        nobody_sends.set_result(False)
        return nobody_sends

    def flush(self, timeout: float | None) -> bool:
        """Waits for `settled`; False when it comes false, or the timeout (seconds) passes first."""
        waiting = self.settled()
        try:
            return waiting.result(timeout)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            waiting.cancel()
            return False

    def close(self, timeout: float | None = None) -> None:
        """Sends what it can within the timeout (seconds) and leaves the rest on disk for the next process."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
        lifetime.let_go(self)
        deadline = time.monotonic() + (self.close_timeout if timeout is None else timeout)
        outbox = self._outbox
        # Without threads there may be what none could be started for, or what a child that was killed has left.
        if outbox.in_memory() or self._spool.has_leftovers():
            self._start_threads()
        if self._threads:
            waiting = outbox.settled()
            while not waiting.done() and time.monotonic() < deadline and self._sender.failures < KNOWN_AWAY:
                concurrent.futures.wait([waiting], timeout=min(0.05, max(0.0, deadline - time.monotonic())))
        outbox.close()
        for thread in self._threads:
            # The sender may hang in a post for as long as it likes; what it holds goes to disk below.
            thread.join(min(0.2, max(0.0, deadline - time.monotonic())) if thread.name == _SENDER else 2.0)
        self._spool_writer.put_aside()
        self._journal.close()
        self._spool.close()
        outbox.give_up_flushes()
        if not any(thread.is_alive() for thread in self._threads):
            self._transport.close()

    def _start(self) -> bool:
        """Makes sure that the threads run; False when they cannot, now or any more."""
        if len(self._threads) == len(self._work):
            return True
        with self._starting:
            return not self._closed and self._start_threads()

    def _start_threads(self) -> bool:
        if not self._may_start.acquire(blocking=False):
            return True  # they run, or we are a signal handler in the midst of the lines below
        try:
            for name, work in self._work[len(self._threads) :]:
                thread = threading.Thread(target=work, name=name, daemon=True)
                thread.start()
                self._threads.append(thread)
        except BaseException as error:
            self._may_start.release()
            if not isinstance(error, RuntimeError):  # Ctrl-C: the thread may run, and is started once more
                raise
            # can't start new thread: the interpreter is ending, or the system has none just now
            logger.debug("No thread to send usage with")
            return False
        return True


def _once(work: Callable[[], None]) -> Callable[[], None]:
    """`work` for the first thread that comes to it; any other ends at once."""
    free = threading.Lock()

    def work_if_nobody_does() -> None:
        if free.acquire(blocking=False):
            work()

    return work_if_nobody_does
