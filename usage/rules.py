"""Who may see usage: the one rule that the API, pages, charts and exports all use."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from accounts.domain.roles import sees_everything
from accounts.models import User
from usage.domain import visibility
from usage.models import HourlyUsage, UsageEvent

Row = TypeVar("Row", bound=Model)


def visible_hours(user: Any) -> QuerySet[HourlyUsage]:
    """The hourly usage that the user may see, each row once."""
    return _visible(HourlyUsage.objects.all(), user, "hour")


def visible_events(user: Any) -> QuerySet[UsageEvent]:
    """The events that the user may see, each once."""
    return _visible(UsageEvent.objects.all(), user, "occurred_at")


def _visible(rows: QuerySet[Row], user: Any, instant: str) -> QuerySet[Row]:
    if not isinstance(user, User) or not user.is_active:
        return rows.none()
    if sees_everything(user):
        return rows
    reasons = Q(pk__in=[])
    for rule in visibility.registered():
        reasons |= rule(user, instant)
    return rows.filter(reasons)
