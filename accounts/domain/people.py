"""People: made with an address, a role and a password, and named to who must ask somebody."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q

from accounts.domain import roles
from accounts.models import User

NAMED = 3  # as many as one reads before asking one of them


@transaction.atomic
def add_person(email: str, role: str, *, password: str | None = None, name: str = "") -> tuple[User, str]:
    """A new user with one role; returns the user and the password, made up where none is given.

    Raises ValidationError when the address is taken or is none, or when the password is weak; ValueError for a role
    that there is not.
    """
    user = User(email=email.strip().lower(), name=name.strip())
    password = secrets.token_urlsafe(12) if password is None else password
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    roles.give_role(user, role)
    return user, password


def people_with(*kinds: str, count: int = NAMED) -> list[User]:
    """Up to `count` people who can be asked, by address: those of the first of these roles that anybody has."""
    for role in kinds:
        held = Q(groups__name=role) | Q(is_superuser=True) if role == roles.ADMIN else Q(groups__name=role)
        found = list(User.objects.filter(held, is_active=True).distinct().order_by("email")[:count])
        if found:
            return found
    return []


def in_words(people: Sequence[User]) -> str:
    """People by name and address, as in "Ann Lee (ann@company.com) or bob@company.com"; empty for nobody."""
    words = [f"{person.name} ({person.email})" if person.name else person.email for person in people]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def to_ask(*kinds: str) -> str:
    """The people of the first of these roles that anybody has, in words; empty where there are none."""
    return in_words(people_with(*kinds))
