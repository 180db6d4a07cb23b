"""Who may see and change budgets: the one rule that pages, API and exports all use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.domain.groups import plain_groups
from accounts.domain.roles import may_set_budgets, sees_everything
from accounts.models import User

if TYPE_CHECKING:
    from budgets.models import Budget
    from budgets.models.budget import BudgetQuerySet

SEE, EDIT, REQUEST, DECIDE = PERMISSIONS = ("view_budget", "change_budget", "request_budget", "decide_budget")


def visible_budgets(budgets: BudgetQuerySet, user: Any) -> BudgetQuerySet:
    """Those of `budgets` that the user may see: all for finance and admin, else what was granted and all below it.

    Owning a budget is a grant, and so is every permission on it.
    """
    return _reachable(budgets, user, PERMISSIONS)


def editable_budgets(budgets: BudgetQuerySet, user: Any) -> BudgetQuerySet:
    """Those of `budgets` that the user may change: all for finance and admin, else granted ones and all below."""
    return _reachable(budgets, user, (EDIT,))


def may_edit(user: Any, budget: Budget) -> bool:
    """True when the user may change this budget."""
    return editable_budgets(type(budget).objects.filter(pk=budget.pk), user).exists()


def may_place(user: Any, parent: Budget | None) -> bool:
    """True when the user may make a budget below `parent`, or move one there: at the top it takes finance or admin."""
    return may_set_budgets(user) if parent is None else may_edit(user, parent)


def may_create(user: Any) -> bool:
    """True when there is a place where the user may make a budget."""
    from budgets.models import Budget

    return may_set_budgets(user) or editable_budgets(Budget.objects.live(), user).exists()


def visible_people(user: Any) -> QuerySet[User]:
    """The people whom the user may see: all for finance and admin, else themselves, the members of groups that they
    are in, and those whom the page of sharing of a budget that they see names: owners and people it is shared with,
    on it or above it.
    """
    if not isinstance(user, User) or not user.is_active:
        return User.objects.none()
    if sees_everything(user):
        return User.objects.all()
    line = _line_ids(user)
    shared = UserObjectPermission.objects.filter(**_on(line)).values("user")
    owners = _budgets().filter(pk__in=line, owner__isnull=False).values("owner")
    together = User.groups.through.objects.filter(group__in=plain_groups().filter(user=user)).values("user_id")
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=shared) | Q(pk__in=owners) | Q(pk__in=together))


def visible_groups(user: Any) -> QuerySet[Group]:
    """The groups, roles aside, that the user may see: all for finance and admin, else those that they are in and
    those that a budget which they see is shared with, on it or above it.
    """
    if not isinstance(user, User) or not user.is_active:
        return Group.objects.none()
    if sees_everything(user):
        return plain_groups()
    shared = GroupObjectPermission.objects.filter(**_on(_line_ids(user))).values("group")
    return plain_groups().filter(Q(pk__in=user.groups.values("pk")) | Q(pk__in=shared))


def opened_groups(user: Any) -> QuerySet[Group]:
    """The groups, roles aside, of which the user may know who is in them: all for finance and admin, else their own."""
    if not isinstance(user, User) or not user.is_active:
        return Group.objects.none()
    return plain_groups() if sees_everything(user) else plain_groups().filter(user=user)


def _line_ids(user: User) -> list[int]:
    """The budgets that the user may see, and all above them."""
    above = RawSQL(
        """
        WITH RECURSIVE above(id, parent_id) AS (
            SELECT id, parent_id FROM budgets_budget WHERE id = ANY(%s::bigint[])
            UNION
            SELECT parent.id, parent.parent_id FROM budgets_budget parent JOIN above ON above.parent_id = parent.id
        )
        SELECT id FROM above
        """,
        [list(granted_ids(user, PERMISSIONS))],
    )
    upwards = _budgets().filter(pk__in=above).values_list("pk", flat=True)
    return sorted({*upwards, *_budgets().visible_to(user).values_list("pk", flat=True)})


def _on(budgets: Iterable[int]) -> dict[str, Any]:
    """What a grant on one of these budgets is found by."""
    return {
        "object_pk__in": [str(pk) for pk in budgets],
        "content_type": ContentType.objects.get_for_model(_budgets().model),
        "permission__codename__in": PERMISSIONS,
    }


def _budgets() -> BudgetQuerySet:
    from budgets.models import Budget

    return Budget.objects.all()


def _reachable(budgets: BudgetQuerySet, user: Any, permissions: Iterable[str]) -> BudgetQuerySet:
    if not isinstance(user, User) or not user.is_active:
        return budgets.none()
    if sees_everything(user):
        return budgets
    below = RawSQL(
        """
        WITH RECURSIVE below(id) AS (
            SELECT id FROM budgets_budget WHERE id = ANY(%s::bigint[])
            UNION
            SELECT child.id FROM budgets_budget child JOIN below ON child.parent_id = below.id
        )
        SELECT id FROM below
        """,
        [list(granted_ids(user, permissions))],
    )
    return budgets.filter(pk__in=below)


def granted_ids(user: User, permissions: Iterable[str]) -> set[int]:
    """The budgets on which the user holds one of the permissions directly, as a person or through a group.

    An owner sees their budget and may ask for more; to change it they need the permission like anyone else.
    """
    from budgets.models import Budget

    permissions = list(permissions)
    wanted = {"permission__codename__in": permissions, "content_type": ContentType.objects.get_for_model(Budget)}
    own: QuerySet = UserObjectPermission.objects.filter(user=user, **wanted)
    grouped: QuerySet = GroupObjectPermission.objects.filter(group__user=user, **wanted)
    found = own.values_list("object_pk", flat=True).union(grouped.values_list("object_pk", flat=True))
    ids = {int(pk) for pk in found}
    if {SEE, REQUEST} & set(permissions):
        ids.update(Budget.objects.filter(owner=user).values_list("pk", flat=True))
    return ids
