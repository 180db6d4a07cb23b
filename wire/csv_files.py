"""CSV for spreadsheets: streamed row by row without an end, exact, and no cell of it is taken for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from wire.money import exact
from wire.transactions import one_snapshot

#: With these a spreadsheet would begin to calculate. Apostrophes before them are kept apart from the one that is added.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
HARMLESS = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
MARK = "\ufeff"  # so that Excel reads UTF-8


def cell(value: Any) -> str:
    """A value as a spreadsheet shall read it: sums exact, times in the company's zone, text as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return harmless(value) if isinstance(value, str) else str(value)


def harmless(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def as_meant(text: str) -> str:
    """The text that `cell` wrote: without the apostrophe that it put before a formula."""
    return text[1:] if HARMLESS.match(text) else text


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A file of this name, sent while its rows are read, all of them as they are at one instant."""
    answer = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a file, read from one snapshot of the database that is open as long as they are being sent."""
    writer = csv.writer(_Echo())
    yield MARK + writer.writerow(header)
    with one_snapshot():
        for row in rows:
            yield writer.writerow([cell(value) for value in row])
