"""Transactions as a whole: those that PostgreSQL aborts for the sake of others, and those that read one instant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection, transaction

logger = logging.getLogger(__name__)
TRIES = 5
ABORTED = {"40001", "40P01"}  # serialization_failure, deadlock_detected
R = TypeVar("R")


def tried_again(work: Callable[[], R], what: str) -> R:
    """The result of `work`, which is one transaction, tried up to five times; `what` names it in the log.

    Inside a transaction of the caller nothing is tried again: that one is aborted as a whole.
    """
    for attempt in range(2, TRIES + 1):
        try:
            return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in ABORTED or connection.in_atomic_block:
                raise
            logger.warning("%s was aborted by PostgreSQL (%s), try %s of %s.", what, state, attempt, TRIES)
    return work()


@contextmanager
def one_snapshot() -> Iterator[None]:
    """What is read inside is of one instant and adds up while usage arrives; nothing can be written.

    Inside a transaction of the caller it reads as that one does.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def give_back_connection() -> None:
    """Hands the connection back to the pool, for a thread that goes on without it; another is taken when one is needed.

    Inside a transaction of the caller it stays.
    """
    if not connection.in_atomic_block:
        connection.close()
