"""Who may see usage and set prices: the rules that the API, pages, charts and exports all use."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, FINANCE, may_set_prices, sees_everything
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


def require_may_set_prices(user: Any) -> User:
    """The person, when they may set prices. Raises PermissionDenied, which says who can and whom to ask."""
    if isinstance(user, User) and may_set_prices(user):
        return user
    ask = to_ask(FINANCE, ADMIN)
    raise PermissionDenied(
        "Prices, aliases and the team directory are set by finance and administrators."
        + (f" Ask {ask}." if ask else "")
    )
