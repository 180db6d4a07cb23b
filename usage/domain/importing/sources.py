"""Sources: the rows of a CSV, JSON Lines or Parquet file, streamed, each with its line number."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import msgspec

from usage.domain.calls import why_unreadable
from usage.domain.importing.rejects import Reject
from usage.domain.importing.separated import CsvSource
from usage.domain.importing.source import LONGEST_LINE, Content, Position, Row, Source, SourceError

ENDINGS: Final = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
BATCH: Final = 5_000
SEEN: Final = 1_000
READ_ERRORS: Final = (OSError, EOFError, zlib.error, UnicodeError)


def format_of(path: Path) -> str:
    """The format by the file's name, .gz aside. Raises SourceError where it tells none."""
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    try:
        return ENDINGS[name.suffix.lower()]
    except KeyError:
        known = ", ".join(ENDINGS)
        raise SourceError(f"The name does not tell the format ({known}). Say --format csv, jsonl or parquet.") from None


@contextmanager
def reading(path: Path, form: str) -> Iterator[tuple[Source, bytes]]:
    """Opens a file; gives its rows and the digest of its content, which for a compressed file is that inside.

    Raises SourceError, at the opening and at the end when the file changed meanwhile.
    """
    try:
        before = _stamp(path)
        with _open(path) as content:
            digest = hashlib.file_digest(content, lambda: hashlib.blake2b(digest_size=32)).digest()
        with _open(path) as content:
            yield SOURCES[form](content, before[0]), digest
        if _stamp(path) != before:
            raise SourceError("The file was written to while it was read. Import it again when it is complete.")
    except READ_ERRORS as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(f"It cannot be read: {said}.") from error


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("It is not a file. Rows are numbered by the content of a file, so a pipe cannot be imported.")
    return found.st_size, found.st_mtime_ns


def _open(path: Path) -> Content:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")
    return io.BufferedReader(io.FileIO(path), 1024 * 1024)


class JsonLinesSource:
    """One JSON object a line. Columns are the names in the objects; a dot leads into an object inside."""

    columns = None

    def __init__(self, content: Content, size: int) -> None:
        self._position = Position(content, size)
        self._content = content
        self.seen: set[str] = set()

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Reject]:
        """One row a line; empty lines are passed over. Fractions keep all their digits."""
        decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
        inside = [name for name in wanted if "." in name]
        for number, text in enumerate(self._lines(), 1):
            if not text.strip():
                continue
            if len(text) > LONGEST_LINE:
                yield Reject(number, {"row": [f"The line is longer than {LONGEST_LINE:,} bytes."]}, text[:1000])
                continue
            try:
                found = decode(text)
            except InvalidOperation:
                yield Reject(number, {"row": ["It holds a number beyond all measure."]}, text)
                continue
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if number == 1 and text.lstrip().startswith(b"["):
                    raise SourceError("It is one JSON array. Write one object a line (jq -c '.[]' does).") from None
                yield Reject(number, {"row": [f"This is not a JSON object: {why_unreadable(error, text)}."]}, text)
                continue
            if len(self.seen) < SEEN:
                self.seen.update(found)
            for name in inside:
                if name not in found:
                    found[name] = _inside(found, name)
            yield Row(number, [found.get(name) for name in wanted], text)

    def _lines(self) -> Iterator[bytes]:
        content = self._content
        if content.read(3) != b"\xef\xbb\xbf":
            content.seek(0)
        while text := content.readline(LONGEST_LINE + 1):
            yield text
            while len(text) > LONGEST_LINE and not text.endswith(b"\n"):
                text = content.readline(LONGEST_LINE + 1)

    def share(self) -> float:
        """How much of the file was read."""
        return self._position.share()


def _inside(found: Any, name: str) -> Any:
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


class ParquetSource:
    """A Parquet file, read a few thousand rows at a time and only in the columns that are wanted."""

    def __init__(self, content: Content, size: int) -> None:
        import pyarrow
        from pyarrow import parquet

        try:
            self._file = parquet.ParquetFile(content, pre_buffer=False)
        except pyarrow.ArrowException as error:
            raise SourceError(f"It is not a Parquet file: {error}.") from None
        self.columns: Sequence[str] = self._file.schema_arrow.names
        self.seen = set(self.columns)
        if twice := [name for name in self.columns if self.columns.count(name) > 1]:
            raise SourceError(f"Two of its columns are called {twice[0]!r}.")
        self._total = self._file.metadata.num_rows
        self._done = 0

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Reject]:
        """One row a row, numbered from 1."""
        import pyarrow

        roots = [name if name in self.seen else name.split(".")[0] for name in wanted]
        try:
            for batch in self._file.iter_batches(batch_size=BATCH, columns=sorted(set(roots)), use_threads=False):
                read = {name: _values(batch.column(name)) for name in set(roots)}
                values = [
                    read[root] if root == name else [_inside({root: found}, name) for found in read[root]]
                    for root, name in zip(roots, wanted, strict=True)
                ]
                for number, row in enumerate(zip(*values, strict=True), self._done + 1):
                    yield Row(number, row, None)
                self._done += batch.num_rows
        except pyarrow.ArrowException as error:
            raise SourceError(f"Row {self._done + 1:,} and those after it cannot be read: {error}.") from error

    def share(self) -> float:
        """How much of the file was read."""
        return self._done / self._total if self._total else 1.0


def _values(column: Any) -> list[Any]:
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (OverflowError, UnicodeDecodeError):
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except OverflowError:
        return f"{cell.type} out of range"
    except UnicodeDecodeError:
        return cell.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")


SOURCES: Final[dict[str, Callable[[Content, int], Source]]] = {
    "csv": CsvSource,
    "jsonl": JsonLinesSource,
    "parquet": ParquetSource,
}
