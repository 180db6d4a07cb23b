"""The six roles, kept as groups, and the one place that says what each may do."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import transaction
from django.db.models import Q

from accounts.domain.scopes import PRICES_WRITE, SCOPES, USAGE_WRITE
from accounts.models import User

ADMIN, FINANCE, LEAD, APPROVER, ENGINEER, VIEWER = ROLES = (
    "admin",
    "finance",
    "lead",
    "approver",
    "engineer",
    "viewer",
)
Someone = User | AnonymousUser | AbstractBaseUser


def roles_of(user: Someone) -> frozenset[str]:
    """The roles of a user, read once per user object; a superuser is an admin."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    cached: frozenset[str] | None = user.__dict__.get("_roles")
    if cached is None:
        cached = frozenset(user.groups.values_list("name", flat=True)) & frozenset(ROLES)
        user.__dict__["_roles"] = cached
    return cached | {ADMIN} if user.is_superuser else cached


def role_of(user: User) -> str | None:
    """The first role that is given to a user, who need not be active; None for no role. A superuser is an admin.

    Reads no database where the groups were prefetched.
    """
    if user.is_superuser:
        return ADMIN
    held = {group.name for group in user.groups.all()}
    return next((role for role in ROLES if role in held), None)


def sees_everything(user: Someone) -> bool:
    """Admin and finance see every budget and all usage."""
    return bool(roles_of(user) & {ADMIN, FINANCE})


def may_post_usage(user: Someone) -> bool:
    """Those whose programs make calls: not approvers and viewers, who read."""
    return bool(roles_of(user) & {ADMIN, FINANCE, LEAD, ENGINEER})


def may_set_budgets(user: Someone) -> bool:
    """Admin and finance agree budgets anywhere in the tree; others need the permission on the budget."""
    return sees_everything(user)


def may_set_prices(user: Someone) -> bool:
    """Prices, aliases and the team directory are finance's and the admin's."""
    return sees_everything(user)


def scopes_for(user: Someone) -> tuple[str, ...]:
    """The scopes that are of use to a key of the user: not what no budget could ever allow them.

    A key keeps its scopes when its user's role changes; what it may do is always what they both may.
    """
    never = {USAGE_WRITE: may_post_usage(user), PRICES_WRITE: may_set_prices(user)}
    return tuple(scope for scope in SCOPES if never.get(scope, True))


def may_set_people(user: Someone) -> bool:
    """Administrators add people, give roles and passwords, and keep groups."""
    return ADMIN in roles_of(user)


class LastAdmin(ValueError):
    """Nobody would be left who may open the admin site; the message says what to do."""


def check_admin_stays(user: User) -> None:
    """Raises LastAdmin where `user` is the last active admin. Until the transaction ends, no other one can go."""
    by_role = User.groups.through.objects.filter(group__name=ADMIN).values("user_id")
    admins = User.objects.filter(Q(is_superuser=True) | Q(pk__in=by_role), is_active=True)
    list(admins.order_by("pk").select_for_update().values_list("pk", flat=True))
    # Asked again: of those it had to wait for, the query above still saw the old groups.
    if set(admins.values_list("pk", flat=True)) == {user.pk}:
        raise LastAdmin(f"{user.email} is the last active administrator. Make somebody else one first.")


@transaction.atomic
def give_role(user: User, role: str) -> None:
    """Makes `role` the user's one role; an admin may also open the admin site.

    Raises LastAdmin where no active admin would be left, ValueError for a role that there is not.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}. Choose one of {', '.join(ROLES)}.")
    if role != ADMIN:
        check_admin_stays(user)
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    user.is_staff = user.is_superuser = role == ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    user.__dict__.pop("_roles", None)
