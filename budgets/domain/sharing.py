"""Sharing: who may see, edit, request or decide a budget, as a person or through a group, and what comes from above."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Case, Min, Value, When
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.domain.people import NAMED, in_words, people_with, to_ask
from accounts.domain.roles import ADMIN, FINANCE
from accounts.models import User
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.history import Actor, record
from budgets.models import Budget
from budgets.rules import DECIDE, EDIT, REQUEST, SEE

CODENAMES = {"see": SEE, "edit": EDIT, "request": REQUEST, "decide": DECIDE}
WORDS = {codename: word for word, codename in CODENAMES.items()}
OWNER_MAY = ("see", "request")
MOST = 500


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


class Sharing(NamedTuple):
    """Who may do what with a budget: what was given on it, and what reaches it as owner or from above.

    `above` are the budgets above it that the reader may see, the top first: others are not to be named. `line` holds
    the budget and all above it, nearest first. `version` changes with what was given on the budget.
    """

    given: list[Share]
    inherited: list[Share]
    above: list[Budget]
    version: str
    line: list[int]


def sharing_of(budget: Budget, reader: Any) -> Sharing:
    """What `reader`, who may see the budget, may know of its sharing."""
    line = _line(budget)
    shares = _shares(line)
    given = [share for share in shares if share.of.pk == budget.pk and not share.as_owner]
    visible = Budget.objects.visible_to(reader).filter(pk__in=[found.pk for found in line[1:]])
    seen = set(visible.values_list("pk", flat=True))
    return Sharing(
        given,
        [share for share in shares if share not in given],
        [found for found in reversed(line) if found.pk in seen],
        _version(_as_kept((share.who, share.may) for share in given)),
        [found.pk for found in line],
    )


def _line(budget: Budget) -> list[Budget]:
    """The budget and all above it, nearest first."""
    return [budget, *reversed(list(budget.ancestors().select_related("owner")))]


def _shares(line: Sequence[Budget]) -> list[Share]:
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
        given[pk].append((who, in_order(may)))
    return given


def in_order(may: Iterable[str]) -> tuple[str, ...]:
    """The words of some rights, each once, in the order in which all lists show them."""
    chosen = set(may)
    return tuple(word for word in CODENAMES if word in chosen)


def set_shares(
    budget: Budget, grants: Sequence[Grant], actor: Actor, now: datetime, *, version: str | None = None
) -> bool:
    """Makes these all that is given on the budget itself, and keeps the change. What comes from above stays.

    Returns whether that changed anything. `version`, when given, is that of the sharing that the caller read:
    BudgetConflict when it is another by now. Raises BudgetError, also for a group that was deleted meanwhile.
    """
    if len(grants) > MOST:
        raise BudgetError("shares", f"A budget can be shared with {MOST} people and groups. Put people into a group.")
    with transaction.atomic():
        Budget.objects.select_for_update().get(pk=budget.pk)
        before = _as_kept(_given([budget.pk])[budget.pk])
        after = _as_kept([(grant.who, in_order(grant.may)) for grant in grants])
        if version is not None and version != _version(before):
            raise BudgetConflict
        if before == after:
            return False
        _hold_groups([grant.who for grant in grants if isinstance(grant.who, Group)])
        _give(budget, grants)
        record(budget, actor, now, "shared", {"shares": before}, {"shares": after}, now)
    return True


def _hold_groups(groups: Sequence[Group]) -> None:
    """Keeps groups from being deleted until the transaction ends. Raises BudgetError for one that is gone already."""
    held = Group.objects.filter(pk__in=[group.pk for group in groups]).order_by("pk").select_for_update(no_key=True)
    there = set(held.values_list("pk", flat=True))
    for group in groups:
        if group.pk not in there:
            raise BudgetError("shares", f"The group {group.name} was deleted meanwhile. Choose again.")


def set_right(budget: Budget, who: User | Group, may: str, actor: Actor, now: datetime, *, given: bool) -> bool:
    """Gives a person or a group one right on the budget itself, or takes it; returns whether that changed anything."""
    return _set_of(budget, who, {may}, actor, now, given=given)


def take_all(budget: Budget, who: User | Group, actor: Actor, now: datetime) -> bool:
    """Takes from a person or a group all that was given on the budget itself; returns whether that was anything."""
    return _set_of(budget, who, set(CODENAMES), actor, now, given=False)


def _set_of(budget: Budget, who: User | Group, may: set[str], actor: Actor, now: datetime, *, given: bool) -> bool:
    with transaction.atomic():
        Budget.objects.select_for_update().get(pk=budget.pk)
        held = dict(_given([budget.pk])[budget.pk])
        rights = set(held.get(who, ()))
        held[who] = in_order(rights | may if given else rights - may)
        grants = [Grant(one, words) for one, words in held.items() if words]
        return set_shares(budget, grants, actor, now)


def _give(budget: Budget, grants: Sequence[Grant]) -> None:
    kind = ContentType.objects.get_for_model(Budget)
    of_budget = {"object_pk": str(budget.pk), "content_type": kind, "permission__codename__in": list(WORDS)}
    UserObjectPermission.objects.filter(**of_budget).delete()
    GroupObjectPermission.objects.filter(**of_budget).delete()
    permissions = {p.codename: p for p in Permission.objects.filter(content_type=kind, codename__in=list(WORDS))}
    same = {"object_pk": str(budget.pk), "content_type": kind}
    people: list[UserObjectPermission] = []
    groups: list[GroupObjectPermission] = []
    for who, may in grants:
        for word in in_order(may):
            permission = permissions[CODENAMES[word]]
            if isinstance(who, User):
                people.append(UserObjectPermission(user=who, permission=permission, **same))
            else:
                groups.append(GroupObjectPermission(group=who, permission=permission, **same))
    UserObjectPermission.objects.bulk_create(people)
    GroupObjectPermission.objects.bulk_create(groups)


def _version(kept: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]


def _as_kept(given: Iterable[tuple[User | Group, tuple[str, ...]]]) -> list[dict[str, Any]]:
    rows = [
        {"user" if isinstance(who, User) else "group": str(who), "id": who.pk, "may": list(may)} for who, may in given
    ]
    return sorted(rows, key=lambda row: (row.get("user") or "", row.get("group") or ""))


class Shift(NamedTuple):
    """What a change of sharing gave to one person, by address, or one group, by name, and what it took."""

    user: str
    group: str
    given: tuple[str, ...]
    taken: tuple[str, ...]


def shifts_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Shift]:
    """What a kept change of sharing gave and took, people first; those for whom it changed nothing are left out."""
    sides = [
        {(row.get("user") or "", row.get("group") or ""): set(row["may"]) for row in side.get("shares", [])}
        for side in (before, after)
    ]
    held, holds = sides
    found = []
    for user, group in sorted(held.keys() | holds.keys(), key=lambda who: (not who[0], who)):
        old, new = held.get((user, group), set()), holds.get((user, group), set())
        if old != new:
            found.append(Shift(user, group, in_order(new - old), in_order(old - new)))
    return found


def people_who_may_edit(budget: Budget, count: int = NAMED) -> list[User]:
    """Up to `count` people to ask for a change of the budget.

    Those who were given the right on it or above it, the nearest first and people before members of groups; where
    there is none, finance, else administrators, who may change all.
    """
    line = [budget.pk, *reversed(budget.ancestors().values_list("pk", flat=True))]
    level = {str(pk): number for number, pk in enumerate(line)}
    wanted = {
        "object_pk__in": list(level),
        "content_type": ContentType.objects.get_for_model(Budget),
        "permission__codename": EDIT,
    }
    own = UserObjectPermission.objects.filter(user__is_active=True, **wanted).select_related("user")
    found = [(level[row.object_pk], 0, row.user.email, row.user) for row in own]
    groups: dict[int, int] = {}
    for group, pk in GroupObjectPermission.objects.filter(**wanted).values_list("group_id", "object_pk"):
        groups[group] = min(level[pk], groups.get(group, len(line)))
    if groups:
        near = Min(Case(*(When(groups=group, then=Value(number)) for group, number in groups.items())))
        members = User.objects.filter(is_active=True, groups__in=list(groups)).annotate(near=near)
        found += [(user.near, 1, user.email, user) for user in members.order_by("near", "email")[:count]]
    people = list(dict.fromkeys(user for *_, user in sorted(found, key=lambda row: row[:3])))[:count]
    return people or people_with(FINANCE, ADMIN, count=count)


def may_not_edit(budget: Budget) -> str:
    """What someone is told who may not change the budget: who can, and whom to ask."""
    ask = in_words(people_who_may_edit(budget))
    return "Finance, administrators and its editors can change this budget." + (f" Ask {ask}." if ask else "")


def may_not_create() -> str:
    """What someone is told who may not make a budget anywhere."""
    ask = to_ask(FINANCE, ADMIN)
    return "Finance, administrators and those who may change a budget can make one." + (f" Ask {ask}." if ask else "")
