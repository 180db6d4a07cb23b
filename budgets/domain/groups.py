"""Deleting a group: what was shared with it is taken back first, and each budget's history says so."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from guardian.models import GroupObjectPermission

from accounts.domain.roles import ROLES
from budgets.domain.errors import BudgetConflict
from budgets.domain.history import Actor
from budgets.domain.sharing import take_all
from budgets.models import Budget
from budgets.rules import PERMISSIONS


def given_to(group: Group) -> QuerySet[Budget]:
    """The budgets that are shared with the group themselves, by name."""
    return Budget.objects.filter(pk__in=_ids(group)).order_by("name", "id")


def delete_group(group: Group, actor: Actor, now: datetime) -> None:
    """Takes back all that was shared with the group and deletes it; its members keep what they have otherwise.

    Raises BudgetConflict where it was shared with anew at the same moment, ValueError for a role.
    """
    if group.name in ROLES:
        raise ValueError(f"{group.name!r} is a role. Roles stay.")
    with transaction.atomic():
        shared = list(given_to(group).order_by("id").select_for_update(of=("self",)))
        # Budgets before the group, as sharing locks them: the other way round the two could wait for one another.
        if not Group.objects.select_for_update().filter(pk=group.pk).exists():
            return
        if set(_ids(group)) != {budget.pk for budget in shared}:
            raise BudgetConflict
        for budget in shared:
            take_all(budget, group, actor, now)
        Group.objects.filter(pk=group.pk).delete()


def _ids(group: Group) -> list[int]:
    kind = ContentType.objects.get_for_model(Budget)
    given = GroupObjectPermission.objects.filter(group=group, content_type=kind, permission__codename__in=PERMISSIONS)
    return [int(pk) for pk in given.values_list("object_pk", flat=True).distinct()]
