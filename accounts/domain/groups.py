"""Groups: people whom one can share with at once. The six roles are groups of the database too, and none of these."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import category

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.domain.roles import ROLES
from accounts.models import User

LONGEST = 150


class GroupRefused(ValueError):
    """A group cannot be called so; the message says what would pass."""


def plain_groups() -> QuerySet[Group]:
    """The groups by name, without the roles."""
    return Group.objects.exclude(name__in=ROLES).order_by("name")


def make_group(name: str) -> Group:
    """A new group without members. Raises GroupRefused."""
    name = sound_name(name)
    try:
        with transaction.atomic():
            return Group.objects.create(name=name)
    except IntegrityError:
        raise GroupRefused(_taken(name)) from None


def rename_group(group: Group, name: str) -> bool:
    """Calls a group differently, with members and shares as they are; returns whether that changed anything.

    Raises GroupRefused.
    """
    name = sound_name(name, group)
    if name == group.name:
        return False
    try:
        with transaction.atomic():
            Group.objects.filter(pk=group.pk).update(name=name)
    except IntegrityError:
        raise GroupRefused(_taken(name)) from None
    group.name = name
    return True


def add_members(group: Group, people: Iterable[User]) -> list[User]:
    """Puts people into a group; returns those who were not in it yet."""
    wanted = list(people)
    there = set(group.user_set.filter(pk__in=[one.pk for one in wanted]).values_list("pk", flat=True))
    new = [one for one in wanted if one.pk not in there]
    group.user_set.add(*new)
    return new


def remove_member(group: Group, person: User) -> None:
    """Takes a person out of a group; who is not in it stays out."""
    group.user_set.remove(person)


def sound_name(name: str, group: Group | None = None) -> str:
    """A name as it is kept, for a new group or for `group`. Raises GroupRefused, also where another is called so."""
    name = " ".join(name.split())
    if not name or not any(letter.isalnum() for letter in name):
        raise GroupRefused("Give the group a name.")
    if len(name) > LONGEST:
        raise GroupRefused(f"A group's name has at most {LONGEST} characters; this one has {len(name)}.")
    if any(category(letter) == "Cc" for letter in name):
        raise GroupRefused("The name holds a character that cannot be shown. Type it anew.")
    if name.lower() in ROLES:
        raise GroupRefused(f"{name!r} is a role. Choose another name.")
    others = Group.objects.filter(name__iexact=name)
    if (others.exclude(pk=group.pk) if group else others).exists():
        raise GroupRefused(_taken(name))
    return name


def _taken(name: str) -> str:
    return f"There is a group {name!r} already. Choose another name."
