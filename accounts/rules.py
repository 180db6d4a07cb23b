"""Who may add people, give roles and passwords, and keep groups."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, may_set_people
from accounts.models import User


def require_may_set_people(user: Any) -> User:
    """The person, when they may. Raises PermissionDenied, which says who can and whom to ask."""
    if isinstance(user, User) and may_set_people(user):
        return user
    ask = to_ask(ADMIN)
    raise PermissionDenied("People and groups are kept by administrators." + (f" Ask {ask}." if ask else ""))
