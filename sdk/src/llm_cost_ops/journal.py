"""A copy on disk of what only memory holds, so that a process that is killed loses nothing.

Every event is written to it in the caller's thread before record_usage returns. That takes microseconds, since nothing
is synced: the system has it in its cache, and writes it whatever becomes of the process. (If the machine fails, what
the spool writer has not synced by then is lost.) A part is emptied when all that it holds is settled or in the spool.
Who takes over a dead process's files sends its journal too; some of it may be booked already, and counts once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from llm_cost_ops.spool import APPEND, JOURNAL, Spool

logger = logging.getLogger("llm_cost_ops")

PART_BYTES = 1_000_000
SLOW = 0.2  # seconds; a disk that takes longer for a line, twice in a row, is not asked again for a while
PATIENCE = 1.0  # seconds that a caller waits for its turn: who has it may be kept from a busy processor


@dataclass(eq=False)
class _Part:
    path: Path
    fd: int
    last: int = 0
    size: int = 0


class Journal:
    """One process's journal. It makes no folder or file before the first event, and raises nothing."""

    def __init__(self, spool: Spool, pause: float) -> None:
        """`pause`: seconds for which a disk that failed or was slow is left alone; the spool writer has to do then."""
        self._spool = spool
        self._pause = pause
        self._lock = threading.RLock()  # reentrant: a signal handler may record while its thread is in here
        self._parts: list[_Part] = []
        self._opening = False
        self._below = 0
        self._slow = 0
        self._resting_until = 0.0

    def write(self, number: int, line: bytes) -> None:
        """Adds the record of that number, unless it has been settled meanwhile."""
        if time.monotonic() < self._resting_until:
            return
        failed = False
        if self._lock.acquire(timeout=PATIENCE):
            began = time.monotonic()
            try:
                if number >= self._below and not self._opening:
                    self._append(number, line + b"\n")
            except OSError:
                failed = True
            finally:
                self._lock.release()
            is_slow = time.monotonic() - began >= SLOW
        else:
            is_slow = True
        self._slow = self._slow + 1 if is_slow else 0
        if failed or self._slow > 1:
            self._resting_until = time.monotonic() + self._pause

    def _append(self, number: int, data: bytes) -> None:
        part = self._parts[-1] if self._parts else None
        if part is None or part.size >= PART_BYTES:
            self._opening = True
            try:
                path = self._spool.new_path(JOURNAL)
                part = _Part(path, os.open(path, APPEND, 0o600))
                self._parts.append(part)
            finally:
                self._opening = False
        if os.write(part.fd, data) != len(data):
            os.ftruncate(part.fd, part.size)
            raise OSError("the disk is full")
        part.size += len(data)
        part.last = max(part.last, number)

    def forget(self, below: int) -> None:
        """All records under that number are settled, or safe elsewhere: drops the parts that hold no other."""
        if not self._lock.acquire(timeout=SLOW):
            return  # somebody's write hangs; what is dropped later, or sent a second time, does no harm
        try:
            self._below = max(self._below, below)
            while self._parts and self._parts[0].last < below:
                part = self._parts[0]
                if len(self._parts) == 1:
                    if part.size:
                        os.ftruncate(part.fd, 0)
                        part.size = 0
                    return
                self._drop(part)
        except OSError as error:
            logger.debug("The journal could not be emptied: %s", error)
        finally:
            self._lock.release()

    def _drop(self, part: _Part) -> None:
        self._parts.remove(part)
        os.close(part.fd)
        with contextlib.suppress(FileNotFoundError):
            part.path.unlink()

    def close(self) -> None:
        """Leaves on disk only what is safe nowhere else."""
        self._resting_until = float("inf")
        if not self._lock.acquire(timeout=SLOW):
            return
        try:
            for part in list(self._parts):
                with contextlib.suppress(OSError):
                    if part.last < self._below:
                        self._drop(part)
                    else:
                        self._parts.remove(part)
                        os.close(part.fd)
        finally:
            self._lock.release()

    def leave_to_parent(self) -> None:
        """In a forked child: closes the copies of the parent's files."""
        for part in self._parts:
            with contextlib.suppress(OSError):
                os.close(part.fd)
