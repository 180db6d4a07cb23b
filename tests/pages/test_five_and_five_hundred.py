"""A list of 500 rows takes as many queries as a list of five: every list there is, on one company that grows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from accounts.models import ApiKey, User
from budgets.domain import tree
from budgets.domain.periods import Period
from budgets.models import Budget, BudgetChange, BudgetPeriod
from forecasting.models import ScenarioSet
from tests.factories import budget, call, now, person, spend
from usage.models import ModelAlias, SavedView, TeamDepartment

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def period_on(found: Budget, at: datetime) -> Period:
    """The period of a budget that an instant lies in."""
    period = tree.schedule_of(found).period_at(at)
    assert period is not None
    return period


class Company:
    """What every list shows, and how much of it there is."""

    def __init__(self) -> None:
        self.admin, self.lead = person("admin"), person("lead")
        self.group = Group.objects.create(name="platform")
        self.group.user_set.add(self.lead)
        self.top = budget("Company", 1000, at=now() - timedelta(days=90), owner=self.lead)
        self.daily = budget("Daily", 1, self.top, period="daily", at=now() - timedelta(days=600))
        self.size = 0

    def grow(self, size: int) -> None:
        """Up to `size` of everything."""
        numbers, at = range(self.size, size), now()
        people = User.objects.bulk_create(User(email=f"p{n:03}@company.com", name=f"Person {n}") for n in numbers)
        self.group.user_set.add(*people)
        groups = Group.objects.bulk_create(Group(name=f"group {n:03}") for n in numbers)
        groups[0].user_set.add(*people)
        made = Budget.objects.bulk_create(
            Budget(name=f"Part {n:03}", amount=Decimal(1), parent=self.top, owner=self.lead) for n in numbers
        )
        Budget.objects.bulk_create(Budget(name=f"Old {n:03}", amount=Decimal(1), archived_at=at) for n in numbers)
        BudgetChange.objects.bulk_create(
            BudgetChange(
                budget=self.top, at=at - timedelta(minutes=n), what="edited", by=self.admin, after={"name": f"{n}"}
            )
            for n in numbers
        )
        ScenarioSet.objects.bulk_create(
            ScenarioSet(budget=self.top, name=f"{n}", scenarios=[], created_by=people[0], created_at=at, changed_at=at)
            for n in numbers
        )
        days = [period_on(self.daily, at - timedelta(days=1 + n)) for n in numbers]
        BudgetPeriod.objects.bulk_create(
            BudgetPeriod(budget=self.daily, starts=day.starts, ends=day.ends, amount=1) for day in days
        )
        for one in people[:60]:
            assign_perm("view_budget", one, self.top)
        for other in made:
            assign_perm("view_budget", self.group, other)
        ApiKey.objects.bulk_create(
            ApiKey(user=self.admin, name=f"key {n}", digest=n.to_bytes(32), scopes=["usage:read"]) for n in numbers
        )
        ends = at + timedelta(days=1)
        keys = [f"{uuid.uuid4().hex}" for _ in numbers]
        Session.objects.bulk_create(Session(session_key=key, session_data="", expire_date=ends) for key in keys)
        UserSession.objects.bulk_create(
            UserSession(user=self.admin, session_key=key, ip="192.0.2.7", user_agent="Firefox", last_seen_at=at)
            for key in keys
        )
        SavedView.objects.bulk_create(SavedView(owner=self.admin, name=f"view {n}", query="?by=team") for n in numbers)
        since = datetime(2025, 1, 1, tzinfo=UTC)
        TeamDepartment.objects.bulk_create(
            TeamDepartment(team=f"team {n}", department="product", effective_from=since) for n in numbers
        )
        ModelAlias.objects.bulk_create(
            ModelAlias(pattern=f"own-{n}", priced_model="gpt-5", effective_from=since) for n in numbers
        )
        spend(
            *[
                call(
                    None if n % 5 else 1,
                    at - timedelta(minutes=n),
                    model=f"model-{n}",
                    team=f"team {n}",
                    input_tokens=1,
                )
                for n in numbers
            ]
        )
        self.size = size


def test_of_every_list(signed_in: SignIn) -> None:
    company = Company()
    top, group = company.top.pk, company.group.pk
    lists = [
        *("/", "/budgets/", "/budgets/?state=archived", "/budgets/?state=all", f"/budgets/?under={top}"),
        f"/budgets/{top}/scenarios/",
        *(f"/budgets/{top}/", f"/budgets/{top}/share/", f"/budgets/{top}/?all=history"),
        *(f"/budgets/{top}/forecast/", f"/budgets/{top}/forecast/?range=next", f"/budgets/{top}/forecast/?range=past"),
        f"/budgets/{company.daily.pk}/?all=periods",
        *("/forecasts/", "/forecasts/accuracy/", "/forecasts/next-quarter/"),
        *("/usage/", "/usage/?by=team&by=model", "/usage/calls/", "/models/", "/people/", "/people/groups/"),
        *(
            f"/people/groups/{group}/",
            f"/people/{company.lead.pk}/",
            "/people/teams/",
            "/account/",
            "/account/sessions/",
        ),
        *("/search/?q=p", "/search/?q=model", "/usage/values/?filter=team&is=t"),
    ]
    client = signed_in(company.admin)

    def queries() -> dict[str, int]:
        found = {}
        for path in lists:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200, path
            found[path] = len(captured)
        return found

    company.grow(5)
    queries()
    few = queries()
    company.grow(500)
    queries()
    many = queries()
    assert {path: (few[path], many[path]) for path in lists if many[path] > few[path]} == {}
