"""The cursor of the ledger's transactions: its few statements are planned once a connection, not once a post."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


@contextmanager
def ledger_cursor() -> Iterator[CursorWrapper]:
    """A cursor that leaves its parameters to the server, so that psycopg prepares what comes again.

    Django's own cursors write parameters into the statement, which makes each one new to the planner. How often a
    statement must come to be prepared is the connection's `prepare_threshold`.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # psycopg's, untyped in the stubs
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with make(raw) as cursor:
        yield cursor
