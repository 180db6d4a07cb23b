"""Named views of usage: each person keeps their own, as many as a list can show."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from usage.domain.errors import Refused
from usage.models import SavedView

MOST: Final = 50
LONGEST: Final = 4000  # characters of a view's address


def saved_by(user: Any) -> QuerySet[SavedView]:
    """A person's named views."""
    return SavedView.objects.filter(owner=user)[:MOST]


def save_view(user: Any, name: str, query: str) -> None:
    """Keeps `query` for a person, what follows a view's address, under a name; it takes the place of the
    view that had the name. Raises Refused where the address is too long or there are as many views as fit.
    """
    if len(query) > LONGEST:
        raise Refused("query", "This view has too many filters to be saved. Take some away first.")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # so that of two at once, both count
        mine = SavedView.objects.filter(owner=user)
        if mine.count() >= MOST and not mine.filter(name=name).exists():
            raise Refused("name", f"You have {MOST} views, as many as fit. Delete one first.")
        mine.update_or_create(owner=user, name=name, defaults={"query": query})
