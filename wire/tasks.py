"""Jobs of the lowest room, started by beat."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from wire import idempotency


@shared_task
def forget_answers() -> None:
    """Forgets the answers to idempotency keys of more than a day ago."""
    idempotency.purge(timezone.now())
