"""Tables as spreadsheets write them: CSV of any delimiter and usual encoding, or cells that were copied and pasted."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wire.csv_files import as_meant

MARKS = (",", ";", "\t", "|")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # as they begin, of this century and of the last
LOOKED_AT = 40  # rows at the top among which the one with the headings is looked for


class TableError(ValueError):
    """This cannot be read as a table; the message says what to do."""


class NoHeadings(TableError):
    """No row names the columns. `first` is the first row that holds anything."""

    def __init__(self, first: list[str]) -> None:
        super().__init__("No row names the columns. Begin with a row such as name, path, amount, period.")
        self.first = first


class TooManyRows(TableError):
    """There are more rows than are read."""


class Record(NamedTuple):
    """A row with the line that it begins in, counted from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """A table's headings and its rows, each as wide as the headings; empty rows are left out.

    `named` is how many cells the row of headings has, `above` are the lines before it, `empty` is how many rows held
    nothing, `encoding` what the bytes were taken for.
    """

    headings: list[str]
    named: int
    rows: list[Record]
    above: list[int]
    empty: int
    encoding: str


def decoded(content: bytes) -> tuple[str, str]:
    """Text of a file and the encoding that it is in: UTF-8 or UTF-16, else what Windows and Latin-1 have in common.

    Raises TableError for what is no text.
    """
    if content.startswith(WORKBOOKS):
        raise TableError("This is a workbook. Save the sheet as CSV and choose that, or copy its cells and paste them.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in content[:200]:
        encoding = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding), encoding.removesuffix("-sig")
    except UnicodeDecodeError:
        if encoding != "utf-8-sig":
            raise TableError("This is neither CSV nor text. Save the sheet as CSV (UTF-8) and choose that.") from None
    try:
        return content.decode("cp1252"), "latin-1"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def read_table(content: bytes | str, is_heading: Callable[[str], bool], most: int) -> Table:
    """The table in a file or in pasted text. Raises TableError, also for more than `most` rows.

    Its headings are the first row with the most cells that `is_heading` knows; what stands above them is passed over.
    """
    text, encoding = decoded(content) if isinstance(content, bytes) else (content, "")
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise TableError("It holds NUL characters, so it is no table. Save the sheet as CSV and choose that.")
    mark, text, begins = _delimiter(text, is_heading)
    top = _first(text, mark, begins)
    known = [sum(is_heading(cell) for cell in record.cells) for record in top]
    if not any(known):
        raise NoHeadings(next((record.cells for record in top if any(map(str.strip, record.cells))), []))
    place = known.index(max(known))
    headings = [as_meant(cell.strip()) for cell in top[place].cells]
    rows: list[Record] = []
    empty = 0
    for number, record in enumerate(_records(text, mark, begins)):
        if number <= place:
            continue
        if not any(cell.strip() for cell in record.cells):
            empty += 1
            continue
        if len(rows) == most:
            raise TooManyRows(f"It has more than {most:,} rows. Split it: what is not in a file stays as it is.")
        extra = len(record.cells) - len(headings)
        if extra > 0 and any(cell.strip() for cell in record.cells[len(headings) :]):
            headings += [""] * extra
        rows.append(record)
    width = len(headings)
    whole = [Record(line, (cells + [""] * (width - len(cells)))[:width]) for line, cells in rows]
    above = [record.line for record in top[:place] if any(cell.strip() for cell in record.cells)]
    return Table(headings, len(top[place].cells), whole, above, empty, encoding)


def _delimiter(text: str, is_heading: Callable[[str], bool]) -> tuple[str, str, int]:
    """What stands between cells, by the headings it brings out; the text without Excel's sep= line; its first line."""
    if found := re.match(r'"?sep=(.)"?\r?\n', text, re.I):
        return found[1], text[found.end() :], 2

    def score(mark: str) -> tuple[int, int]:
        try:
            top = _first(text, mark, 1)
        except TableError:
            return -1, 0
        known = max((sum(is_heading(cell) for cell in record.cells) for record in top), default=0)
        (width, often), *_ = Counter(len(record.cells) for record in top).most_common(1) or [(0, 0)]
        return known, often if width > 1 else 0

    best = max(MARKS, key=score)
    return best, text, 1


def _first(text: str, mark: str, begins: int) -> list[Record]:
    return [record for _, record in zip(range(LOOKED_AT), _records(text, mark, begins), strict=False)]


def _records(text: str, mark: str, begins: int) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = begins
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(f"Line {line:,} is not CSV: {_said(error)}.") from None
        yield Record(line, cells)
        line = begins + reader.line_num


def _said(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote opens there and never closes"
    if "field larger" in str(error):
        return "a cell is longer than 131,072 characters"
    return str(error)
