"""Who may see usage and set prices: the rules that the API, pages, charts and exports all use."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, FINANCE, may_set_prices, sees_everything
from accounts.models import User
from usage.domain import visibility
from usage.domain.directory import entries
from usage.domain.visibility import Seen
from usage.models import HourlyUsage, TeamDepartment, UsageEvent


def seen_by(user: Any) -> Seen:
    """The usage that the user may see, each row once."""
    if not isinstance(user, User) or not user.is_active:
        return visibility.nothing()
    return visibility.everything() if sees_everything(user) else visibility.for_reasons(user)


def visible_hours(user: Any) -> QuerySet[HourlyUsage]:
    """The hourly usage that the user may see, each row once."""
    return seen_by(user).hours


def visible_events(user: Any) -> QuerySet[UsageEvent]:
    """The events that the user may see, each once."""
    return seen_by(user).events


def visible_entries(user: Any) -> QuerySet[TeamDepartment]:
    """The team directory as far as the user may see it: all of it, or the teams that usage they see is of."""
    if not isinstance(user, User) or not user.is_active:
        return entries().none()
    if sees_everything(user):
        return entries()
    used = seen_by(user).label_sets.filter(team__isnull=False)
    return entries().filter(team__in=used.order_by().values("team"))


def require_may_set_prices(user: Any) -> User:
    """The person, when they may set prices. Raises PermissionDenied, which says who can and whom to ask."""
    if isinstance(user, User) and may_set_prices(user):
        return user
    ask = to_ask(FINANCE, ADMIN)
    raise PermissionDenied(
        "Prices, aliases and the team directory are set by finance and administrators."
        + (f" Ask {ask}." if ask else "")
    )
