"""Who is signed in, in words."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import Group

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, FINANCE, ROLES, Someone, roles_of, sees_everything
from accounts.models import User

register = template.Library()
WORDS = {
    "admin": "Administrator",
    "finance": "Finance",
    "lead": "Team lead",
    "approver": "Approver",
    "engineer": "Engineer",
    "viewer": "Viewer",
}


@register.filter
def role(user: User) -> str:
    """The user's first role in words."""
    held = roles_of(user)
    return next((WORDS[name] for name in ROLES if name in held), "No role yet")


@register.filter
def sees_all(user: Someone) -> bool:
    """Whether nothing is hidden from the user."""
    return sees_everything(user)


@register.filter
def is_role(group: Group) -> bool:
    """Whether a group is one of the roles, which have no page of a group."""
    return group.name in ROLES


@register.filter
def initials(user: User) -> str:
    """Two letters that stand for a person."""
    words = (user.name or user.email.split("@")[0].replace(".", " ").replace("-", " ")).split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join([letters[0], *letters[-1:]][: min(2, len(letters))]).upper() if letters else "?"


@register.simple_tag
def finance_to_ask(text: str = "") -> str:
    """Who can be asked, by name: finance, else administrators. Empty where `text` names somebody already."""
    return "" if "@" in text else to_ask(FINANCE, ADMIN)
