"""Sharing: who may see, edit, request or decide a budget, as a person or through a group, and what comes from above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.models import User
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetChange
from budgets.rules import DECIDE, EDIT, REQUEST, SEE

CODENAMES = {"see": SEE, "edit": EDIT, "request": REQUEST, "decide": DECIDE}
WORDS = {codename: word for word, codename in CODENAMES.items()}
OWNER_MAY = ("see", "request")


class Share(NamedTuple):
    """What one person or group may do with a budget; `of` is the budget that it was given on."""

    who: User | Group
    may: tuple[str, ...]
    of: Budget
    as_owner: bool = False


class Grant(NamedTuple):
    """What one person or group shall be given."""

    who: User | Group
    may: Sequence[str]


def shares_of(budget: Budget) -> list[Share]:
    """Everything that reaches this budget: what was given on it first, then what was given above it, nearest first.

    An owner sees a budget and may request more of it. Finance and admin see all and are not named.
    """
    line = [budget, *reversed(list(budget.ancestors().select_related("owner")))]
    given = _given([found.pk for found in line])
    shares: list[Share] = []
    for found in line:
        if found.owner is not None:
            shares.append(Share(found.owner, OWNER_MAY, found, as_owner=True))
        shares.extend(Share(who, may, found) for who, may in given[found.pk])
    return shares


def _given(budgets: Iterable[int]) -> dict[int, list[tuple[User | Group, tuple[str, ...]]]]:
    wanted = {
        "object_pk__in": [str(pk) for pk in budgets],
        "content_type": ContentType.objects.get_for_model(Budget),
        "permission__codename__in": list(WORDS),
    }
    people = UserObjectPermission.objects.filter(**wanted).select_related("user", "permission")
    groups = GroupObjectPermission.objects.filter(**wanted).select_related("group", "permission")
    rows: list[tuple[User | Group, Any]] = [(row.user, row) for row in people.order_by("user__email")]
    rows += [(row.group, row) for row in groups.order_by("group__name")]
    words: dict[tuple[int, User | Group], set[str]] = defaultdict(set)
    for who, row in rows:
        words[int(row.object_pk), who].add(WORDS[row.permission.codename])
    given: dict[int, list[tuple[User | Group, tuple[str, ...]]]] = defaultdict(list)
    for (pk, who), may in words.items():
        given[pk].append((who, _in_order(may)))
    return given


def _in_order(may: Iterable[str]) -> tuple[str, ...]:
    chosen = set(may)
    return tuple(word for word in CODENAMES if word in chosen)


def set_shares(budget: Budget, grants: Sequence[Grant], actor: Actor, now: datetime) -> None:
    """Makes these all that is given on the budget itself, and keeps the change. What comes from above stays."""
    with transaction.atomic():
        Budget.objects.select_for_update().get(pk=budget.pk)
        before = _as_kept(_given([budget.pk])[budget.pk])
        after = _as_kept([(grant.who, _in_order(grant.may)) for grant in grants])
        if before == after:
            return
        kind = ContentType.objects.get_for_model(Budget)
        of_budget = {"object_pk": str(budget.pk), "content_type": kind, "permission__codename__in": list(WORDS)}
        UserObjectPermission.objects.filter(**of_budget).delete()
        GroupObjectPermission.objects.filter(**of_budget).delete()
        permissions = {p.codename: p for p in Permission.objects.filter(content_type=kind, codename__in=list(WORDS))}
        same = {"object_pk": str(budget.pk), "content_type": kind}
        people: list[UserObjectPermission] = []
        groups: list[GroupObjectPermission] = []
        for who, may in grants:
            for word in _in_order(may):
                permission = permissions[CODENAMES[word]]
                if isinstance(who, User):
                    people.append(UserObjectPermission(user=who, permission=permission, **same))
                else:
                    groups.append(GroupObjectPermission(group=who, permission=permission, **same))
        UserObjectPermission.objects.bulk_create(people)
        GroupObjectPermission.objects.bulk_create(groups)
        BudgetChange.objects.create(
            budget=budget,
            at=now,
            by=actor.user,
            by_name=actor.user.get_full_name() if actor.user else "",
            reason=actor.reason,
            what="shared",
            before={"shares": before},
            after={"shares": after},
            effective_from=now,
        )


def _as_kept(given: Iterable[tuple[User | Group, tuple[str, ...]]]) -> list[dict[str, Any]]:
    rows = [
        {"user": who.email, "may": list(may)} if isinstance(who, User) else {"group": who.name, "may": list(may)}
        for who, may in given
    ]
    return sorted(rows, key=lambda row: (row.get("user") or "", row.get("group") or ""))
