"""Six roles x every page, endpoint, export, search and count x own, child, sibling and foreign budget.

What is not granted answers as what there is not, is in no total and no completion, and changes nothing. Every address
of the product stands in one of the tables below: a new one fails the first test until somebody says whom it is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.models import ApiKey, User
from budgets.models import Budget, BudgetChange, BudgetPeriod, BudgetSpan, BudgetThreshold
from tests.factories import Api, budget, call, now, person, share, spend
from tests.pages.reading import text_of
from tests.pages.test_overview import sums_in
from usage.domain import ground
from usage.models import ModelAlias, PriceOverride, RepriceJob, SavedView, TeamDepartment

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
ROLES = ("admin", "finance", "lead", "approver", "engineer", "viewer")
LIMITED = ROLES[2:]
SEEN, HIDDEN = ("ownz", "childz"), ("companyz", "siblingz", "foreignz")
#: What the company agreed to pay, which nobody reads but those who see all of its money.
RATE = "3.0717"
LABELS = ("team", "project", "environment", "department", "user", "provider", "model")

#: Addresses of one budget, as pages and in the API: what each answers for a budget that is seen but not to be changed.
OF_A_BUDGET = {
    "budgets:detail": 200,
    "budgets:share": 200,
    "budgets:edit": 403,
    "budgets:archive": 403,
    "budgets:restore": 403,
    "forecasts:budget": 200,
    "forecasts:budget-export": 200,
    "forecasts:scenarios": 200,
    "budget": 200,
    "budget-status": 200,
    "budget-periods": 200,
    "budget-shares": 200,
    "budget-changes": 200,
    "budget-restore": 405,
    "budget-forecast": 200,
    "budget-scenario-sets": 200,
}
#: Addresses that list, sum, search, complete or export, each with questions that would bring out what is hidden.
ASKED = [f"?{label}={token}" for token in HIDDEN for label in ("team", "model")]
GROUPED = [f"?by={label}" for label in LABELS] + ["?by=team&by=model", "?by="]
LISTS = {
    "home": ["", "?by=model", "?by=user", "?by=project"],
    "start": [""],
    "start-call": [""],
    "search": ["", *(f"?q={token[:5]}" for token in HIDDEN)],
    "styleguide": [""],
    "budgets:tree": [
        "",
        "?state=at-risk",
        "?state=archived",
        "?sort=-spent",
        "?owner=me",
        *(f"?q={token}" for token in HIDDEN),
    ],
    "budgets:export": ["", "?state=at-risk", *(f"?q={token}" for token in HIDDEN)],
    "forecasts:list": ["", "?sort=-chance", "?owner=me", *(f"?q={token}" for token in HIDDEN)],
    "forecasts:accuracy": [""],
    "forecasts:next-quarter": ["", *(f"?q={token}" for token in HIDDEN)],
    "forecasts:next-quarter-export": ["", *(f"?q={token}" for token in HIDDEN)],
    "forecasts:export": ["", *(f"?q={token}" for token in HIDDEN)],
    "budgets:names": [f"?key={key}&q={q}" for key in ("teams", "models", "users") for q in ("", *HIDDEN)],
    "budgets:plan": [""],
    "budgets:import": [""],
    "usage:explorer": [*GROUPED, *ASKED],
    "usage:export": [*GROUPED, *ASKED],
    "usage:values": [f"?filter={label}&is={token[:3]}" for label in LABELS for token in ("", *HIDDEN)],
    "usage:calls": ["", *ASKED],
    "usage:calls-export": ["", *ASKED],
    "usage:models": ["", "?ended=yes", "?aliases=2", "?contracts=1", "?give=contract"],
    "people:list": ["", *(f"?q={token}" for token in HIDDEN)],
    "people:export": [""],
    "people:complete-people": ["?q=z", *(f"?q={token}" for token in HIDDEN)],
    "people:complete-groups": ["?q=z"],
    "people:complete-plain-groups": ["?q=z"],
    "people:groups": [""],
    "usage:teams": [""],
    "usage:teams-csv": [""],
    "usage-summary": [f"?group_by={label}" for label in LABELS] + ["", *ASKED],
    "usage-events": ["", *ASKED],
    "prices": ["", "?days=400", *(f"?model={token}-model" for token in HIDDEN)],
    "price-overrides": [""],
    "model-aliases": ["", "?at=2999-01-01"],
    "reprice-jobs": [""],
    "team-departments": [""],
    "budgets": ["", *(f"?q={token}" for token in ())],
    "budgets-tree": [""],
    "forecasts": [f"?project_id={token}-project" for token in SEEN],
    "accounts:account": [""],
    "accounts:sessions": [""],
}
#: Addresses of something else than a budget, which their own tests try: one's keys, sessions and views; prices and what
#: was agreed of them, which everyone reads and finance sets; people and groups; and those that only write.
ELSEWHERE = {
    *("usage", "price-override", "price-override-end", "model-alias", "model-alias-end", "reprice-job"),
    *("usage:save-view", "usage:delete-view", "usage:price-again", "usage:end-alias", "usage:end-override"),
    *("usage:model-names", "usage:priced-names", "usage:provider-names"),
    *("usage:teams-upload", "usage:import", "budgets:create", "budgets:fit", "start-key"),
    *("budgets:limits", "budgets:import-preview", "budgets:import-apply", "budgets:import-again"),
    *("people:add", "people:person", "people:regroup", "people:edit", "people:deactivate", "people:bring-back"),
    *("people:password", "people:group", "people:rename-group", "people:members", "people:delete-group"),
    *("accounts:sign-in", "accounts:sign-out", "accounts:password", "accounts:reset", "accounts:reset-sent"),
    *("accounts:reset-done", "accounts:end-others", "accounts:end-session", "accounts:create-key"),
    *("accounts:rotate-key", "accounts:revoke-key", "account_login", "account_reset_password_from_key"),
    *("forecast-scenarios", "scenario-set", "forecasts:saved"),
    *("schema", "api-docs", "healthz", "readyz", "metrics", "-"),
}
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/budgets/{pk}/edit/", {"name": "Taken", "amount": "1", "period": "monthly", "parent": "top"}),
    ("POST", "/budgets/{pk}/share/", {"people": "mallory@company.com", "may": "edit"}),
    ("POST", "/budgets/{pk}/archive/", {}),
    ("POST", "/budgets/{pk}/restore/", {"amount": "1"}),
    ("PATCH", "/api/v1/budgets/{pk}/", {"name": "Taken"}),
    ("DELETE", "/api/v1/budgets/{pk}/", None),
    ("POST", "/api/v1/budgets/{pk}/restore/", {}),
    ("PUT", "/api/v1/budgets/{pk}/shares/", {"shares": []}),
    ("POST", "/api/v1/budgets/", {"name": "Below", "amount": 1, "parent_budget": "{pk}"}),
]
TABLES = (Budget, BudgetChange, BudgetSpan, BudgetThreshold, UserObjectPermission, GroupObjectPermission, User, ApiKey)
PRICES = (PriceOverride, ModelAlias, RepriceJob, TeamDepartment, SavedView)


@dataclass
class World:
    """A company with five budgets, each with usage whose every label begins with the budget's word."""

    budgets: dict[str, Budget]


@pytest.fixture(scope="module")
def world(one_company: None) -> World:
    company = budget("companyz budget", 100)
    own = budget("ownz budget", 5, company, scope={"teams": ["ownz-team"]})
    child = budget("childz budget", 4, own, scope={"teams": ["childz-team"]})
    owner = person("lead", "siblingz-owner@company.com")
    sibling = budget("siblingz budget", 4, company, scope={"teams": ["siblingz-team"]}, owner=owner)
    foreign = budget(
        "foreignz budget",
        4,
        scope={"projects": ["foreignz-project"]},
        owner=person("lead", "foreignz-owner@company.com"),
    )
    at = now()
    spend(
        *[
            call(cost, at, **{label: f"{token}-{label}" for label in LABELS})
            for token, cost in (("ownz", 2), ("childz", 1), ("siblingz", 50), ("foreignz", 70), ("companyz", 90))
        ]
    )
    tokens = ("companyz", "ownz", "childz", "siblingz", "foreignz")
    PriceOverride.objects.bulk_create(
        PriceOverride(model_pattern=f"{token}-model", rates={"input": RATE, "output": RATE}, effective_from=at)
        for token in tokens
    )
    ModelAlias.objects.bulk_create(
        ModelAlias(pattern=f"{token}-model*", priced_model="gpt-4", effective_from=at) for token in tokens
    )
    ground.bump("prices")
    TeamDepartment.objects.bulk_create(
        TeamDepartment(team=f"{token}-team", department=f"{token}-department", effective_from=at)
        for token in ("companyz", "ownz", "childz", "siblingz", "foreignz")
    )
    return World({"companyz": company, "ownz": own, "childz": child, "siblingz": sibling, "foreignz": foreign})


def routes() -> Iterator[tuple[str, str]]:
    """Every address of the product by its name, the admin site's aside."""

    def walk(patterns: Any, prefix: str, space: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            if not hasattr(pattern, "url_patterns"):
                yield space + (pattern.name or "-"), prefix + str(pattern.pattern)
            elif not str(pattern.pattern).startswith("admin/"):
                below = f"{space}{pattern.namespace}:" if pattern.namespace else space
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern), below)

    yield from walk(get_resolver().url_patterns, "/", "")


ADDRESSES = dict(routes())


def body_of(answer: HttpResponse) -> str:
    """All that was answered."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode()


def granted(role: str, world: World) -> User:
    """Someone of a role who was shown the own budget, and with it the child."""
    user = person(role, f"reader-{role}@company.com")
    share(world.budgets["ownz"], user)
    return user


def state() -> str:
    """All that could be changed, as text; when a key was last used is no change."""
    rows: list[Any] = []
    for table in (*TABLES, *PRICES, BudgetPeriod):
        rows += json.loads(serializers.serialize("json", table._default_manager.order_by("pk")))
    for row in rows:
        for noise in ("last_used_at", "last_login"):
            row["fields"].pop(noise, None)
    return json.dumps(rows)


#: What the frame says of the time: a minute may pass between two pages.
CLOCK = re.compile(r"\b\d\d:\d\d\b")


def test_every_address_says_whom_it_is_for() -> None:
    known = OF_A_BUDGET.keys() | LISTS.keys() | ELSEWHERE
    assert ADDRESSES.keys() - known == set(), "say in one of the tables whom these are for"
    assert known - ADDRESSES.keys() == set(), "these are gone"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", OF_A_BUDGET)
def test_what_is_not_granted_answers_as_what_there_is_not(
    signed_in: SignIn, world: World, role: str, name: str
) -> None:
    user = granted(role, world)
    client = signed_in(user)
    address = ADDRESSES[name].replace("<int:pk>", "{pk}")
    absent = client.get(address.format(pk=10**9))
    for token, found in world.budgets.items():
        answer = client.get(address.format(pk=found.pk))
        if role in LIMITED and token in HIDDEN:
            assert answer.status_code == absent.status_code == (405 if OF_A_BUDGET[name] == 405 else 404), token
            assert CLOCK.sub("", text_of(answer)) == CLOCK.sub("", text_of(absent))
        elif role in LIMITED:
            assert answer.status_code == OF_A_BUDGET[name], token
            assert not any(hidden in body_of(answer) for hidden in HIDDEN), token
        else:
            assert answer.status_code in (200, 302, 405), token


@pytest.mark.parametrize("role", LIMITED)
@pytest.mark.parametrize("name", LISTS)
def test_no_list_sum_search_completion_or_export_holds_what_is_not_granted(
    signed_in: SignIn, world: World, role: str, name: str
) -> None:
    client = signed_in(granted(role, world))
    for question in LISTS[name]:
        answer = client.get(ADDRESSES[name] + question, headers={"accept": "*/*"})
        assert answer.status_code in (200, 302, 403), question
        said = body_of(answer)
        for token in HIDDEN:
            asked = token if token in question else token[:5] if token[:5] in question else ""
            assert token not in (said.replace(asked, "") if asked else said), question
        assert RATE not in said, question
        if name in ("usage:explorer", "usage:calls") and not any(token in question for token in HIDDEN):
            assert sums_in(answer)[0] == 3, question


@pytest.mark.parametrize("role", ROLES)
def test_counts_and_totals_are_of_what_is_seen(signed_in: SignIn, world: World, role: str) -> None:
    user = granted(role, world)
    client, api = signed_in(user), Api(user, scopes=["usage:read", "budgets:read"])
    every, spent = (5, Decimal(213)) if role not in LIMITED else (2, Decimal(3))
    overview = client.get("/")
    assert sums_in(overview)[0] == spent
    assert f"All {every} budgets" in text_of(overview)
    assert f"All {every} " in text_of(client.get("/budgets/"))
    assert len(body_of(client.get("/budgets/export.csv")).splitlines()) == every + 1
    summary = api.get("usage/summary/").json()["results"][0]
    assert (Decimal(summary["cost"]), summary["requests"]) == (spent, 5 if role not in LIMITED else 2)
    assert len(api.get("budgets/").json()["results"]) == every
    assert len(api.get("usage/events/").json()["results"]) == summary["requests"]


@pytest.mark.parametrize("role", LIMITED)
@pytest.mark.parametrize("token", [*SEEN, *HIDDEN])
def test_what_is_not_granted_cannot_be_changed(signed_in: SignIn, world: World, role: str, token: str) -> None:
    user = granted(role, world)
    client, api = signed_in(user), Api(user, scopes=["budgets:read", "budgets:write"])
    pk = world.budgets[token].pk
    before = state()
    for method, address, sent in WRITES:
        path = address.format(pk=pk)
        if path.startswith("/api/"):
            filled = (
                {key: pk if value == "{pk}" else value for key, value in sent.items()} if sent is not None else None
            )
            answer = api.send(method, path.removeprefix("/api/v1/"), filled)
        else:
            answer = client.post(path, sent)
        refused = (400, 403, 404) if path.removeprefix("/api/v1") == "/budgets/" else (403, 404)
        assert answer.status_code in refused, (method, path, answer.status_code)
        if token in HIDDEN and path != "/api/v1/budgets/":
            assert answer.status_code == 404, (method, path)
    assert state() == before


@pytest.mark.parametrize("role", ROLES)
def test_prices_and_people_are_set_by_those_whose_they_are(signed_in: SignIn, world: World, role: str) -> None:
    client = signed_in(granted(role, world))
    other = User.objects.get(email="siblingz-owner@company.com")
    before = state()
    sets_people = role == "admin"
    for path in (
        f"/people/{other.pk}/edit/",
        f"/people/{other.pk}/deactivate/",
        f"/people/{other.pk}/password/",
        "/people/add/",
    ):
        assert client.get(path).status_code in ((200, 302) if sets_people else (403, 404)), path
        if not sets_people:
            assert client.post(path, {"name": "Taken", "role": "admin"}).status_code in (403, 404), path
    if role in LIMITED:
        for path in ("/models/", "/models/price-again/"):
            assert client.post(path, {"pattern": "gpt-*", "priced_model": "gpt-4", "model": "x"}).status_code == 403, (
                path
            )
    assert state() == before


@pytest.mark.parametrize("role", ROLES)
def test_agreements_are_read_by_those_whose_money_they_are_and_aliases_by_whose_calls(
    signed_in: SignIn, world: World, role: str
) -> None:
    user = granted(role, world)
    client, api = signed_in(user), Api(user, scopes=["usage:read"])
    models = text_of(client.get("/models/"))
    everything = role not in LIMITED
    assert (f"${RATE}" in models, "Agree a contract price" in models) == (everything, everything)
    assert all(f"{token}-model" in models for token in SEEN)
    assert "Contract price" in models
    quoted = api.post("prices/", {"model": "ownz-model", "input_tokens": 1_000_000}).json()
    assert (quoted["cost"] == RATE, quoted["price"] is not None) == (everything, everything)
    listed = api.get("prices/").json()["results"]
    assert [row["price"] is not None for row in listed] == [everything] * (5 if everything else 2)
    for token in world.budgets:
        alias = ModelAlias.objects.get(pattern=f"{token}-model*")
        agreed = PriceOverride.objects.get(model_pattern=f"{token}-model")
        reads = 200 if everything or token in SEEN else 404
        assert api.get(f"model-aliases/{alias.pk}/").status_code == reads, token
        assert api.get(f"price-overrides/{agreed.pk}/").status_code == (200 if everything else 403), token
    assert len(api.get("model-aliases/").json()["results"]) == (5 if everything else 2)


@pytest.mark.parametrize("role", LIMITED)
def test_who_may_change_a_budget_is_offered_no_name_beyond_it(signed_in: SignIn, world: World, role: str) -> None:
    user = granted(role, world)
    share(world.budgets["ownz"], user, "change_budget")
    client = signed_in(user)
    for key in ("teams", "projects", "models", "users", "environments", "providers", "departments"):
        offered = body_of(client.get(f"/budgets/names/?key={key}"))
        assert "ownz" in offered, key
        for token in HIDDEN:
            assert token not in offered, key
            assert f"{token}-" not in body_of(client.get(f"/budgets/names/?key={key}&q={token}")), key
    for page in ("/budgets/new/", f"/budgets/{world.budgets['ownz'].pk}/edit/"):
        assert not any(token in body_of(client.get(page)) for token in HIDDEN), page
    fitted = {
        "name": "x",
        "amount": "1",
        "period": "monthly",
        "teams": "siblingz-team, foreignz-team",
        "parent": str(world.budgets["ownz"].pk),
    }
    assert "50" not in text_of(client.post("/budgets/fit/", fitted))
