"""CSV: comma-, semicolon- or tab-separated text as a source of rows, where a quote that never ends hides none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Final

from usage.domain.importing.rejects import Reject
from usage.domain.importing.source import LONGEST_LINE, Content, Position, Row, SourceError

BOMS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
ENDLESS: Final = "unexpected end of data"  # csv's words


class CsvSource:
    """Text in columns, the first line of which names them."""

    def __init__(self, content: Content, size: int) -> None:
        self._position = Position(content, size)
        start = content.read(2)
        content.seek(0)
        encoding = next((name for bom, name in BOMS if start == bom), "utf-8-sig")
        text = io.TextIOWrapper(content, encoding, errors="surrogateescape", newline="")
        header = text.readline(LONGEST_LINE)
        text.seek(0)
        self._delimiter = max(",;\t|", key=lambda mark: (header.count(mark), mark == ","))
        self._read: list[str] = []  # The lines of the record that is being read.
        self._reader = csv.reader(self._noted(text), delimiter=self._delimiter, strict=True)
        try:
            names = next(self._reader, [])
        except (csv.Error, UnicodeError) as error:
            raise SourceError(f"Its first line names no columns: {_said(error)}.") from None
        self.columns: Sequence[str] = [name.strip() for name in names]
        self.seen = set(self.columns)
        if not any(self.columns):
            raise SourceError("It has no first line that names the columns.")
        if self._whole(self._read[1:]):
            raise SourceError(f"The names of its columns go on to line {len(self._read)}: a quote there never closes.")
        if twice := [name for name in self.columns if name and self.columns.count(name) > 1]:
            raise SourceError(f"Two of its columns are called {twice[0]!r}.")

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Reject]:
        """One row a record; one that spans lines is numbered by its first."""
        width = len(self.columns)
        places = [self.columns.index(name) for name in wanted]
        pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
        read = self._read
        line = 1 + len(read)
        read.clear()
        while True:
            try:
                for record in self._reader:
                    inside = self._whole(read[1:]) if len(read) > 1 else []
                    if len(record) == width:
                        stretch = self._stretch(line, "text in quotes holds whole rows") if inside else None
                        yield Row(line, pick(record), [record], [pick(cells) for cells in inside], stretch)
                    elif inside:
                        yield self._stretch(line, f"{len(record)} cells, and text in quotes that holds whole rows")
                    elif record:
                        yield Reject(line, {"row": [f"It has {len(record)} cells, the first line {width}."]}, [record])
                    line += len(read)
                    read.clear()
                return
            except csv.Error as error:
                yield self._stretch(line, _said(error))
                line += len(read)
                read.clear()

    def share(self) -> float:
        """How much of the file was read."""
        return self._position.share()

    def _noted(self, text: Iterable[str]) -> Iterator[str]:
        for line in text:
            self._read.append(line)
            yield line

    def _whole(self, lines: Iterable[str]) -> list[list[str]]:
        """The lines that would be rows as wide as the table, were it not for the quote that opened before them."""
        return [cells for cells in map(self._alone, lines) if len(cells) == len(self.columns)]

    def _alone(self, line: str) -> list[str]:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            with suppress(csv.Error):
                return next(csv.reader([line], delimiter=self._delimiter, quoting=quoting, strict=True), [])
        return [line]

    def _stretch(self, line: int, why: str) -> Reject:
        """The lines that were read since the last record, each kept as it is, so that they can be mended one by one."""
        count = len(self._read)
        where = f" (lines {line} to {line + count - 1}, {count:,} in all)" if count > 1 else ""
        return Reject(line, {"row": [f"This is not CSV{where}: {why}."]}, list(map(self._alone, self._read)))


def _said(error: Exception) -> str:
    return "a quote opens and never closes" if str(error) == ENDLESS else str(error)
