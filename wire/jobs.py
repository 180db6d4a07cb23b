"""Jobs: work that waits as rows is started at once where it can be, and by beat where it could not."""

from __future__ import annotations

import logging
from typing import Any

from celery import Signature, Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def soon(task: Task | str, *args: Any) -> None:
    """Sends a task when the transaction commits. The work is in the database: beat starts it if the broker is away.

    A domain, which knows no doors, names the task: "usage.tasks.reprice_waiting".
    """
    named = current_app.signature(task) if isinstance(task, str) else task
    transaction.on_commit(lambda: _send(named, args))


def _send(task: Task | Signature, args: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args, retry=False)
    except OperationalError as error:
        logger.warning("The broker cannot be reached (%s); beat will start %s.", type(error).__name__, task.name)
