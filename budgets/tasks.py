"""Jobs of budgets, started by beat."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from budgets.domain.opening import open_due


@shared_task
def open_periods() -> None:
    """Opens the periods that have begun."""
    open_due(timezone.now())
