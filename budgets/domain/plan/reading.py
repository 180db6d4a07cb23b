"""Reads a plan that people wrote: from a file or pasted cells to rows of values, with what is wrong by line and column.

Nothing here knows of budgets that exist. A column that is missing says nothing; an empty cell empties what may be empty
(dates, scope, owner, thresholds, planned amounts, place) and leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from budgets.domain.periods import MONTHS
from budgets.domain.plan import cells
from budgets.domain.plan.columns import SCOPE, field_of, is_day, nearest, planned_heading
from wire.csv_files import as_meant
from wire.lists import split
from wire.numerals import Mark, NumberError, Unclear, decimal_mark, read_number
from wire.tables import Record, Table, read_table

MOST_ROWS = 5_000
MOST_COLUMNS = 1_000
MOST_PLACES = 10
MOST_BYTES = 5 * 1024 * 1024
DAYS = ("starts_on", "ends_on")
LISTS = tuple(key for key in SCOPE if key != "tags")
#: What an empty cell says of a field; of others it says nothing.
EMPTY: Mapping[str, Any] = {
    "id": None,
    "parent_id": None,
    "path": (),
    "anchor": None,
    "starts_on": None,
    "ends_on": None,
    "owner": "",
    "thresholds": (),
    "tags": {},
    **dict.fromkeys(LISTS, ()),
}


class PlanError(ValueError):
    """No plan can be read from this; the message says what to do."""


class Problem(NamedTuple):
    """What is wrong in a line. `column` is the heading as it is in the file, "" for the row as a whole."""

    column: str
    message: str


class Question(NamedTuple):
    """What only the person can tell. The answer, one of `choices` (value, words), is kept under `name`."""

    name: str
    words: str
    choices: tuple[tuple[str, str], ...]


@dataclass
class Row:
    """A row of the plan: the values that it says, by field; days of planned amounts are fields too."""

    line: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Reading:
    """What was read: `headings` are the file's own names of its fields, `notes` say what was passed over."""

    rows: list[Row]
    headings: dict[str, str]
    notes: list[str]
    questions: list[Question]


def read_plan(content: bytes | str, currency: str, answers: Mapping[str, str] | None = None) -> Reading:
    """Reads a plan whose amounts are in this currency. Raises PlanError for what is no plan as a whole.

    `answers` are those to earlier questions. While there are questions, no row is read.
    """
    size = len(content) if isinstance(content, bytes) else len(content.encode())
    if size > MOST_BYTES:
        raise PlanError(
            f"It is larger than {MOST_BYTES // 1024 // 1024} MB. Split it: what is not in it stays as it is."
        )
    try:
        table = read_table(content, lambda cell: field_of(as_meant(cell.strip())) is not None, MOST_ROWS)
    except ValueError as error:
        raise PlanError(str(error)) from None
    places = _places(table)
    notes = _notes(table, places)
    questions, readers = _readers(table, places, currency, answers or {})
    if not table.rows:
        raise PlanError("It has headings but no rows. Add a row for each budget.")
    rows = [] if questions else [_row(record, places, readers) for record in table.rows]
    return Reading(rows, {name: table.headings[place] for name, place in places.items()}, notes, questions)


def _places(table: Table) -> dict[str, int]:
    if len(table.headings) > MOST_COLUMNS:
        raise PlanError(f"It has {len(table.headings):,} columns, and at most {MOST_COLUMNS:,} can be read.")
    places: dict[str, int] = {}
    for place, heading in enumerate(table.headings):
        name = field_of(heading)
        if name in places:
            other = table.headings[places[name]]
            raise PlanError(f"The columns “{other}” and “{heading}” say the same ({name}). Delete one of them.")
        if name:
            places[name] = place
    if "name" not in places and "id" not in places:
        raise PlanError("It has neither a column name nor a column id, so no row says which budget it is about.")
    return places


def _notes(table: Table, places: Mapping[str, int]) -> list[str]:
    notes = []
    if table.above:
        lines = ", ".join(str(line) for line in table.above[:5]) + (" …" if len(table.above) > 5 else "")
        plural = "s" if len(table.above) > 1 else ""
        notes.append(f"Line{plural} {lines} above the headings {'were' if plural else 'was'} passed over.")
    if table.empty:
        notes.append(f"{table.empty:,} empty row{'s were' if table.empty > 1 else ' was'} left out.")
    unused = []
    for place, heading in enumerate(table.headings):
        if place in places.values():
            continue
        if heading:
            hint = nearest(heading)
            unused.append(f"“{heading[:60]}”" + (f" (did you mean {hint}?)" if hint and hint not in places else ""))
        elif any(record.cells[place].strip() for record in table.rows):
            unused.append(f"column {_letters(place)}, which has no heading")
    if unused:
        more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
        notes.append(f"Not used: {', '.join(unused[:10])}{more}.")
    if table.encoding == "latin-1":
        notes.append("The file is not in UTF-8 and was read as Latin-1. Check names with accents.")
    return notes


def _letters(place: int) -> str:
    """A column as spreadsheets name it: A, Z, AA."""
    letters, rest = "", place + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


Reader = Callable[[str], Any]


def _readers(
    table: Table, places: Mapping[str, int], currency: str, answers: Mapping[str, str]
) -> tuple[list[Question], dict[str, Reader]]:
    """What reads the cells of each field, and what must be asked first."""
    questions: list[Question] = []

    def texts(*names: str) -> list[str]:
        found = (record.cells[places[name]].strip() for name in names if name in places for record in table.rows)
        return [text for text in found if text]

    planned = [name for name in places if is_day(name)]
    mark: Any = answers.get("decimal")
    if mark not in (".", ","):
        try:
            mark = decimal_mark(texts("amount", *planned), currency)
        except Unclear as unclear:
            mark = "."
            questions.append(_decimal_question(unclear, currency))
    order = answers.get("dates")
    if order not in ("dm", "md"):
        try:
            order = cells.date_order(texts(*DAYS))
        except LookupError as unclear:
            questions.append(_date_question(unclear.args[0]))

    def money(text: str) -> Any:
        amount = read_number(text, mark, currency)
        if int(amount.as_tuple().exponent) < -MOST_PLACES:
            raise cells.CellError(f"“{text[:40]}” has too many decimals. Write at most {MOST_PLACES}.")
        return amount

    def day(text: str) -> Any:
        return cells.read_day(text, order)

    readers: dict[str, Reader] = {
        "id": cells.read_id,
        "parent_id": cells.read_id,
        "path": cells.read_path,
        "period": cells.read_period,
        "anchor": cells.read_anchor,
        "tags": cells.read_tags,
        "thresholds": cells.read_thresholds,
        "rollover": cells.read_yes,
        "archived": cells.read_yes,
        "owner": str.lower,
        "over_allocation": str.lower,
        **dict.fromkeys(DAYS, day),
        **dict.fromkeys(LISTS, split),
        **dict.fromkeys(["amount", *planned], money),
        "name": str,
    }
    return questions, readers


def _decimal_question(unclear: Unclear, currency: str) -> Question:
    words = f"What is “{unclear.example}”?"
    if unclear.other:
        words = f"“{unclear.example}” and “{unclear.other}” write their decimals differently. Which way is right?"
        return Question("decimal", words, ((".", "1,234.50"), (",", "1.234,50")))
    options: tuple[Mark, Mark] = (".", ",")
    read = {mark: read_number(unclear.example, mark, currency) for mark in options}
    how = {mark: "more than a thousand" if value >= 1000 else "with decimals" for mark, value in read.items()}
    return Question("decimal", words, tuple((mark, f"{value:f}, {how[mark]}") for mark, value in read.items()))


def _date_question(example: str) -> Question:
    choices = []
    for order, words in (("dm", "the day comes first"), ("md", "the month comes first")):
        with suppress(cells.CellError):
            day = cells.read_day(example, order)
            choices.append((order, f"{MONTHS[day.month - 1]} {day.day}, {day.year}: {words}"))
    return Question("dates", f"Which day is “{example}”?", tuple(choices))


def _row(record: Record, places: Mapping[str, int], readers: Mapping[str, Reader]) -> Row:
    row = Row(record.line, {})
    for name, place in places.items():
        text = as_meant(record.cells[place]).strip()
        if not text:
            if is_day(name) or name in EMPTY:
                row.values[name] = EMPTY.get(name)
            continue
        try:
            row.values[name] = readers[name](text)
        except (cells.CellError, NumberError) as error:
            row.problems.append(Problem(name, str(error)))
    return row


def heading_of(name: str, headings: Mapping[str, str]) -> str:
    """What the file calls a field, or what the export does."""
    return headings.get(name) or (planned_heading(name) if is_day(name) else name)


def said(rows: Sequence[Row], name: str) -> set[Any]:
    """All that the rows say of a field."""
    return {row.values[name] for row in rows if row.values.get(name)}
