"""The ledger's lock: shared while posting, exclusive while the tree, a scope, a price or a rebuild moves the ground.

It is an advisory lock of the transaction, taken by a statement of its own: a lock inside the statement that reads
would be taken after that statement's snapshot. A second lock lets one transaction at a time amend what was posted.
"""

from __future__ import annotations

from django.db import connection
from django.db.backends.utils import CursorWrapper

LEDGER = 0x0C05_0001
AMENDING = 0x0C05_0003


def hold_shared(cursor: CursorWrapper) -> None:
    """Waits until nobody moves the ground, and keeps it still until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LEDGER])


def hold_exclusive() -> None:
    """Waits until no post is under way, and lets none begin until the transaction ends.

    The wait is as long as a statement may be. What follows may be longer: a change that moves much past spend must be
    possible at any size.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s), set_config('statement_timeout', '0', true)", [LEDGER])


def hold_amending(cursor: CursorWrapper) -> None:
    """Waits until nobody else amends events. Taken before the events are read, and before the ledger's lock.

    An amendment writes a whole event: a repricing and a new attribution that read the same one would undo each other.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AMENDING])
