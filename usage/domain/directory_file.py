"""The team directory as a file: what a CSV says, line by line, and all that is wrong with it. Touches no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from unicodedata import category
from zoneinfo import ZoneInfo

from usage.domain.agreements import check_dates
from usage.domain.calls import MAX_TEXT
from usage.domain.errors import Refused
from wire import tables
from wire.csv_files import as_meant
from wire.tables import NoHeadings, Table, TableError, TooManyRows, read_table
from wire.times import TimeError, instant

MOST_BYTES: Final = 1_000_000
MOST_LINES: Final = 5_000
COLUMNS: Final = ("team", "department", "from")
CALLED: Final = {
    **{name: name for name in COLUMNS},
    "dept": "department",
    "since": "from",
    "effective_from": "from",
    "effective from": "from",
}
NO_CSV: Final = "This is no CSV file. In a spreadsheet, choose Save as and then CSV."


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says what to do."""


class Line(NamedTuple):
    """What one line says: from `begins` on the team belongs to the department, "" being none; None is from now on."""

    number: int
    team: str
    department: str
    begins: datetime | None


class Problem(NamedTuple):
    """What is wrong with a line."""

    number: int
    message: str


class Reading(NamedTuple):
    """All that a file says. `left_out` are columns that mean nothing here, `above` the lines before their names."""

    lines: list[Line]
    problems: list[Problem]
    left_out: list[str]
    above: list[int]


def decoded(data: bytes) -> tuple[str, bool]:
    """The text of a file, and whether it had to be taken for Latin-1, as old spreadsheets write it.

    Raises Unreadable for what is too large or no text.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1000:,} kB. Upload it in parts.")
    try:
        text, encoding = tables.decoded(data)
    except TableError:
        raise Unreadable(NO_CSV) from None
    if "\x00" in text:
        raise Unreadable(NO_CSV)
    return text, encoding == "latin-1"


def read(text: str, zone: ZoneInfo) -> Reading:
    """What a CSV says: columns by their names in any order, empty rows passed over, dates at midnight in `zone`.

    Raises Unreadable.
    """
    table = _table(text)
    places, left_out = _columns(table.headings)
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, datetime | None], int] = {}
    for number, cells in table.rows:
        try:
            line = _line(number, [as_meant(cell.strip()) for cell in cells], places, table.named, zone)
        except Refused as error:
            problems.append(Problem(number, error.message))
            continue
        first = seen.setdefault((line.team, line.begins), number)
        if first != number:
            when = "from the same time on" if line.begins else "from now on"
            problems.append(Problem(number, f"{line.team!r} is on line {first} already, {when}. Keep one of them."))
        else:
            lines.append(line)
    if not lines and not problems:
        raise Unreadable("No row follows the first line. Each names a team and its department.")
    return Reading(lines, problems, left_out, table.above)


def _table(text: str) -> Table:
    try:
        return read_table(text, lambda cell: _called(as_meant(cell.strip())) is not None, MOST_LINES)
    except NoHeadings as error:
        raise _unnamed(error.first) from None
    except TooManyRows:
        raise Unreadable(f"The file has more than {MOST_LINES:,} rows. Upload it in parts.") from None
    except TableError as error:
        raise Unreadable(f"{error} Mend it, then upload the file again.") from None


def _called(heading: str) -> str | None:
    return CALLED.get(heading.strip().lower())


def _unnamed(header: Sequence[str]) -> Unreadable:
    named = ", ".join(repr(name.strip()[:60]) for name in header if name.strip()) or "nothing"
    return Unreadable(f"The first line must name the columns team and department, and may name from. It names {named}.")


def _columns(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each column is, and the names of those that mean nothing here."""
    places: dict[str, int] = {}
    left_out = []
    for place, name in enumerate(header):
        column = _called(name)
        if column in places:
            raise Unreadable(f"Two columns are called {name!r}. Keep one of them.")
        if column:
            places[column] = place
        elif name.strip():
            left_out.append(name.strip()[:60])
    if not {"team", "department"} <= places.keys():
        raise _unnamed(header)
    return places, left_out


def _line(number: int, cells: Sequence[str], places: dict[str, int], width: int, zone: ZoneInfo) -> Line:
    if any(cells[width:]):
        count = max(place for place, cell in enumerate(cells, 1) if cell)
        raise Refused("row", f"It has {count} cells, the first line {width}. Put text with commas into quotes.")
    found = {name: cells[place] for name, place in places.items()}
    if not found["team"]:
        raise Refused("team", "It names no team.")
    for name in ("team", "department"):
        text = found[name]
        if len(text) > MAX_TEXT:
            raise Refused(name, f"The {name} has {len(text)} characters. At most {MAX_TEXT} fit.")
        if any(category(letter) == "Cc" for letter in text):
            raise Refused(name, f"The {name} holds a line break or another character that cannot be shown.")
    return Line(number, found["team"], found["department"], _begins(found.get("from", ""), zone))


def _begins(text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        begins = instant(text, zone)
    except TimeError:
        raise Refused("from", f"{text[:60]!r} is no date. Write it as 2026-03-31.") from None
    check_dates(begins, None)
    return begins
