"""Tables that someone copied out of a spreadsheet: where their amounts stand, and which names stand beside them.

Periods stand along one row or one column, their amounts in the line beside it. Titles, merged headers and empty rows
are no amounts; a year may stand once over many months.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from budgets.domain.period_names import Name, read_name
from budgets.domain.typed_sums import SumError, is_left_open, looks_like_sum, read_sum
from wire.numerals import plain

MOST_CELLS = 5_000
MOST_NAMED = 6
TOTALS = re.compile(r"\b(total|subtotal|sum|average|avg|mean|ytd|(full|whole) year)s?\b|^[Σ∑]$", re.IGNORECASE)
EXAMPLES = {
    "daily": ("day", "2027-01-04"),
    "weekly": ("week", "2027-01-04"),
    "monthly": ("month", "Jan 2027 or 2027-01"),
    "quarterly": ("quarter", "Q1 2027"),
    "yearly": ("year", "2027"),
}
YEAR = re.compile(r"(?<!\d)2\d{3}(?!\d)")
# Commas between cells: before a blank or a word, after a word or a date, before more digits than thousands have.
BETWEEN = re.compile(
    r",(?=\s|$|[^\d\s])|(?<=[^\d]),|(?<=\D2\d{3}),|(?<=[-/]\d\d),|,(?=\d{4,})|(?<=\d{4}),(?=\d{3,}(?!\d))"
)
RUN = re.compile(r"\d{1,3}(,\d{3}){2,}")

Grid = list[list[str]]


class TableError(ValueError):
    """A table whose amounts cannot be told from the rest of it; the message says what to copy, or asks."""


class Entry(NamedTuple):
    """An amount as it stands in the table, the name of its period, "" for none, and the words beside it."""

    amount: str
    name: str
    beside: str = ""


class Table(NamedTuple):
    """The amounts in the order in which they stand, and the names of the lines that were left out as totals."""

    entries: list[Entry]
    left_out: list[str]


class _Names(NamedTuple):
    """The column in which periods are named, and the rows that name one."""

    way: Grid
    column: int
    rows: list[int]


def table_of(text: str, kind: str, *, day_first: bool | None) -> Table:
    """The amounts of a copied table. `kind` is the budget's period. Raises TableError."""
    grid = _filled(cells_of(text, kind))
    if not grid:
        raise TableError("There is nothing in it. Copy the cells with the amounts, and paste them here.")
    ways = [_names_in(way, kind, day_first) for way in (grid, _turned(grid))]
    names = max(ways, key=lambda way: len(way.rows))
    return _named(names, kind) if names.rows else _without_names(grid, kind)


def cells_of(text: str, kind: str) -> Grid:
    """The cells of a text: between tabs, else semicolons, bars, commas outside of numbers. Raises TableError."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    mark = next((mark for mark in "\t;|" if any(mark in line for line in lines)), None)
    try:
        rows = list(csv.reader(lines, delimiter=mark)) if mark else [_between_commas(line, kind) for line in lines]
    except csv.Error:
        raise TableError("A cell is too long to be read. Copy the cells with the amounts alone.") from None
    if sum(map(len, rows)) > MOST_CELLS:
        raise TableError(f"This is a table of more than {MOST_CELLS:,} cells. Copy the amounts of one line alone.")
    return [[plain(cell) for cell in row] for row in rows]


def _between_commas(line: str, kind: str) -> list[str]:
    if '"' in line:
        return next(csv.reader([line], skipinitialspace=True), [])
    if RUN.fullmatch(line.strip()):
        raise TableError(f"“{line.strip()[:40]}”: one amount, or several? Put a semicolon or a tab between amounts.")
    return [cell for part in BETWEEN.split(line) for cell in _name_and_sum(part.strip(), kind)]


def _name_and_sum(cell: str, kind: str) -> list[str]:
    """The cells of "Jan 2027 10,000" and "Total: 120,000", which were typed with a blank between them."""
    if read_name(cell, kind, day_first=True) is not None or looks_like_sum(cell):
        return [cell]
    for blank in re.finditer(r"[:=]?\s+|[:=]", cell):
        name, amount = cell[: blank.start()], cell[blank.end() :]
        if not re.search(r"\d", name) or read_name(name, kind, day_first=True) is not None:
            try:
                read_sum(amount, sure=True)
            except SumError:
                continue
            return [name, amount]
    return [cell]


def _filled(grid: Grid) -> Grid:
    """The cells without empty rows and columns, all rows of one length."""
    rows = [row for row in grid if any(row)]
    width = max(map(len, rows), default=0)
    even = [row + [""] * (width - len(row)) for row in rows]
    kept = [column for column in range(width) if any(row[column] for row in even)]
    return [[row[column] for column in kept] for row in even]


def _turned(grid: Grid) -> Grid:
    return [list(column) for column in zip(*grid, strict=True)]


def _names_in(way: Grid, kind: str, day_first: bool | None) -> _Names:
    """The column with the most names of periods; a year alone is one only where years are planned."""
    found = []
    for column in range(len(way[0])):
        rows = []
        for number, row in enumerate(way):
            name = read_name(row[column], kind, day_first=day_first is not False)
            if name is None or TOTALS.search(row[column]):
                continue
            if name != Name(year=name.year) or (kind == "yearly" and _stands_before_a_sum(row, column)):
                rows.append(number)
        found.append(_Names(way, column, rows))
    return max(found, key=lambda names: len(names.rows))


def _stands_before_a_sum(row: Sequence[str], column: int) -> bool:
    return not any(row[:column]) and any(looks_like_sum(cell) for cell in row[column + 1 :])


def _named(names: _Names, kind: str) -> Table:
    way, column, rows = names
    written = _with_years(names, kind)
    lines: list[tuple[str, list[Entry]]] = []
    for other in range(len(way[0])):
        cells = [way[row][other] for row in rows]
        if other != column and any(looks_like_sum(cell) for cell in cells):
            head = " ".join(row[other] for number, row in enumerate(way) if number not in rows and row[other])
            lines.append((head, [Entry(cell, name) for cell, name in zip(cells, written, strict=True)]))
    lines = [line for line in lines if not _are_years(line[1])] or lines
    if not lines:
        raise TableError("There are periods in it, but no amounts beside them. Copy the amounts too.")
    first, last = rows[0], len(way)
    strange = [
        way[number][column]
        for number in range(first, last)
        if number not in rows
        and way[number][column]
        and any(looks_like_sum(cell) for cell in way[number][column + 1 :])
    ]
    unknown = [cell for cell in strange if not TOTALS.search(cell) and not YEAR.fullmatch(cell)]
    if unknown and read_name(unknown[0], kind, day_first=True) is None:
        raise _strange(unknown[0], kind)
    entries, left_out = _one_line(lines, kind)
    return Table(entries, [*left_out, *strange])


def _are_years(line: Sequence[Entry]) -> bool:
    return all(YEAR.fullmatch(entry.amount) for entry in line if entry.amount)


def _with_years(names: _Names, kind: str) -> list[str]:
    """The names, each with the year that stands over it or before it, in a cell that may be merged over many."""
    way, column, rows = names
    year, before = "", {}
    for number, row in enumerate(way):
        beside = row[:column] if number in rows else row[: column + 1]
        year = next((cell for cell in reversed(beside) if re.fullmatch(r"(FY\s*)?2\d{3}", cell, re.IGNORECASE)), year)
        before[number] = year
    if not year:
        words = [cell for row in way for cell in row if not looks_like_sum(cell)]
        others = [cell for cell in words if read_name(cell, kind, day_first=True) is None]
        years = {found for cell in others for found in YEAR.findall(cell)}
        before = dict.fromkeys(before, years.pop() if len(years) == 1 else "")
    written = []
    for number in rows:
        cell = way[number][column]
        name = read_name(cell, kind, day_first=True)
        written.append(f"{cell} {before[number]}" if name and name.year is None and before[number] else cell)
    return written


def _one_line(lines: list[tuple[str, list[Entry]]], kind: str) -> tuple[list[Entry], list[str]]:
    """The one line of amounts; of several, the one that is no total, or all where each is of another year."""
    years = [YEAR.findall(head) for head, _ in lines]
    if len(lines) > 1 and kind != "yearly" and len({year[0] for year in years if len(year) == 1}) == len(lines):
        return [
            entry._replace(name=f"{entry.name} {year[0]}")
            for (_, line), year in zip(lines, years, strict=True)
            for entry in line
        ], []
    kept = [found for found in lines if not TOTALS.search(found[0])] or lines
    if len(kept) > 1:
        heads = ", ".join(f"“{head[:40]}”" if head else "one without a name" for head, _ in kept[:MOST_NAMED])
        raise TableError(f"There are {len(kept)} lines of amounts: {heads}. Copy the one that this budget is for.")
    return kept[0][1], [head for head, _ in lines if head != kept[0][0]]


def _without_names(grid: Grid, kind: str) -> Table:
    """Amounts in one row or one column, without the name of a period."""
    for way in (grid, _turned(grid)):
        columns = {column for row in way for column, cell in enumerate(row) if looks_like_sum(cell)}
        if len(columns) == 1:
            return Table(_in_column(way, columns.pop(), kind), [])
    unit, example = EXAMPLES[kind]
    if not any(looks_like_sum(cell) for row in grid for cell in row):
        raise TableError(f"“{grid[0][0][:40] or grid[-1][-1][:40]}”: there is no amount in it. Copy the amounts too.")
    raise TableError(
        f"There are several rows and columns of amounts without a {unit} beside them. "
        f"Copy one line alone, or its {unit}s too, as in {example}."
    )


def _in_column(way: Grid, column: int, kind: str) -> list[Entry]:
    entries: list[Entry] = []
    for row in way:
        beside = next((cell for place, cell in enumerate(row) if place != column and cell), "")
        if looks_like_sum(row[column]):
            entries.append(Entry(row[column], "", beside))
        elif row[column] and entries and not is_left_open(row[column]):
            raise TableError(f"“{row[column][:40]}” is no amount. Write a number, as in 9,000.50.")
    strange = [entry.beside for entry in entries if entry.beside and not TOTALS.search(entry.beside)]
    if len(strange) > 1:
        raise _strange(strange[0], kind)
    return entries


def _strange(cell: str, kind: str) -> TableError:
    unit, example = EXAMPLES[kind]
    return TableError(f"“{cell[:40]}” cannot be read as a {unit}. Write it as in {example}, or take its line out.")
