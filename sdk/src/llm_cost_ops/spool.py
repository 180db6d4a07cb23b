"""Usage on disk while it waits: append-only files of JSON lines, each file sent as a whole and removed.

A folder holds NAME.lock and NAME.000001.journal, NAME.000002.jsonl, … for every process that recorded something: its
journal, and what it put aside. Whoever holds the lock owns the files: while the process lives that is itself, after its
death the first other process that looks.

Every append to a segment is followed by fsync, so that what has been put aside survives the machine's power failing.
While there are threads it costs callers no wait: the spool writer appends, about twice a second, or thousands of lines
at a time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import stat
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm_cost_ops.claims import Claim

logger = logging.getLogger("llm_cost_ops")

POST_LINES, POST_BYTES = 500, 1_000_000
# What one fsync may put on disk: much more than a post carries, or a burst would outrun a disk that syncs slowly.
SEGMENT_LINES, SEGMENT_BYTES = 20_000, 8_000_000
REJECTED = "rejected.jsonl"
_WRITE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)  # or else Windows makes two bytes of a newline
APPEND, _REPLACE = _WRITE | os.O_APPEND, _WRITE | os.O_TRUNC
SEGMENT, JOURNAL = "jsonl", "journal"
_UNFINISHED = ".new"  # at the end of a file's name: it is being rewritten, and the whole of it is beside this one
_FILE = re.compile(r"(?P<name>\d+-[0-9a-f]{8})\.(lock|\d{6,}\.(jsonl|journal)(\.new)?)")


@dataclass(eq=False)
class Segment:
    """One file of the spool. `first` is the number of the earliest record in it; 0 is before all of this process."""

    path: Path
    claim: Claim
    first: int
    lines: int
    size: int
    adopted: bool

    def has_room(self, lines: int, size: int) -> bool:
        """Whether that many more lines and bytes may be appended."""
        return not self.adopted and self.lines + lines <= POST_LINES and self.size + size <= POST_BYTES


class Spool:
    """The files of one process in a folder, and those it took over. Methods raise OSError when the disk fails."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = list(folders)
        self._folder: Path | None = None
        self._lock = threading.RLock()  # reentrant: a signal handler may record while its thread is in here
        self._claim: Claim | None = None
        self._closed = False
        self._number = 0
        self._taken_over: dict[Claim, set[Path]] = {}

    @property
    def folder(self) -> Path | None:
        """The folder in use; None before anything was written."""
        return self._folder

    def append(self, segment: Segment | None, lines: Sequence[bytes], first: int) -> Segment:
        """Writes the lines, all or none, to the segment or to a new one, and returns where they are."""
        data = b"".join(line + b"\n" for line in lines)
        with self._lock:  # or `close` would take a file that is new for one that stayed empty
            if segment is None:
                segment = self._new_segment(first)
            fd = os.open(segment.path, APPEND, 0o600)
            try:
                _write(fd, data)
            except OSError:
                self._undo(fd, segment)
                raise
        try:
            os.fsync(fd)
        except OSError:
            self._undo(fd, segment)
            raise
        os.close(fd)
        if segment.size == 0:
            _sync_folder(segment.path.parent)
        segment.lines += len(lines)
        segment.size += len(data)
        segment.first = min(segment.first, first)
        return segment

    def _undo(self, fd: int, segment: Segment) -> None:
        segment.lines = SEGMENT_LINES  # nothing goes behind a line that may be torn
        with contextlib.suppress(OSError):
            os.ftruncate(fd, segment.size)
        with contextlib.suppress(OSError):
            os.close(fd)
        if segment.size == 0:
            with contextlib.suppress(OSError):
                segment.path.unlink()

    def read(self, segment: Segment) -> tuple[list[bytes], list[bytes]]:
        """The segment's lines: whole ones, and what is no event: a line torn by a crash or a failing disk."""
        whole: list[bytes] = []
        torn: list[bytes] = []
        for line in segment.path.read_bytes().split(b"\n"):
            if line.strip():
                (whole if _is_event(line) else torn).append(line)
        return whole, torn

    def rewrite(self, segment: Segment, lines: Sequence[bytes]) -> None:
        """Leaves only these lines in the segment, in one step that a crash cannot halve."""
        data = b"".join(line + b"\n" for line in lines)
        new = segment.path.with_name(segment.path.name + _UNFINISHED)
        fd = os.open(new, _REPLACE, 0o600)
        try:
            _write(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(new, segment.path)
        segment.lines, segment.size = len(lines), len(data)

    def remove(self, segment: Segment) -> None:
        """Deletes a segment that has been settled, and the claim of a dead process with its last one."""
        with contextlib.suppress(FileNotFoundError):
            segment.path.unlink()
        with self._lock:
            left = self._taken_over.get(segment.claim)
            if left is not None:
                left.discard(segment.path)
                if not left:
                    del self._taken_over[segment.claim]
                    segment.claim.end(remove=True)

    def take_over(self) -> list[Segment]:
        """The segments of one process that is gone, now ours; empty when there is none, or after `close`."""
        with self._lock:
            ours = {claim.path.stem for claim in (self._claim, *self._taken_over) if claim}
            for folder in [] if self._closed else self._usable():
                for name in sorted(_names_in(folder) - ours):
                    try:
                        found = self._take(folder / f"{name}.lock")
                    except OSError as error:  # it was somebody else's once; the others are not
                        logger.debug("What %s left cannot be taken over: %s", name, error)
                        continue
                    if found:
                        return found
        return []

    def _take(self, lock: Path) -> list[Segment]:
        claim = Claim.take(lock)
        if claim is None:  # its process lives
            return []
        paths: list[Path] = []
        try:
            _tidy(lock, unfinished=True)
            paths = _files_of(lock)
            if paths:
                self._taken_over[claim] = set(paths)
            return [Segment(path, claim, first=0, lines=0, size=0, adopted=True) for path in paths]
        finally:
            if not paths:
                claim.end(remove=not _files_of(lock))

    def has_leftovers(self) -> bool:
        """Whether there are files that another process wrote; perhaps it still lives."""
        return any(_names_in(folder) for folder in self._usable())

    def events_left(self) -> int:
        """How many events wait that processes which are gone have left."""
        events = 0
        for folder in self._usable():
            for name in _names_in(folder):
                try:
                    claim = Claim.take(folder / f"{name}.lock")
                except OSError:  # somebody else's
                    continue
                if claim is None:  # its process lives
                    continue
                paths = _files_of(claim.path)
                try:
                    events += sum(path.read_bytes().count(b"\n") for path in paths)
                finally:
                    claim.end(remove=not paths)
        return events

    def files_waiting(self) -> list[Path]:
        """The files with usage, whoever has them: processes that are gone, or that still run."""
        locks = [folder / f"{name}.lock" for folder in self._usable() for name in sorted(_names_in(folder))]
        return [path for lock in locks for path in _files_of(lock)]

    def keep_rejected(self, entries: Iterable[dict[str, Any]]) -> Path:
        """Adds to the file of events that the server will not have; one write, so that processes do not mix lines."""
        with self._lock:
            path = self._make_folder() / REJECTED
        fd = os.open(path, APPEND, 0o600)
        try:
            _write(fd, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        finally:
            os.close(fd)
        return path

    def close(self) -> None:
        """Gives up every claim, so that another tracker can send what is left."""
        with self._lock:
            self._closed = True
            claims = [*self._taken_over, *([self._claim] if self._claim else [])]
            self._taken_over, self._claim = {}, None
            for claim in claims:
                _tidy(claim.path)
                claim.end(remove=not _files_of(claim.path))

    def leave_to_parent(self) -> None:
        """In a forked child: lets go of the parent's files without touching them."""
        for claim in [*self._taken_over, *([self._claim] if self._claim else [])]:
            claim.leave_to_parent()

    def new_path(self, ending: str) -> Path:
        """Where a new file of this process is to be, SEGMENT or JOURNAL; it is claimed already."""
        with self._lock:
            folder = self._make_folder()
            while self._claim is None:
                # A process that looks for orphans may be faster than our lock; then that name is lost, and harmless.
                self._claim = Claim.take(folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock")
            self._number += 1
            return self._claim.path.with_suffix(f".{self._number:06d}.{ending}")

    def _new_segment(self, first: int) -> Segment:
        with self._lock:
            path = self.new_path(SEGMENT)
            if self._claim is None:
                raise FileNotFoundError("the spool was closed meanwhile")
            return Segment(path, self._claim, first, lines=0, size=0, adopted=False)

    def _usable(self) -> list[Path]:
        """The folders that somebody has made; looking for them makes none.

        All of them: a process that could not write the first one left its usage in the second.
        """
        return [folder for folder in self._folders if _may_use(folder)]

    def _make_folder(self) -> Path:
        if self._folder is not None and _may_use(self._folder):
            return self._folder
        failure: OSError | None = None
        for folder in self._folders:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not _may_use(folder):
                    raise PermissionError(f"{folder} cannot be written, or belongs to somebody else")
            except OSError as error:
                failure = failure or error
            else:
                self._folder = folder
                return folder
        raise failure or FileNotFoundError("no folder for the spool")


def _may_use(folder: Path) -> bool:
    """Where everybody may write (/tmp), only a folder of our own will do: somebody else's could be read or swapped."""
    try:
        if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return False
        if sys.platform == "win32" or not folder.parent.stat().st_mode & stat.S_IWOTH:
            return True
        return folder.lstat().st_uid == os.geteuid()
    except OSError:  # a home that is not even ours to enter
        return False


def _names_in(folder: Path) -> set[str]:
    """The names of the processes that have files in the folder; none if it cannot be read."""
    try:
        return {found["name"] for found in map(_FILE.fullmatch, os.listdir(folder)) if found}
    except OSError:
        return set()


def _files_of(lock: Path) -> list[Path]:
    """The files with usage that a lock is for, in the order in which they were made."""
    found = lock.parent.glob(f"{lock.stem}.*.*")
    return sorted(path for path in found if path.suffix != _UNFINISHED and _size(path))


def _tidy(lock: Path, *, unfinished: bool = False) -> None:
    """Removes what a lock is for and nobody needs: empty files, and rewrites that a crash has halved (`unfinished`)."""
    for path in lock.parent.glob(f"{lock.stem}.*.*"):
        if unfinished if path.suffix == _UNFINISHED else not _size(path):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _size(path: Path) -> int:
    """In bytes; 0 for a file that was settled and removed in this moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _is_event(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    """Makes a new file's name durable, where the system lets folders be synced: Windows and some others do not."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
