"""What the demo company agreed on in its 120 days, in the order of time: budgets, who shares them, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group

from accounts.models import User
from budgets.domain.changes import archive_budget, create_budget, edit_budget
from budgets.domain.history import Actor
from budgets.domain.periods import day_bounds
from budgets.domain.sharing import Grant, set_shares
from budgets.models import Budget, BudgetChange
from costops.demo import plans
from costops.demo.days import FIRST_DAY, STOPPED_DAY
from costops.demo.people import BACKEND_LEADS, FINOPS, address
from costops.demo.plans import PLANS, Plan

REASON: Final = "Demo company"  # why the top budget was made: by this it is known again


@dataclass(frozen=True)
class Edit:
    """A change, so many days ago: by whom (before the @), why, and what; no `fields` close the budget."""

    ago: int
    budget: str
    by: str
    why: str
    fields: Mapping[str, Any] = field(default_factory=dict)


EDITS: Final = (
    Edit(97, plans.BACKEND, "finance", "Two large customers start on the public API", {"amount": 28_000}),
    Edit(88, plans.SEARCH, "finance", "Reranking goes to all markets", {"amount": 14_000}),
    Edit(82, plans.PROTOTYPE, "finance", "The prototype was not taken up"),
    Edit(76, plans.API_STAGING, "team-lead", "Load tests before the release", {"amount": 260}),
    Edit(68, plans.TRANSLATION, "finance", "Done, all texts are translated"),
    Edit(66, plans.HELP, "finance", "Support writes the help center from now on", {"parent": plans.SUPPORT}),
    Edit(64, plans.BACKEND, "finance", "Agreed with engineering for the rest of the year", {"amount": 30_000}),
    Edit(61, plans.PRODUCT, "finance", "Support bot goes to all customers", {"amount": 30_000}),
    Edit(61, plans.SUPPORT, "finance", "Support bot goes to all customers", {"amount": 15_000}),
    Edit(STOPPED_DAY - 2, plans.LABS, "finance", "The team stopped; its people work on mobile and backend now"),
    Edit(43, plans.INVOICES, "finance", "Finance runs the inbox itself now", {"parent": plans.FINANCE}),
    Edit(36, plans.PLATFORM, "finance", "Summaries need less than planned", {"amount": 15_000}),
    Edit(29, plans.PUBLIC_API, "team-lead", "Answers are cached, so less is enough", {"amount": 12_000}),
    Edit(24, plans.DEVELOPMENT, "finance", "Agents are tried on every team", {"amount": 12_000}),
)
#: Who may do what, by name before the @ or by group.
GRANTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    plans.ENGINEERING: {"engineering-manager": ("see", "decide"), "team-lead": ("see", "request")},
    plans.BACKEND: {
        "team-lead": ("see", "edit", "request"),
        "engineer": ("see", "request"),
        BACKEND_LEADS: ("see", "edit", "request"),
    },
    plans.PRODUCT: {"ruth": ("see", "decide")},
    plans.SUPPORT: {"viewer": ("see",), "maya": ("see", "edit", "request")},
    plans.ANALYTICS: {"lena": ("see", "edit", "request"), "omar": ("see",)},
    plans.PLATFORM: {"aiko": ("see", "edit", "request"), "ravi": ("see",)},
    **{name: {FINOPS: ("see", "edit", "request")} for name in plans.AGREEMENTS.values()},
}


class Story:
    """The company's agreements, made one after the other as if at their time."""

    def __init__(self, people: Mapping[str, User], groups: Mapping[str, Group], today: date) -> None:
        self._people, self._groups, self._today = people, groups, today
        self._made: dict[str, Budget] = {}
        self._minute = 0

    def tell(self) -> None:
        """Makes, shares, changes and closes all budgets."""
        for ago in range(FIRST_DAY, -1, -1):
            for plan in PLANS:
                if plan.made == ago:
                    self._agree(plan)
            for edit in EDITS:
                if edit.ago == ago:
                    self._change(edit)

    def _agree(self, plan: Plan) -> None:
        fields: dict[str, Any] = {
            "name": plan.name,
            "amount": Decimal(plan.amount),
            "period": plan.period,
            "scope": dict(plan.scope),
            "owner": self._person(plan.owner),
            "parent": self._made[plan.parent] if plan.parent else None,
            "thresholds": list(plan.thresholds),
            "rollover": plan.rollover,
            "amounts": {self._month(offset): amount for offset, amount in plan.planned.items()},
        }
        if plan.days:
            fields["starts_on"], fields["ends_on"] = (self._day(-day) for day in plan.days)
        why = REASON if plan.name == plans.COMPANY else plan.why
        finance, at = Actor(self._person("finance"), why), self._moment(plan.made)
        budget = self._made[plan.name] = create_budget(finance, fields, at, all_history=True)
        if grants := GRANTS.get(plan.name):
            shares = [Grant(self._share_holder(who), may) for who, may in grants.items()]
            set_shares(budget, shares, finance, at)

    def _change(self, edit: Edit) -> None:
        budget, actor, at = self._made[edit.budget], Actor(self._person(edit.by), edit.why), self._moment(edit.ago)
        if not edit.fields:
            archive_budget(budget, actor, at)
            return
        fields = {
            name: self._made[value] if name == "parent" else Decimal(value) for name, value in edit.fields.items()
        }
        self._made[edit.budget] = edit_budget(budget, actor, fields, at)

    def _share_holder(self, who: str) -> User | Group:
        return self._groups[who] if who in self._groups else self._person(who)

    def _person(self, name: str) -> User:
        return self._people[address(name)]

    def _day(self, ago: int) -> date:
        return self._today - timedelta(days=ago)

    def _month(self, offset: int) -> str:
        month = self._today.year * 12 + self._today.month - 1 + offset
        return date(month // 12, month % 12 + 1, 1).isoformat()

    def _moment(self, ago: int) -> datetime:
        """In office hours of that day, each a few minutes after the one before."""
        self._minute = (self._minute + 7) % 480
        return day_bounds(self._day(ago), settings.COSTOPS_ZONE).starts + timedelta(hours=9, minutes=self._minute)


def is_loaded() -> bool:
    """True when the demo company is there."""
    return BudgetChange.objects.filter(what="created", reason=REASON, budget__name=plans.COMPANY).exists()
