"""A source: what every file of rows can do, whatever its format."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

from usage.domain.importing.rejects import Reject

LONGEST_LINE: Final = 4 * 1024 * 1024

Content = gzip.GzipFile | io.BufferedReader


class SourceError(Exception):
    """The file as a whole cannot be read; the message says what to do."""


class Row(NamedTuple):
    """What one line holds: the values of the wanted columns, in their order, and all of it as it was read.

    A cell of it may hold lines that look like rows, because a quote was not closed: `inside` are their values, and
    `stretch` is what the row is instead, should one of them be a row indeed.
    """

    line: int
    values: Sequence[Any]
    raw: Any
    inside: Sequence[Sequence[Any]] = ()
    stretch: Reject | None = None


class Source(Protocol):
    """A file of rows."""

    seen: set[str]

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns, where the file names them; None where each row names its own."""

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Reject]:
        """The rows in order, those that cannot be read among them."""

    def share(self) -> float:
        """How much of the file was read, from 0 to 1."""


class Position:
    """How far the file on disk was read, whatever was unpacked from it."""

    def __init__(self, content: Content, size: int) -> None:
        self._content, self._size = content, size

    def share(self) -> float:
        raw: Any = self._content.fileobj if isinstance(self._content, gzip.GzipFile) else self._content
        return min(1.0, raw.tell() / self._size) if self._size else 1.0
