"""People: made with an address, a role and a password, let go and brought back, and named to who must ask somebody."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.domain import keys, roles, sessions
from accounts.models import User

NAMED = 3  # as many as one reads before asking one of them
PASSWORD_BYTES = 12


@transaction.atomic
def add_person(
    email: str, role: str, *, password: str | None = None, name: str = "", groups: Iterable[Group] = ()
) -> tuple[User, str]:
    """A new user with one role; returns the user and the password, made up where none is given.

    `groups` are those that they are put into; roles among them are left out. Raises ValidationError when the address
    is taken or is none, or when the password is weak; ValueError for a role that there is not.
    """
    user = User(email=email.strip().lower(), name=name.strip())
    password = secrets.token_urlsafe(PASSWORD_BYTES) if password is None else password
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # somebody else added them since
        raise ValidationError({"email": "This e-mail address has a user already."}) from None
    roles.give_role(user, role)
    user.groups.add(*(group for group in groups if group.name not in roles.ROLES))
    return user, password


@transaction.atomic
def change_person(person: User, *, name: str | None = None, role: str | None = None) -> None:
    """Gives a person another name or another role. None leaves it, so that two who change different things at once undo
    nothing of one another. Raises LastAdmin."""
    if name is not None:
        person.name = name
        person.save(update_fields=["name"])
    if role is not None and role != roles.role_of(person):
        roles.give_role(person, role)


@transaction.atomic
def deactivate(person: User) -> bool:
    """Lets nobody sign in as the person any more, nor their keys open anything; returns whether that changed it.

    What they own, were given and did stays. Raises LastAdmin.
    """
    roles.check_admin_stays(person)
    changed = User.objects.filter(pk=person.pk, is_active=True).update(is_active=False)
    person.is_active = False
    keys.forget()
    transaction.on_commit(lambda: sessions.end_all(person))  # so that none of them lives again with the person
    return bool(changed)


def bring_back(person: User) -> bool:
    """Lets a person in again with role, groups, shares and keys as they were; returns whether that changed it."""
    changed = User.objects.filter(pk=person.pk, is_active=False).update(is_active=True)
    person.is_active = True
    return bool(changed)


@transaction.atomic
def new_password(person: User, password: str | None = None) -> str:
    """Another password in place of the person's own, made up where none is given and kept nowhere; returns it.

    The person is signed out everywhere. Raises ValidationError when it is weak.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES) if password is None else password
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    transaction.on_commit(lambda: sessions.end_all(person))
    return password


def people_with(*kinds: str, count: int = NAMED, among: QuerySet[User] | None = None) -> list[User]:
    """Up to `count` people who can be asked, by address: those of the first of these roles that anybody has, or that
    anybody `among` some has."""
    people = User.objects.all() if among is None else among
    for role in kinds:
        held = Q(groups__name=role) | Q(is_superuser=True) if role == roles.ADMIN else Q(groups__name=role)
        found = list(people.filter(held, is_active=True).distinct().order_by("email")[:count])
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
