"""The ledger's lock: shared while posting, exclusive while the tree, a scope, a price or a rebuild moves the ground.

It is an advisory lock of the transaction, taken by a statement of its own: a lock inside the statement that reads
would be taken after that statement's snapshot.
"""

from __future__ import annotations

from django.db import connection
from django.db.backends.utils import CursorWrapper

LEDGER = 0x0C05_0001


def hold_shared(cursor: CursorWrapper) -> None:
    """Waits until nobody moves the ground, and keeps it still until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LEDGER])


def hold_exclusive() -> None:
    """Waits until no post is under way, and lets none begin until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER])
