"""Recorded events on their way: one, a batch being sent, a batch being written; and how many may wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from llm_cost_ops.spool import Segment


class Record(NamedTuple):
    """One event: its number in this process, when it was recorded (monotonic seconds), its JSON line."""

    number: int
    born: float
    line: bytes


@dataclass(eq=False)
class Batch:
    """Records that are being sent. `segment` is where they are on disk, if they are.

    `answered` says that the server has spoken: they are settled or queued again in a moment, and no longer written.
    """

    records: list[Record]
    segment: Segment | None = None
    saving: bool = False
    answered: bool = False

    @property
    def first(self) -> int:
        """The earliest number in it."""
        return self.records[0].number if self.segment is None else self.segment.first


@dataclass(eq=False)
class Save:
    """Records that are being written to disk: taken from the queue, or those of a batch that is long under way."""

    records: list[Record]
    segment: Segment | None = None
    batch: Batch | None = None


@dataclass(frozen=True)
class Limits:
    """`linger`: seconds that a record may be in memory alone. `soft`: records and bytes from which the queue goes to
    disk at once. `hard`: what the queue may hold if the disk fails too. `rescan`: seconds between looks for orphans."""

    linger: float = 0.5
    soft_records: int = 10_000
    soft_bytes: int = 8_000_000
    hard_records: int = 100_000
    hard_bytes: int = 64_000_000
    rescan: float = 30.0
    disk_pause: float = 5.0
