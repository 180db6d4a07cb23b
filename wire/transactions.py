"""Transactions that PostgreSQL aborts for the sake of others are tried again: deadlocks and serialization failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

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
