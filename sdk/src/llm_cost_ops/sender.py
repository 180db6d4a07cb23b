"""The sender: posts batches, keeps apart what the server will not have, and waits while it takes none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from llm_cost_ops.backoff import Backoff
from llm_cost_ops.delivery import Delivery, Mailer, event_of
from llm_cost_ops.journal import Journal
from llm_cost_ops.outbox import Outbox
from llm_cost_ops.records import Batch, Record
from llm_cost_ops.spool import Spool
from llm_cost_ops.transport import Transport
from llm_cost_ops.troubles import Troubles

logger = logging.getLogger("llm_cost_ops")

USAGE_PATH = "usage/"
POST_TIMEOUT = 30.0

OnRejected = Callable[[dict[str, Any], Any], None]


class Sender:
    """Moves records from the outbox and the spool to the server. `failures` counts those in a row."""

    def __init__(
        self,
        outbox: Outbox,
        spool: Spool,
        journal: Journal,
        troubles: Troubles,
        transport: Transport,
        backoff: Backoff,
        on_rejected: OnRejected | None,
    ) -> None:
        self._outbox = outbox
        self._spool = spool
        self._journal = journal
        self._troubles = troubles
        self._transport = transport
        self._backoff = backoff
        self._on_rejected = on_rejected
        self._mailer = Mailer(self._post)
        self.failures = 0

    def work(self) -> None:
        """In a thread of its own, until the outbox is closed."""
        outbox = self._outbox
        while True:
            job = outbox.next_job()
            if job is None:
                return
            if isinstance(job, Batch):
                self._send(job)
                self._journal.forget(outbox.first_in_memory())
            else:
                asked = outbox.scans_asked
                outbox.scanned(asked, self._spool.take_over())

    def _send(self, batch: Batch) -> None:
        try:
            if batch.segment is not None:
                self._load(batch)
            self._conclude(batch, self._mailer.deliver(batch.records))
        except Exception:
            # A defect of ours must neither end the thread nor lose the batch.
            logger.exception("Sending usage failed in an unforeseen way; it is tried again")
            self.failures += 1
            self._outbox.wait_until_saved(batch)
            self._outbox.give_back(batch, batch.records, self._backoff.wait(self.failures), stuck=False)

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
            if self.failures:
                logger.info("CostOps at %s takes usage again", self._transport.wire.endpoint)
            self.failures = 0
            self._troubles.over("away", "refused")
            self._outbox.settle()
            return
        if segment is not None and len(result.left) < len(batch.records):
            self._spool.rewrite(segment, [record.line for record in result.left])
        self.failures += 1
        if result.may_pass:
            pause = self._backoff.wait(self.failures, result.retry_after)
            self._troubles.say(
                logging.WARNING,
                "away",
                "CostOps at %s does not take usage now (%s); it is kept %s and sent when it does",
                self._transport.wire.endpoint,
                result.error,
                self._where(),
            )
        else:
            pause = self._backoff.held
            self._troubles.say(
                logging.ERROR,
                "refused",
                "CostOps at %s refuses this tracker's usage (%s). It is kept %s: correct the key or the endpoint, "
                "or send it with another key by: python -m llm_cost_ops flush FOLDER",
                self._transport.wire.endpoint,
                result.error,
                self._where(),
            )
        self._outbox.give_back(batch, result.left, pause, stuck=not result.may_pass)

    def _where(self) -> str:
        # Before anything of its own is written, what it sends is what others left, and lies where they put it.
        folder = self._spool.folder or next((path.parent for path in self._spool.files_waiting()), None)
        return "in memory, since no folder could be used," if folder is None else f"in {folder}"

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
