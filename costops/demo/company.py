"""The people of the demo company and the budgets they agreed on: the seed's tree, and a few that stand otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from accounts.domain.people import add_person
from accounts.models import User
from budgets.domain.changes import create_budget, edit_budget
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from budgets.models import Budget
from usage.domain import ground
from usage.domain.lock import hold_exclusive
from usage.models import TeamDepartment

REASON: Final = "Demo company"
THRESHOLDS: Final = [
    {"threshold": "0.5", "channels": ["email"]},
    {"threshold": "0.8", "channels": ["email", "slack"]},
    {"threshold": "0.95", "channels": ["email", "slack", "pagerduty"]},
]
PEOPLE: Final = {
    "admin@company.com": ("admin", "Alex Admin"),
    "finance@company.com": ("finance", "Dana Reyes"),
    "team-lead@company.com": ("lead", "Priya Nair"),
    "engineering-manager@company.com": ("approver", "Tomás Silva"),
    "engineer@company.com": ("engineer", "Yuki Tanaka"),
    "viewer@company.com": ("viewer", "Sam Osei"),
}
TEAMS: Final = {
    "backend": "engineering",
    "platform": "engineering",
    "search": "engineering",
    "support": "product",
    "growth": "product",
    "analytics": "product",
    "people": "operations",
}


@dataclass(frozen=True)
class Plan:
    """A budget as it was agreed on. `days` are its first and last day from today, for one with dates of its own."""

    name: str
    amount: int
    scope: Mapping[str, Any]
    owner: str
    parent: str | None = None
    days: tuple[int, int] | None = None
    thresholds: tuple[Mapping[str, Any], ...] = ()


COMPANY: Final = "Company AI Budget 2025"
ENGINEERING: Final = "Engineering AI Budget"
PRODUCT: Final = "Product AI Budget"
BACKEND: Final = "Backend Team Budget"
PRODUCTION: Final = "Q1 2025 Production"
PILOT: Final = "Code Agents Pilot"
SUPPORT: Final = "Support Bot Launch"
SEARCH: Final = "Search Team Budget"

PLANS: Final = (
    Plan(COMPANY, 100_000, {}, "finance@company.com", thresholds=tuple(THRESHOLDS[1:])),
    Plan(ENGINEERING, 60_000, {"departments": ["engineering"]}, "engineering-manager@company.com", COMPANY),
    Plan(PRODUCT, 30_000, {"departments": ["product"]}, "finance@company.com", COMPANY),
    Plan(
        BACKEND,
        30_000,
        {"teams": ["backend"], "tags": {"team": "backend"}},
        "team-lead@company.com",
        ENGINEERING,
        thresholds=tuple(THRESHOLDS[1:]),
    ),
    Plan(
        PRODUCTION,
        10_000,
        {"projects": ["production"], "environments": ["prod"]},
        "team-lead@company.com",
        thresholds=tuple(THRESHOLDS),
    ),
    # What follows stands as it does whatever the day of the month is: dates of its own that reach back and forth.
    Plan(PILOT, 20_000, {"projects": ["code-agents"]}, "team-lead@company.com", BACKEND, (-60, 29)),
    Plan(
        SUPPORT,
        49_000,
        {"projects": ["support-bot"]},
        "finance@company.com",
        PRODUCT,
        (-100, 10),
        ({"threshold": "0.8", "channels": ["email"]},),
    ),
    Plan(SEARCH, 14_000, {"teams": ["search"]}, "engineering-manager@company.com", ENGINEERING),
)
GRANTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    ENGINEERING: {"engineering-manager@company.com": ("see", "decide"), "team-lead@company.com": ("see", "request")},
    BACKEND: {"team-lead@company.com": ("see", "edit", "request"), "engineer@company.com": ("see", "request")},
    PRODUCT: {"viewer@company.com": ("see",)},
}
RAISED: Final = (PRODUCT, 25_000, "Support bot goes to all customers")  # budget, amount until then, why


def make_people(password: str) -> dict[str, User]:
    """The people who are not there yet, all with this password; returns all of them by address."""
    known = {user.email: user for user in User.objects.filter(email__in=PEOPLE)}
    new = [email for email in PEOPLE if email not in known]
    for email in new:
        role, name = PEOPLE[email]
        known[email] = add_person(email, role, password=password, name=name)[0]
    return known


def make_directory(since: datetime) -> None:
    """Which department each team belongs to, so that calls need to name their team alone."""
    with transaction.atomic():
        hold_exclusive()
        TeamDepartment.objects.bulk_create(
            TeamDepartment(team=team, department=department, effective_from=since) for team, department in TEAMS.items()
        )
        ground.bump("directory")


def make_budgets(people: Mapping[str, User], today: date, since: datetime) -> dict[str, Budget]:
    """The budgets, agreed on at `since`; returns them by name."""
    finance = Actor(people["finance@company.com"], REASON)
    made: dict[str, Budget] = {}
    for plan in PLANS:
        fields: dict[str, Any] = {
            "name": plan.name,
            "amount": Decimal(RAISED[1] if plan.name == RAISED[0] else plan.amount),
            "period": Budget.Kind.CUSTOM if plan.days else Budget.Kind.MONTHLY,
            "scope": dict(plan.scope),
            "owner": people[plan.owner],
            "parent": made[plan.parent] if plan.parent else None,
            "thresholds": list(plan.thresholds),
        }
        if plan.days:
            fields["starts_on"], fields["ends_on"] = (today + timedelta(days=day) for day in plan.days)
        made[plan.name] = create_budget(finance, fields, since, all_history=True)
    for name, grants in GRANTS.items():
        set_shares(made[name], [Grant(people[email], may) for email, may in grants.items()], finance, since)
    return made


def raise_a_budget(budgets: Mapping[str, Budget], people: Mapping[str, User], at: datetime) -> None:
    """The one budget that was raised in its time, with who and why."""
    name, _, why = RAISED
    amount = next(plan.amount for plan in PLANS if plan.name == name)
    edit_budget(budgets[name], Actor(people["finance@company.com"], why), {"amount": Decimal(amount)}, at)
