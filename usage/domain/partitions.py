"""Monthly partitions of the ledger: made ahead by a job, and on demand for old data.

A partition is made beside its table and then attached: `CREATE … PARTITION OF` would wait behind every open
transaction, and all that come after behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

MAKING = 0x0C05_0002  # advisory lock: one process makes partitions at a time
MONTHS_AHEAD = 3
HOUR = timedelta(hours=1)


class Month(NamedTuple):
    """A calendar month, in UTC."""

    year: int
    month: int

    @property
    def starts(self) -> datetime:
        """The first instant of the month."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def month_of(instant: datetime) -> Month:
    """The month of an instant, in UTC."""
    moment = instant.astimezone(UTC)
    return Month(moment.year, moment.month)


_known: set[Month] = set()
_known_lock = threading.Lock()


def forget() -> None:
    """Forgets which partitions exist; for tests that roll the database back."""
    with _known_lock:
        _known.clear()


def ensure(months: Iterable[Month]) -> None:
    """Makes the partitions of these months where they are missing. Must not be called inside the ledger's transaction.

    Hours begin up to an hour before their events, so that the month before an event's may hold its hour.
    """
    for month in sorted(set(months) - _known):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
            _attach(cursor, "usage_event", month, ["CREATE UNIQUE INDEX {name}_id ON {name} (id)"], fillfactor=100)
            _attach(cursor, "usage_hourly", month, [], fillfactor=60)
        if not connection.in_atomic_block:
            with _known_lock:
                _known.add(month)


def ensure_ahead(now: datetime) -> None:
    """Makes the partitions of this month and the next three."""
    month = month_of(now)
    for _ in range(MONTHS_AHEAD + 1):
        ensure([month])
        month = month.next()


def _attach(cursor: CursorWrapper, table: str, month: Month, extra: list[str], fillfactor: int) -> None:
    name = f"{table}_y{month.year:04d}m{month.month:02d}"
    cursor.execute("SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [name])
    if cursor.fetchone():
        return
    statements = [
        f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = {fillfactor})",
        *[statement.format(name=name) for statement in extra],
        f"ALTER TABLE {table} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{month.starts.isoformat()}') TO ('{month.next().starts.isoformat()}')",
    ]
    for statement in statements:
        cursor.execute(statement)


def without_unique_index() -> list[str]:
    """Partitions of the events that lack their unique index, and would therefore let an event in twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'usage_event'::regclass AND NOT EXISTS (
                SELECT 1 FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
                WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid AND x.indnkeyatts = 1 AND a.attname = 'id')
            ORDER BY 1
            """
        )
        return [name for (name,) in cursor.fetchall()]
