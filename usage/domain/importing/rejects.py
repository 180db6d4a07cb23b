"""Rejects: lines that could not be taken, kept in a file that can be mended and imported by itself."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

LINE, REASON = "rejected_line", "rejected_because"


class Reject(NamedTuple):
    """A line of a file and why it was not taken, or a stretch of lines that cannot be told apart.

    `raw` is what it held: lists of cells, the bytes of a line, or an object.
    """

    line: int
    reasons: dict[str, list[str]]
    raw: Any

    @property
    def lines(self) -> int:
        """How many lines it is about; empty ones at its end among them."""
        return len(self.raw) if isinstance(self.raw, list) else 1

    @property
    def reason(self) -> str:
        """The reasons in one line."""
        return " ".join(
            f"{name}: {' '.join(said)}" if name not in ("row", "event") else " ".join(said)
            for name, said in self.reasons.items()
        )


class RejectsFile:
    """Writes rejects: CSV where the columns of the file are known to be cells, else JSON Lines.

    Nothing is written before the first reject, so that a clean import leaves an empty file at most.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None) -> None:
        """`columns` are those of a CSV file; None for others."""
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        self._csv = csv.writer(self._file) if columns is not None else None
        self._begun = False

    def write(self, reject: Reject) -> None:
        """Adds one."""
        if self._csv is None:
            self._file.write(msgspec.json.encode(self._object(reject), enc_hook=str).decode() + "\n")
            return
        if not self._begun:
            self._csv.writerow([*(self._columns or ()), LINE, REASON])
            self._begun = True
        width = len(self._columns or ())
        for line, cells in enumerate(reject.raw, reject.line):
            if cells:
                row = [*cells, *[""] * (width - len(cells))]
                self._csv.writerow([*row[:width], line, reject.reason, *row[width:]])

    def _object(self, reject: Reject) -> dict[str, Any]:
        said = {LINE: reject.line, REASON: reject.reason}
        if isinstance(reject.raw, dict):
            return {**reject.raw, **said}
        try:
            found = msgspec.json.decode(reject.raw or b"")
        except (msgspec.DecodeError, RecursionError):
            found = None
        if isinstance(found, dict):
            return {**found, **said}
        return {**said, "rejected_text": (reject.raw or b"").decode("utf-8", "replace")[:10_000]}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
