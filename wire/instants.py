"""Reads instants out of the database: a list of a thousand budgets holds three thousand of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.abc import Buffer


class QuickLoader(BaseTzLoader):
    """Django's loader, with Python's own parser for what it knows: a fifteenth of the time, and the same instants.

    The connection is in UTC, as Django sets it. What the parser does not know (infinity, years before 1) is left to
    Django's loader.
    """

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """An instant from PostgreSQL's text for it."""
        try:
            found = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            found = super().load(data)
        return found


def read_quickly(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Has a new connection read instants so."""
    if connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", QuickLoader)
