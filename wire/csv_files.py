"""CSV for spreadsheets: every row there is, exact, of one instant, and no cell of it is taken for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from wire.money import exact
from wire.transactions import give_back_connection, one_snapshot

#: With these a spreadsheet would begin to calculate. Apostrophes before them are kept apart from the one that is added.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
HARMLESS = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
MARK = "\ufeff"  # so that Excel reads UTF-8
IN_MEMORY = 1024 * 1024  # bytes of a file; what is longer goes on on disk
A_PIECE = 64 * 1024


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
    """A file of this name with all rows as they are at one instant.

    It is written before any of it is sent: whoever reads slowly keeps neither a connection nor a snapshot, and what
    fails half way is an error and no shorter file.
    """
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    for line in csv_lines(header, rows):
        file.write(line.encode())
    file.seek(0)
    answer = StreamingHttpResponse(_pieces(file), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _pieces(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    """The file piece by piece; begun when all that stands around the view is done with the database."""
    give_back_connection()
    with file:
        while piece := file.read(A_PIECE):
            yield piece


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a file, read from one snapshot of the database that is open until the last is taken."""
    writer = csv.writer(_Echo())
    yield MARK + writer.writerow(header)
    with one_snapshot():
        for row in rows:
            yield writer.writerow([cell(value) for value in row])
