"""Rejects: lines that could not be taken, kept in a file that can be mended and imported by itself."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import msgspec

LINE, REASON = "rejected_line", "rejected_because"
DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)  # Fractions keep all their digits on their way through.
ENCODER: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


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


class RejectsError(Exception):
    """The file of rejects cannot be written; the message says why."""


class RejectsFile:
    """Writes rejects: CSV where the columns of the file are known to be cells, else JSON Lines.

    Nothing is written before the first reject, so that a clean import leaves an empty file at most.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None) -> None:
        """`columns` are those of a CSV file; None for others. Raises RejectsError, as does all that writes."""
        self._columns = columns
        with _written(path):
            self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        self._path = path
        self._csv = csv.writer(self._file) if columns is not None else None
        self._begun = False

    def write(self, reject: Reject) -> None:
        """Adds one."""
        with _written(self._path):
            self._write(reject)

    def _write(self, reject: Reject) -> None:
        if self._csv is None:
            self._file.write(ENCODER.encode(self._object(reject)).decode() + "\n")
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
            return {**_plain(reject.raw), **said}
        try:
            found = DECODER.decode(reject.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError):
            found = None
        if isinstance(found, dict):
            return {**found, **said}
        return {**said, "rejected_text": _text(reject.raw)[:10_000]}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _written(self._path):
            self._file.close()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RejectsError(f"{path} cannot be written: {error.strerror or error}.") from error


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _plain(value: Any) -> Any:
    """What JSON has no form for, as the text that it was: NaN, infinity, bytes."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
