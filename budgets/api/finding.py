"""Which budgets a request may reach: 404 for those that it may not see, 403 for those that it may not change."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.sharing import may_not_edit
from budgets.models import Budget
from budgets.rules import may_edit


def find(user: Any, pk: int) -> Budget:
    """The budget with its owner and parent, if the user may see it."""
    found = Budget.objects.visible_to(user).select_related("owner", "parent").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def find_editable(user: Any, pk: int) -> Budget:
    """The budget, if the user may change it."""
    found = find(user, pk)
    if not may_edit(user, found):
        raise PermissionDenied(may_not_edit(found))
    return found


def actor_of(request: Request, reason: str = "") -> Actor:
    """Who asks, and why."""
    return Actor(request.user if isinstance(request.user, User) else None, reason)
