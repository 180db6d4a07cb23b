"""Tables of daily series, as CSV: a column or a row each, empty cells being gaps."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecasting.domain.engine.backtest import Series

GAPS = {"", "na", "nan", "null", "none", "?"}
SOME_DAY = date(2024, 1, 1)  # where a table tells no dates
ISO = "ISO 8601"
#: The ways in which a column of dates may be written; the first that reads most of it holds for all.
FORMATS = (
    *("%Y-%m-%d", ISO, "%m/%d/%Y", "%m/%d/%y", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d-%m-%Y"),
)


class TableError(ValueError):
    """The table cannot be read; says where, and what to do."""


def read_table(path: Path, orient: str) -> list[Series]:
    """Reads a table: `columns`, whose first is the date; or `rows`, whose first cell is the name. Raises TableError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} is no CSV in UTF-8: {error}") from None
    if len(rows) < 2 or len(rows[0][1]) < 2:
        raise TableError(
            f"{path} has no series: a line of headings and at least one column beside the first are needed."
        )
    return _columns(path, rows) if orient == "columns" else _rows(path, rows)


Lines = Sequence[tuple[int, Sequence[str]]]  # each with its number


def _columns(path: Path, rows: Lines) -> list[Series]:
    from forecasting.domain.engine.backtest import Series

    _, heads = rows[0]
    lines: dict[date, tuple[int, Sequence[str]]] = {}
    for (number, row), day in zip(rows[1:], _days(path, rows[1:]), strict=True):
        if day in lines:
            raise TableError(
                f"{path}, line {number}: {day} was there before, in line {lines[day][0]}. Keep one of them."
            )
        lines[day] = (number, row)
    first, last = min(lines), max(lines)
    found = []
    for column, name in enumerate(heads[1:], 1):
        known = [nan] * ((last - first).days + 1)
        for day, (number, row) in lines.items():
            known[(day - first).days] = _number(path, number, name, row[column] if column < len(row) else "")
        found.append(Series(name, first, _array(known)))
    return found


def _rows(path: Path, rows: Lines) -> list[Series]:
    from forecasting.domain.engine.backtest import Series

    first = next((day for form in FORMATS if (day := _day(rows[0][1][1], form)) is not None), SOME_DAY)
    width = max(len(row) for _, row in rows)
    found = []
    for number, row in rows[1:]:
        cells = [*row[1:], *[""] * (width - len(row))]
        found.append(Series(row[0], first, _array([_number(path, number, row[0], cell) for cell in cells])))
    return found


def _array(values: Sequence[float]):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.asarray(values, dtype=np.float64)


def _days(path: Path, rows: Lines) -> list[date]:
    """The first cells as days, all of them written in the one way that reads most."""
    told = [[_day(row[0], form) for _, row in rows] for form in FORMATS]
    best = max(told, key=lambda days: sum(day is not None for day in days))
    days = [day for day in best if day is not None]
    if len(days) < len(best):
        line, row = rows[best.index(None)]
        raise TableError(f"{path}, line {line}: {row[0]!r} is no date. Write 2025-03-01, or say --orient rows.")
    return days


def _day(text: str, form: str) -> date | None:
    """The day that is written so in one of FORMATS; None where it is not."""
    text = text.strip()
    try:
        return (datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)).date()  # noqa: DTZ007
    except ValueError:
        return None


def _number(path: Path, line: int, name: str, text: str) -> float:
    text = text.strip()
    if text.lower() in GAPS:
        return nan
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise TableError(
            f"{path}, line {line}: {text!r} in {name} is no number. Leave a cell empty where there is a gap."
        )
    return value
