"""People: made with an address, a role and a password."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.domain import roles
from accounts.models import User


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
