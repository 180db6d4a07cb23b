"""Jobs of the ledger, started by beat or at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from usage.domain import partitions, reattribute, reprice


@shared_task
def make_partitions() -> None:
    """Makes the partitions of the coming months."""
    partitions.ensure_ahead(timezone.now())


@shared_task
def reattribute_tags() -> None:
    """Attributes usage again for tag keys that became labels."""
    reattribute.attribute_due(timezone.now())


@shared_task
def reprice_waiting() -> None:
    """Prices past usage anew, for every job that waits or whose process is gone."""
    reprice.run_waiting(timezone.now())
