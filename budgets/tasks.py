"""Jobs of budgets, started by beat."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from budgets.domain.opening import open_due
from budgets.domain.plan import keeping


@shared_task
def open_periods() -> None:
    """Opens the periods that have begun."""
    open_due(timezone.now())


@shared_task
def forget_plans() -> None:
    """Deletes plans that were brought in more than a day ago, and of each person those beyond the newest few."""
    keeping.forget(timezone.now())
