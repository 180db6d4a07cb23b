"""What was recorded and is not settled yet: queued in memory, under way, or on disk. Bookkeeping only, no I/O.

A record moves   queue -> flying -> gone            when the server takes it,
                 queue -> flying -> queue           when the server is away, and then
                 queue -> saving -> stored          to disk, from where it flies again.
One lock guards all of it and is never held during I/O, so that recording costs an append to a deque.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Callable, Union

from llm_cost_ops.flush_waits import FlushWaits
from llm_cost_ops.records import Batch, Limits, Record, Save
from llm_cost_ops.spool import POST_BYTES, POST_LINES, SEGMENT_BYTES, SEGMENT_LINES, Segment

LOOK_FOR_ORPHANS = "look for orphans"
Job = Union[Batch, str]


class Outbox:
    """See the module. `clock` is monotonic, in seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.RLock()  # reentrant: a signal handler may record while the same thread is recording
        self._to_send = threading.Condition(self._lock)
        self._to_save = threading.Condition(self._lock)
        self._sender_idle = False
        self._writer_waits = self._writer_idle = False  # idle: it waits, and not for a time
        self._queue: deque[Record] = deque()
        self._bytes = 0
        self._number = 0
        self._flying: Batch | None = None
        self._saves: list[Save] = []
        self._stored: deque[Segment] = deque()
        self._disk_next = False
        self._send_at = self._save_at = self._scan_at = 0.0
        self._scans_asked = self._scans_done = 0
        self._stuck = False
        self._flush_waits = FlushWaits()
        self.closed = False

    def put(self, line: bytes) -> int | None:
        """Queues one event; its number, or None when the outbox is closed.

        Raises OverflowError when memory and disk are full.
        """
        with self._lock:
            if self.closed:
                return None
            limits = self.limits
            if len(self._queue) >= limits.hard_records or self._bytes + len(line) > limits.hard_bytes:
                raise OverflowError
            self._number = number = self._number + 1
            self._queue.append(Record(number, self._clock(), line))
            self._bytes += len(line)
            # Each flag falls before its notify: a signal handler that records inside notify must not enter it again.
            if self._sender_idle:
                self._sender_idle = False
                self._to_send.notify()
            if self._writer_idle or (self._writer_waits and self._is_over(limits)):
                self._writer_idle = self._writer_waits = False
                self._to_save.notify()
            return number

    def settled(self) -> Future[bool]:
        """Comes true when all that is recorded by now is settled, false when the server refuses to take it."""
        with self._lock:
            if self.closed:
                done: Future[bool] = Future()
                done.set_result(self._earliest() is None)
                return done
            self._scans_asked += 1
            wait = self._flush_waits.add(self._number, self._scans_asked)
            if self._stuck:  # one more attempt, since somebody asks
                self._stuck, self._send_at = False, 0.0
            self._sender_idle = False
            self._to_send.notify()
            return wait.settled

    def in_memory(self) -> int:
        """How many records only memory has."""
        with self._lock:
            unsaved = self._unsaved()
            return len(self._queue) + (len(unsaved.records) if unsaved else 0)

    def first_in_memory(self) -> int:
        """The number of the earliest record that is neither settled nor in the spool; the next one if there is none."""
        with self._lock:
            numbers = [self._number + 1]
            if self._queue:
                numbers.append(self._queue[0].number)
            if self._flying is not None and self._flying.segment is None:
                numbers.append(self._flying.first)
            numbers.extend(save.records[0].number for save in self._saves)
            return min(numbers)

    # What the sender does.

    def next_job(self) -> Job | None:
        """Waits for the next batch to send, or for the time to look for orphans; None when closed."""
        with self._lock:
            while not self.closed:
                now = self._clock()
                if now < self._send_at:
                    self._to_send.wait(self._send_at - now)
                    continue
                # Asked for, it comes first, or a busy queue would put it off for ever; but one dead process at a time.
                if self._scans_done < self._scans_asked and not self._stored:
                    return LOOK_FOR_ORPHANS
                batch = self._take()
                if batch is not None:
                    self._flying = batch
                    return batch
                if now >= self._scan_at:
                    return LOOK_FOR_ORPHANS
                self._sender_idle = True
                self._to_send.wait(self._scan_at - now)
                self._sender_idle = False
            return None

    def _take(self) -> Batch | None:
        """Memory and disk by turns, so that neither waits for ever."""
        from_disk = self._stored and (self._disk_next or not self._queue)
        self._disk_next = not from_disk
        if from_disk:
            return Batch([], self._stored.popleft())
        records = self._pop(POST_LINES, POST_BYTES)
        return Batch(records) if records else None

    def _pop(self, lines: int, size_limit: int) -> list[Record]:
        """The oldest records, as many as that; one at least if there is any."""
        records: list[Record] = []
        size = 0
        while self._queue and len(records) < lines:
            weight = len(self._queue[0].line) + 1
            if records and size + weight > size_limit:
                break
            records.append(self._queue.popleft())
            size += weight
        self._bytes -= size - len(records)
        return records

    def scanned(self, asked: int, found: Sequence[Segment]) -> None:
        """Takes in the files of a dead process; with none found, the look that was asked for is done."""
        with self._lock:
            self._stored.extend(found)
            if not found:
                self._scans_done = max(self._scans_done, asked)
                self._scan_at = self._clock() + self.limits.rescan
            self._review()

    @property
    def scans_asked(self) -> int:
        """The number of the last look for orphans that somebody waits for."""
        with self._lock:
            return self._scans_asked

    def wait_until_saved(self, batch: Batch) -> Segment | None:
        """Waits while the batch is being written to disk; its segment then, if it has one. It gets none any more."""
        with self._lock:
            while batch.saving:
                self._to_send.wait()
            batch.answered = True
            return batch.segment

    def settle(self) -> None:
        """The batch under way is done with: taken, or refused for good."""
        with self._lock:
            self._flying = None
            self._review()

    def give_back(self, batch: Batch, left: list[Record], pause: float, *, stuck: bool) -> None:
        """The records that were not sent wait again, and nothing is sent for `pause` seconds.

        `stuck` says that waiting does not cure it: nobody who waits for these records shall wait on.
        """
        with self._lock:
            self._flying = None
            if batch.segment is not None:
                self._stored.appendleft(batch.segment)
            elif not batch.saving:  # else the process ends, and whoever writes the batch says what becomes of it
                self._push_front(left)
            self._send_at = self._clock() + pause
            self._stuck = stuck
            self._review()
            self._to_save.notify()

    # What the spool writer does: nothing stays in memory alone for longer than it must.

    def next_save(self) -> Save | None:
        """Waits for records to put on disk; None when closed."""
        with self._lock:
            while not self.closed:
                now = self._clock()
                due = self._save_due()
                wait = None if due is None else max(due, self._save_at) - now
                if wait is not None and wait <= 0:
                    save = self._take_for_disk()
                    if save is not None:
                        return save
                self._writer_waits, self._writer_idle = True, wait is None
                self._to_save.wait(wait)
                self._writer_waits = self._writer_idle = False
            return None

    def take_all_for_disk(self) -> Save | None:
        """The next records that only memory has, however young: for the end of the process.

        Also of a batch that is answered: rather on disk and posted again than lost with a thread that hangs.
        """
        with self._lock:
            if self._flying is not None:
                self._flying.answered = False
            return self._take_for_disk()

    def take_surplus_for_disk(self) -> Save | None:
        """Records to put on disk if memory has too many and the disk is not left alone; never waits."""
        with self._lock:
            return self._take_for_disk() if self._is_over(self.limits) and self._clock() >= self._save_at else None

    def _save_due(self) -> float | None:
        """When the oldest record that only memory has must go to disk."""
        if self._is_over(self.limits):
            return 0.0
        ages = [self._queue[0].born] if self._queue else []
        unsaved = self._unsaved()
        if unsaved is not None:
            ages.append(unsaved.records[0].born)
        return min(ages) + self.limits.linger if ages else None

    def _is_over(self, limits: Limits) -> bool:
        return len(self._queue) >= limits.soft_records or self._bytes >= limits.soft_bytes

    def _unsaved(self) -> Batch | None:
        """The batch that is under way, if no copy of it is on disk or on its way there, and it needs one."""
        batch = self._flying
        needs = batch is not None and batch.segment is None and not batch.saving and not batch.answered
        return batch if needs else None

    def _take_for_disk(self) -> Save | None:
        unsaved = self._unsaved()
        if unsaved is not None:
            unsaved.saving = True
            save = Save(unsaved.records, batch=unsaved)
        else:
            records = self._pop(SEGMENT_LINES, SEGMENT_BYTES)
            if not records:
                return None
            save = Save(records)
            size = sum(len(record.line) + 1 for record in records)
            if self._stored and self._stored[-1].has_room(len(records), size):
                save.segment = self._stored.pop()
        self._saves.append(save)
        return save

    def saved(self, save: Save, segment: Segment) -> None:
        """The records are on disk."""
        with self._lock:
            self._saves.remove(save)
            if save.batch is not None:
                save.batch.segment, save.batch.saving = segment, False
            if save.batch is None or save.batch is not self._flying:
                self._stored.append(segment)
            self._to_send.notify_all()

    def not_saved(self, save: Save) -> None:
        """The disk failed: the records stay in memory, and the disk is left alone for a while."""
        with self._lock:
            self._saves.remove(save)
            if save.batch is not None:
                save.batch.saving = False
            if save.batch is None or save.batch is not self._flying:
                self._push_front(save.records)
            if save.segment is not None:
                self._stored.append(save.segment)
            self._save_at = self._clock() + self.limits.disk_pause
            self._to_send.notify_all()

    def _push_front(self, records: Sequence[Record]) -> None:
        self._bytes += sum(len(record.line) for record in records)
        if records and self._queue and self._queue[0] < records[-1]:
            self._queue = deque(sorted([*records, *self._queue]))  # two batches came back in the other order
        else:
            self._queue.extendleft(reversed(records))

    # The end.

    def close(self) -> None:
        """Takes no more, and sends the threads home."""
        with self._lock:
            self.closed = True
            self._to_send.notify_all()
            self._to_save.notify_all()

    def give_up_flushes(self) -> None:
        """Tells those who wait that nothing more will happen."""
        with self._lock:
            self._flush_waits.give_up()

    def _earliest(self) -> int | None:
        places = [self._queue[0].number] if self._queue else []
        if self._flying is not None:
            places.append(self._flying.first)
        places.extend(save.records[0].number for save in self._saves)
        places.extend(save.segment.first for save in self._saves if save.segment)
        places.extend(segment.first for segment in self._stored)
        return min(places) if places else None

    def _review(self) -> None:
        """Ends the waits of those whose flush has come true."""
        if self._stuck:
            self._flush_waits.give_up()
        else:
            self._flush_waits.end_settled(self._earliest, self._scans_done)
