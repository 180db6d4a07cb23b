"""The six roles, kept as groups, and the one place that says what each may do."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group

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


def give_role(user: User, role: str) -> None:
    """Makes `role` the user's one role; an admin may also open the admin site."""
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}. Choose one of {', '.join(ROLES)}.")
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    user.is_staff = user.is_superuser = role == ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    user.__dict__.pop("_roles", None)
