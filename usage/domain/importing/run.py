"""The import of one file: rows are read ahead by a thread of their own and posted to the ledger in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from usage.domain.calls import MAX_EVENTS, Call
from usage.domain.importing.ahead import ahead
from usage.domain.importing.mapping import Mapping
from usage.domain.importing.rejects import Reject
from usage.domain.importing.rows import RowReader
from usage.domain.importing.sources import Source, format_of, reading
from usage.domain.ingest import Outcome, Post, ingest


class Progress(NamedTuple):
    """How far an import is: rows read, and the share of the file from 0 to 1."""

    rows: int
    share: float


@dataclass
class Summary:
    """What became of a file. `cost` is that of the new rows, in the company's currency, exact.

    `ignored` are columns that were not used, `assumed` that a time named no zone, `odd_ids` that the column id, which
    nobody mapped, holds no UUIDs.
    """

    rows: int = 0
    new: int = 0
    duplicates: int = 0
    unpriced: int = 0
    rejected: int = 0
    cost: Decimal = Decimal(0)
    first: datetime | None = None
    last: datetime | None = None
    ignored: list[str] = field(default_factory=list)
    assumed: bool = False
    odd_ids: bool = False

    def add(self, calls: list[Call], outcome: Outcome) -> None:
        """Counts a batch that was posted."""
        self.new += outcome.accepted
        self.duplicates += outcome.duplicates
        self.unpriced += outcome.unpriced
        self.cost += outcome.cost
        times = [call.occurred_at for call in calls if call.occurred_at is not None]
        self.first = min([*times, *([self.first] if self.first else [])])
        self.last = max([*times, *([self.last] if self.last else [])])


@dataclass
class _Batch:
    calls: list[Call] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejected: int = 0
    share: float = 0.0

    @property
    def rows(self) -> int:
        return len(self.calls) + self.rejected

    def reject(self, reject: Reject) -> None:
        self.rejects.append(reject)
        self.rejected += reject.lines


def import_file(
    path: Path,
    mapping: Mapping,
    now: datetime,
    *,
    form: str | None = None,
    dry_run: bool = False,
    on_columns: Callable[[list[str] | None], None] = lambda columns: None,
    on_reject: Callable[[Reject], None] = lambda reject: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Summary:
    """Imports a file's rows as usage; what was imported before is not doubled, so that it may be stopped and run again.

    `form` is csv, jsonl or parquet, by default what the name says. A dry run posts each batch and takes it back, so
    that it tells what an import would do. `on_columns` is told the columns of a CSV file (None for others) before the
    first row. Raises SourceError when the file cannot be read, and MappingError when the mapping does not fit it.
    """
    form = form or format_of(path)
    summary = Summary()
    with reading(path, form) as (source, digest):
        fields = mapping.fields_of(source.columns)
        reader = RowReader(mapping, fields, digest, now, settings.COSTOPS_MAX_EVENT_COST)
        on_columns(list(source.columns or ()) if form == "csv" else None)
        with closing(ahead(_batches(source, reader, list(fields.values())))) as batches:
            for batch in batches:
                if batch.calls:
                    summary.add(batch.calls, _post(batch.calls, now, dry_run))
                for reject in batch.rejects:
                    on_reject(reject)
                summary.rows += batch.rows
                summary.rejected += batch.rejected
                on_progress(Progress(summary.rows, batch.share))
        used = set(fields.values()) | {name.split(".")[0] for name in fields.values()}
        summary.ignored = sorted(name for name in source.seen - used if name)
        summary.assumed, summary.odd_ids = reader.assumed_zone, reader.odd_ids
    return summary


def _post(calls: list[Call], now: datetime, dry_run: bool) -> Outcome:
    with transaction.atomic() if dry_run else nullcontext():
        (outcome,) = ingest([Post(calls, imported=True)], now)
        if dry_run:
            transaction.set_rollback(True)
    return outcome


def _batches(source: Source, reader: RowReader, wanted: list[str]) -> Iterator[_Batch]:
    batch = _Batch()
    for row in source.rows(wanted):
        if isinstance(row, Reject):
            batch.reject(row)
        elif row.stretch is not None and any(map(reader.could_be_a_row, row.inside)):
            batch.reject(row.stretch)
        else:
            found = reader.read(row.line, row.values)
            if isinstance(found, Call):
                batch.calls.append(found)
            else:
                raw = dict(zip(wanted, row.values, strict=True)) if row.raw is None else row.raw
                batch.reject(Reject(row.line, found, raw))
        if batch.rows >= MAX_EVENTS:
            batch.share = source.share()
            yield batch
            batch = _Batch()
    batch.share = 1.0
    yield batch
