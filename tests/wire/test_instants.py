"""Instants come out of the database as they went in, read by the quick loader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection

from wire.instants import QuickLoader

pytestmark = pytest.mark.django_db


def read(literal: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [literal])
        found: datetime = cursor.fetchone()[0]
        return found


def test_every_connection_reads_with_the_quick_loader() -> None:
    connection.ensure_connection()
    loader = connection.connection.adapters.get_loader(connection.connection.adapters.types["timestamptz"].oid, 0)
    assert loader is QuickLoader


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(2026, 11, 1, 12, 30, 15, 120000, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_an_instant_comes_back_in_utc(instant: datetime) -> None:
    found = read(instant.isoformat())
    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize("literal", ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"])
def test_what_python_cannot_hold_is_refused(literal: str) -> None:
    with pytest.raises(DataError):
        read(literal)
