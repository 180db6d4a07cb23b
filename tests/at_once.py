"""Things that are done at once: each is checked and then waits for its turn at the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from usage.domain.lock import hold_exclusive


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gave, in the order in which they ended; all of them waited for the ledger before any went on.

    For tests whose database commits.
    """
    gave: list[Any] = []

    def do(work: Callable[[], Any]) -> None:
        try:
            gave.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=[work]) for work in works]
    with transaction.atomic():
        hold_exclusive()
        for thread in threads:
            thread.start()
        while waiting_for_locks() < len(works) and all(thread.is_alive() for thread in threads):
            pass
    for thread in threads:
        thread.join()
    return gave


def waiting_for_locks() -> int:
    """How many wait for an advisory lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()"
            " WHERE locktype = 'advisory' AND NOT granted"
        )
        return int(cursor.fetchone()[0])
