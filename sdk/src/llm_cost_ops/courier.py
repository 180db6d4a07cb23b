"""Takes recorded usage to the server from the background, and to the disk when that takes longer.

Two daemon threads: the sender posts batches; the keeper puts on disk what stays in memory for long,
also what the sender is trying to post. So the caller never waits for network or disk, and a process that is killed
loses at most its last half second (Limits.linger).
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timezone
from typing import Any, Callable

from llm_cost_ops import lifetime
from llm_cost_ops.backoff import Backoff
from llm_cost_ops.delivery import Delivery, Mailer, event_of
from llm_cost_ops.outbox import Outbox
from llm_cost_ops.records import Batch, Limits, Record
from llm_cost_ops.spool import Spool
from llm_cost_ops.transport import Transport

logger = logging.getLogger("llm_cost_ops")

USAGE_PATH = "usage/"
POST_TIMEOUT = 30.0
KNOWN_AWAY = 2  # failures in a row from which the end of a process no longer waits for the server

_SENDER, _KEEPER = "llm_cost_ops sender", "llm_cost_ops keeper"

OnRejected = Callable[[dict[str, Any], Any], None]


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
        self._mailer = Mailer(self._post)
        self._starting = threading.RLock()
        self._may_start = threading.Lock()  # whoever gets it starts the threads, and keeps it
        self._threads: list[threading.Thread] = []
        self._failures = 0
        self._lost = 0
        self._said: set[str] = set()

    def after_fork(self) -> None:
        """In the child: what was queued is the parent's to send."""
        self._spool.leave_to_parent()
        self._begin()
        if self._closed:
            self._outbox.close()

    # The caller's side.

    def record(self, line: bytes) -> None:
        """Takes one event in. Costs a lock and an append; starts the threads at the first."""
        try:
            taken = self._outbox.put(line)
        except OverflowError:
            self._count_lost(1)
            return
        if not taken or not self._start():
            # Closed, or the interpreter is ending: nobody sends any more, but the next process will.
            self._put_aside([line] if not taken else [])

    def send_leftovers(self) -> None:
        """Begins to send what processes before this one left, if they left anything."""
        try:
            waiting = self._spool.has_leftovers()
        except OSError:
            return
        if waiting:
            self._start()

    def settled(self) -> Future[bool]:
        """Comes true when all that was recorded before is accepted, false when the server refuses to."""
        if not self._start():
            self._outbox.close()  # without threads nobody would keep a promise
        return self._outbox.settled()

    def flush(self, timeout: float | None) -> bool:
        """Waits for `settled`; False when the timeout (seconds) passes first."""
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
        if self._threads:
            waiting = outbox.settled()
            while not waiting.done() and time.monotonic() < deadline and self._failures < KNOWN_AWAY:
                concurrent.futures.wait([waiting], timeout=min(0.05, max(0.0, deadline - time.monotonic())))
        outbox.close()
        for thread in self._threads:
            # The sender may hang in a post for as long as it likes; what it holds goes to disk below.
            thread.join(min(0.2, max(0.0, deadline - time.monotonic())) if thread.name == _SENDER else 2.0)
        self._put_aside([])
        self._spool.close()
        outbox.break_promises()
        if not any(thread.is_alive() for thread in self._threads):
            self._transport.close()

    def _start(self) -> bool:
        """Makes sure that the threads run; False when they no longer can."""
        if self._threads:
            return True
        with self._starting:
            if self._threads or self._closed:
                return not self._closed
            if not self._may_start.acquire(blocking=False):
                return True  # we are a signal handler in the midst of the lines below
            started = []
            try:
                for name, work in ((_SENDER, self._send), (_KEEPER, self._keep)):
                    thread = threading.Thread(target=work, name=name, daemon=True)
                    thread.start()
                    started.append(thread)
            except RuntimeError:  # can't start new thread: the interpreter is ending, or the system has no more
                logger.debug("No thread to send usage with")
            self._threads = started
            if not started:
                self._may_start.release()
            return bool(started)

    # The sender.

    def _send(self) -> None:
        outbox, spool = self._outbox, self._spool
        while True:
            job = outbox.next_job()
            if job is None:
                return
            if isinstance(job, Batch):
                self._send_batch(job)
            else:
                asked = outbox.scans_asked
                try:
                    found = spool.take_over()
                except OSError:
                    found = []
                outbox.scanned(asked, found)

    def _send_batch(self, batch: Batch) -> None:
        try:
            if batch.segment is not None:
                self._load(batch)
            self._conclude(batch, self._mailer.deliver(batch.records))
        except Exception:
            # A defect of ours must neither end the thread nor lose the batch.
            logger.exception("Sending usage failed in an unforeseen way; it is tried again")
            self._failures += 1
            self._outbox.wait_until_saved(batch)
            self._outbox.give_back(batch, batch.records, self._backoff.wait(self._failures), stuck=False)

    def _post(self, content: bytes) -> dict[str, Any]:
        return self._transport.post_lines(USAGE_PATH, content, POST_TIMEOUT)

    def _load(self, batch: Batch) -> None:
        segment = batch.segment
        if segment is None:
            return
        try:
            whole, torn = self._spool.read(segment)
        except FileNotFoundError:
            logger.warning("The spooled usage in %s was removed by somebody else", segment.path)
            whole, torn = [], []
        batch.records = [Record(segment.first, 0.0, line) for line in whole]
        if torn:
            self._refuse([(Record(0, 0.0, line), {"line": ["torn by a crash or a failing disk"]}) for line in torn])
            self._spool.rewrite(segment, whole)

    def _conclude(self, batch: Batch, result: Delivery) -> None:
        """Books the outcome: first on disk, then in the outbox. A crash in between repeats, but loses nothing."""
        if result.refused:
            self._refuse(result.refused)
        segment = self._outbox.wait_until_saved(batch)
        if result.error is None:
            if segment is not None:
                self._spool.remove(segment)
            if self._failures:
                logger.info("CostOps at %s takes usage again", self._transport.wire.endpoint)
            self._failures = 0
            self._said -= {"away", "refused"}
            self._outbox.settle(batch)
            return
        if segment is not None and len(result.left) < len(batch.records):
            self._spool.rewrite(segment, [record.line for record in result.left])
        self._failures += 1
        if result.may_pass:
            pause = self._backoff.wait(self._failures, result.retry_after)
            self._say(
                logging.WARNING,
                "away",
                "CostOps at %s does not take usage now (%s); it is kept in %s and sent when it does",
                self._transport.wire.endpoint,
                result.error,
                self._spool.folder,
            )
        else:
            pause = self._backoff.held
            self._say(
                logging.ERROR,
                "refused",
                "CostOps at %s refuses this tracker's usage (%s). It is kept in %s: correct the key or the endpoint, "
                "or send it with another key by CostTracker(spool_dir=that folder)",
                self._transport.wire.endpoint,
                result.error,
                self._spool.folder,
            )
        self._outbox.give_back(batch, result.left, pause, stuck=not result.may_pass)

    def _refuse(self, refused: Sequence[tuple[Record, Any]]) -> None:
        """Keeps what the server will not have where somebody can look at it, and says so."""
        at = datetime.now(timezone.utc).isoformat()
        entries = [{"refused_at": at, "errors": errors, "event": event_of(record.line)} for record, errors in refused]
        try:
            kept: Any = self._spool.keep_rejected(entries)
        except OSError as error:
            kept = f"no file ({error})"
        first = entries[0]
        logger.error(
            "CostOps rejected %d usage event(s); they are kept in %s. The first is %s: %s",
            len(entries),
            kept,
            first["event"].get("id"),
            first["errors"],
        )
        if self._on_rejected is None:
            return
        for entry in entries:
            try:
                self._on_rejected(entry["event"], entry["errors"])
            except Exception:
                logger.exception("on_rejected raised")

    # The keeper.

    def _keep(self) -> None:
        outbox, spool = self._outbox, self._spool
        while True:
            save = outbox.next_save()
            if save is None:
                return
            try:
                segment = spool.append(save.segment, [r.line for r in save.records], save.records[0].number)
            except Exception as error:
                outbox.not_saved(save)
                self._say(
                    logging.WARNING,
                    "disk",
                    "Usage cannot be put on disk in %s (%s); it waits in memory",
                    spool.folder,
                    error,
                )
            else:
                self._said.discard("disk")
                outbox.saved(save, segment)

    def _put_aside(self, lines: Sequence[bytes]) -> None:
        """Writes all that only memory holds, and these lines, to disk: at the end, in the caller's thread."""
        outbox, spool = self._outbox, self._spool
        try:
            if lines:
                spool.append(None, lines, 0)
            while True:
                save = outbox.take_all_for_disk()
                if save is None:
                    return
                try:
                    segment = spool.append(save.segment, [r.line for r in save.records], save.records[0].number)
                except OSError:
                    outbox.not_saved(save)
                    raise
                outbox.saved(save, segment)
        except OSError as error:
            logger.error("Usage cannot be put on disk in %s at the end: %s", spool.folder, error)
            self._count_lost(len(lines) or outbox.in_memory())

    def _count_lost(self, events: int) -> None:
        if self._lost == 0 or self._lost // 10_000 != (self._lost + events) // 10_000:
            logger.error("Usage is lost (%d events so far): neither server nor disk takes it", self._lost + events)
        self._lost += events

    def _say(self, level: int, topic: str, message: str, *parts: object) -> None:
        """Logs once per trouble, not once per attempt."""
        if topic not in self._said:
            self._said.add(topic)
            logger.log(level, message, *parts)
