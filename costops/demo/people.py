"""The people of the demo company: six who sign in, one for each role, and those who own budgets and call by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group

from accounts.domain.people import add_person
from accounts.domain.roles import give_role
from accounts.models import User

PEOPLE: Final = {
    "admin@company.com": ("admin", "Alex Admin"),
    "finance@company.com": ("finance", "Dana Reyes"),
    "team-lead@company.com": ("lead", "Priya Nair"),
    "engineering-manager@company.com": ("approver", "Tomás Silva"),
    "engineer@company.com": ("engineer", "Yuki Tanaka"),
    "viewer@company.com": ("viewer", "Sam Osei"),
}
COLLEAGUES: Final = {
    "ruth@company.com": ("approver", "Ruth Cohen"),
    "noor@company.com": ("engineer", "Noor Haddad"),
    "milan@company.com": ("engineer", "Milan Petrov"),
    "grace@company.com": ("lead", "Grace Kim"),
    "aiko@company.com": ("lead", "Aiko Sato"),
    "ravi@company.com": ("engineer", "Ravi Menon"),
    "carlos@company.com": ("lead", "Carlos Mendes"),
    "zoe@company.com": ("lead", "Zoë Martin"),
    "felix@company.com": ("engineer", "Felix Braun"),
    "maya@company.com": ("lead", "Maya Lindqvist"),
    "hana@company.com": ("lead", "Hana Novák"),
    "theo@company.com": ("engineer", "Theo Laurent"),
    "lena@company.com": ("lead", "Lena Hoffmann"),
    "omar@company.com": ("engineer", "Omar Farouk"),
    "ines@company.com": ("lead", "Inês Duarte"),
    "jon@company.com": ("viewer", "Jon Bakke"),
    "olu@company.com": ("lead", "Olu Adeyemi"),
    "nina@company.com": ("lead", "Nina Fischer"),
}
BACKEND_LEADS: Final = "Backend leads"
FINOPS: Final = "FinOps"
GROUPS: Final = {BACKEND_LEADS: ("team-lead", "grace"), FINOPS: ("olu", "ravi", "omar")}


def address(name: str) -> str:
    """The address of one of them, by what stands before the @."""
    return f"{name}@company.com"


def make_people(password: str, since: datetime) -> dict[str, User]:
    """Those who are not there yet, as if added `since` then; returns all by address. The six have this password, their
    colleagues have none.
    """
    known = {user.email: user for user in User.objects.filter(email__in=[*PEOPLE, *COLLEAGUES])}
    new = [email for email in (*PEOPLE, *COLLEAGUES) if email not in known]
    for email, (role, name) in PEOPLE.items():
        if email not in known:
            known[email] = add_person(email, role, password=password, name=name)[0]
    for email, (role, name) in COLLEAGUES.items():
        if email not in known:
            known[email] = user = User(email=email, name=name)
            user.set_unusable_password()
            user.save(force_insert=True)
            give_role(user, role)
    User.objects.filter(email__in=new).update(date_joined=since)
    return known


def make_groups(people: Mapping[str, User]) -> dict[str, Group]:
    """The groups by name. One that was there before keeps its members: it may open doors that are not the demo's."""
    groups = {}
    for name, members in GROUPS.items():
        groups[name], made = Group.objects.get_or_create(name=name)
        if made:
            groups[name].user_set.set([people[address(member)] for member in members])
    return groups
