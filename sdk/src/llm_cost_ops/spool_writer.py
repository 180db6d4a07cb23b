"""The spool writer: puts on disk what stays in memory for long, also what the sender is trying to post."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from llm_cost_ops.journal import Journal
from llm_cost_ops.outbox import Outbox
from llm_cost_ops.records import Save
from llm_cost_ops.spool import Spool
from llm_cost_ops.troubles import Troubles

logger = logging.getLogger("llm_cost_ops")


class SpoolWriter:
    """Moves records from the outbox to the spool."""

    def __init__(self, outbox: Outbox, spool: Spool, journal: Journal, troubles: Troubles) -> None:
        self._outbox = outbox
        self._spool = spool
        self._journal = journal
        self._troubles = troubles

    def work(self) -> None:
        """In a thread of its own, until the outbox is closed."""
        while True:
            save = self._outbox.next_save()
            if save is None:
                return
            self._try_to_save(save)

    def make_room(self) -> None:
        """Does the thread's work in the caller's, where there is none, but only once memory is full.

        Until then the journal has it all; a sync for each event would hold up the caller.
        """
        save = self._outbox.take_surplus_for_disk()
        if save is not None:
            self._try_to_save(save)

    def put_aside(self, lines: Sequence[bytes] = ()) -> None:
        """Writes all that only memory holds, and these lines, to disk: at the end, in the caller's thread."""
        try:
            if lines:
                self._spool.append(None, lines, 0)
            while True:
                save = self._outbox.take_all_for_disk()
                if save is None:
                    return
                self._save(save)
        except OSError as error:
            logger.error("Usage cannot be put on disk at the end: %s", error)
            self._troubles.count_lost(len(lines) or self._outbox.in_memory())

    def _try_to_save(self, save: Save) -> None:
        try:
            self._save(save)
        except Exception as error:
            self._troubles.say(logging.WARNING, "disk", "Usage cannot be put on disk (%s); it waits in memory", error)
        else:
            self._troubles.over("disk")

    def _save(self, save: Save) -> None:
        try:
            lines = [record.line for record in save.records]
            segment = self._spool.append(save.segment, lines, save.records[0].number)
        except Exception:
            self._outbox.not_saved(save)
            raise
        self._outbox.saved(save, segment)
        self._journal.forget(self._outbox.first_in_memory())
