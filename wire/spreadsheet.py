"""Tables that spreadsheets open: a cell that one would take for a formula is made harmless, and read back as it was."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.http import StreamingHttpResponse

BOM: Final = "\ufeff"
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_HARMLESS: Final = re.compile(r"'+[=+\-@\t\r]")


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it; `as_meant` takes that off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_meant(cell: str) -> str:
    """What a cell said before `harmless` wrote it."""
    return cell[1:] if _HARMLESS.match(cell) else cell


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """A file to download, written while it is sent: UTF-8 with the mark by which Excel knows it, harmless cells."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    buffer = io.StringIO(BOM)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([harmless(cell) for cell in row])
    yield buffer.getvalue()
