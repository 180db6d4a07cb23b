"""Things that are done at once: each waits, as far as it got, until all of them wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from usage.domain.lock import hold_exclusive


def at_once(*works: Callable[[], Any], held: Callable[[], Any] = hold_exclusive) -> list[Any]:
    """What each gave, an error too, in the order in which they ended.

    `held` takes in a transaction what all of them need: the ledger, if nothing else is said. For tests that commit.
    """
    gave: list[Any] = []

    def do(work: Callable[[], Any]) -> None:
        try:
            gave.append(work())
        except Exception as error:
            gave.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=[work]) for work in works]
    with transaction.atomic():
        held()
        for thread in threads:
            thread.start()
        while waiting_for_locks() < len(works) and not gave:
            pass
    for thread in threads:
        thread.join()
    return gave


def waiting_for_locks() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the same activity until then
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
