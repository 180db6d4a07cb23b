"""Scopes: what a key was not made for it does not do, at any endpoint, whatever its person may."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.domain.keys import create_key, find_key, forget, holder_of
from accounts.domain.scopes import ALL, SCOPES
from accounts.models import ApiKey
from costops.cli import costops
from tests.factories import api, now, person
from tests.pages.reading import text_of
from tests.pages.test_account_page import secret_in
from tests.pages.test_budget_forms import errors_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
HANDLERS = ("get", "post", "put", "patch", "delete")
PUBLIC = {"schema"}


def routes(found: Any = None, before: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every route under /api/v1/: its name, an address that it takes, and the class behind it."""
    for each in found if found is not None else get_resolver("costops.urls_api").url_patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith("v1/") and each.name not in PUBLIC:
            address = path.removeprefix("v1/").replace("<int:pk>", "1").replace("<uuid:pk>", str(UUID(int=1)))
            yield str(each.name), address, each.callback.cls  # type: ignore[attr-defined]


OPERATIONS = [
    (method.upper(), path, view) for _, path, view in routes() for method in HANDLERS if hasattr(view, method)
]
NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]


def refusal(answer: HttpResponse) -> tuple[int, str]:
    """The status and the code of an error."""
    return answer.status_code, json.loads(answer.content or b"{}").get("error", {}).get("code", "")


def test_every_endpoint_declares_the_scope_of_each_method_and_of_no_other() -> None:
    assert len(OPERATIONS) > 25
    for _, path, view in routes():
        handled = {method.upper() for method in HANDLERS if hasattr(view, method)}
        assert set(view.needs) == handled, path
        assert set(view.needs.values()) <= SCOPES.keys(), path


def test_every_scope_is_needed_somewhere() -> None:
    assert {view.needs[method] for method, _, view in OPERATIONS} == SCOPES.keys()


@pytest.mark.parametrize(("method", "path", "view"), OPERATIONS, ids=NAMES)
def test_a_key_with_all_scopes_but_the_one_is_refused_and_told_which(method: str, path: str, view: Any) -> None:
    scope = view.needs[method]
    caller = api(scopes=[name for name in ALL if name != scope])
    answer = caller.send(method, path, {})
    assert refusal(answer) == (403, "scope_missing")
    assert json.loads(answer.content)["error"]["message"].startswith(f"This API key lacks the scope {scope}.")


@pytest.mark.parametrize(("method", "path", "view"), OPERATIONS, ids=NAMES)
def test_a_key_with_the_one_scope_comes_in(method: str, path: str, view: Any) -> None:
    answer = api(scopes=[view.needs[method]]).send(method, path, {})
    assert answer.status_code in (200, 400, 404, 204)


def test_head_needs_what_get_needs_and_a_method_that_is_not_there_answers_405() -> None:
    caller = api(scopes=["usage:write"])
    assert caller.send("HEAD", "budgets/").status_code == 403
    assert caller.send("PUT", "budgets/").status_code == 405
    assert caller.send("OPTIONS", "budgets/").status_code == 200


def test_a_scope_gives_nothing_that_the_person_may_not() -> None:
    caller = api("viewer")
    assert refusal(caller.post("usage/", {"events": [{"cost": 1}]})) == (403, "permission_denied")
    assert refusal(caller.post("budgets/", {"name": "Mine", "amount": 1})) == (403, "permission_denied")


def test_a_browser_does_what_its_person_may(signed_in: SignIn) -> None:
    assert signed_in("finance").get("/api/v1/budgets/").status_code == 200


def test_the_check_costs_a_post_of_usage_no_query() -> None:
    post = {"events": [{"cost": 1}]}
    refused, taken = api(scopes=["usage:read"]), api(scopes=["usage:write"])
    for caller in (refused, taken):
        caller.post("usage/", post)
    with CaptureQueriesContext(connection) as queries:
        assert refused.post("usage/", post).status_code == 403
    assert [query["sql"] for query in queries] == []
    assert taken.post("usage/", post).status_code == 202


def test_a_scope_that_is_taken_away_is_gone_within_a_second() -> None:
    caller = api(scopes=["usage:write"])
    caller.post("usage/", {"events": [{"cost": 1}]})
    ApiKey.objects.filter(pk=caller.key.pk).update(scopes=["usage:read"])
    forget()
    assert caller.post("usage/", {"events": [{"cost": 1}]}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "budgets/"), ("GET", "usage/events/"), ("POST", "usage/"), ("GET", "prices/")]
)
def test_every_use_of_a_key_is_noted_to_the_minute(method: str, path: str) -> None:
    caller = api()
    assert ApiKey.objects.get(pk=caller.key.pk).last_used_at is None
    caller.send(method, path, {"events": [{"cost": 1}]} if method == "POST" else None)
    first = ApiKey.objects.get(pk=caller.key.pk).last_used_at
    assert first is not None
    assert now() - first < timedelta(minutes=1)
    forget()
    caller.send(method, path, {"events": [{"cost": 1}]} if method == "POST" else None)
    assert ApiKey.objects.get(pk=caller.key.pk).last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    forget()
    caller.send(method, path, {"events": [{"cost": 1}]} if method == "POST" else None)
    again = ApiKey.objects.get(pk=caller.key.pk).last_used_at
    assert again is not None
    assert again > first - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("sent", "scopes", "words"),
    [
        ({}, ["usage:write"], "Record usage only"),
        ({"preset": "record", "scopes": ["budgets:write"]}, ["usage:write"], "Record usage only"),
        ({"preset": "read"}, ["usage:read", "budgets:read"], "Read usage, prices and budgets"),
        ({"preset": "all"}, list(ALL), "All that you may do"),
        (
            {"preset": "chosen", "scopes": ["prices:write", "usage:read"]},
            ["usage:read", "prices:write"],
            "Read usage and prices · Agree contract prices",
        ),
    ],
)
def test_the_form_gives_what_was_chosen_and_least_where_nothing_was(
    signed_in: SignIn, sent: dict[str, Any], scopes: list[str], words: str
) -> None:
    page = signed_in("finance").post("/account/keys/", {"name": "laptop", **sent})
    key = find_key(secret_in(page), now())
    assert key is not None
    assert key.scopes == scopes
    row = text_of(page.content.decode().partition("<tbody")[2].partition("</tbody>")[0])
    assert words in row


@pytest.mark.parametrize(
    ("role", "presets", "scopes"),
    [
        ("admin", ["record", "read", "all"], list(ALL)),
        ("engineer", ["record", "read", "all"], [scope for scope in ALL if scope != "prices:write"]),
        ("viewer", ["read", "all"], ["usage:read", "budgets:read", "budgets:write"]),
        ("approver", ["read", "all"], ["usage:read", "budgets:read", "budgets:write"]),
    ],
)
def test_the_form_offers_what_the_role_can_do_and_chooses_the_least_of_it(
    signed_in: SignIn, role: str, presets: list[str], scopes: list[str]
) -> None:
    client = signed_in(role)
    html = client.get("/account/").content.decode()
    offered = re.findall(r'<input type="radio" name="preset" value="(\w+)"[^>]*?( checked)?(?=[ >])', html)
    assert [name for name, _ in offered] == [*presets, "chosen"]
    assert re.findall(r'name="preset" value="(\w+)"[^>]* checked', html) == presets[:1]
    assert re.findall(r'name="scopes" value="([\w:]+)"', html) == scopes
    never = client.post("/account/keys/", {"name": "x", "preset": "chosen", "scopes": ["usage:write", "prices:write"]})
    assert ("lcops_" in never.content.decode()) is (role == "admin")
    made = client.post("/account/keys/", {"name": "plain"})
    assert find_key(secret_in(made), now()).scopes == (["usage:write"] if presets[0] == "record" else scopes[:2])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"preset": "chosen"}, "scopes", "Tick what the key may do."),
        ({"preset": "chosen", "scopes": ["root"]}, "scopes", "root"),
        ({"preset": "root"}, "preset", "root"),
    ],
)
def test_what_no_key_can_have_is_refused_and_what_was_typed_stays(
    signed_in: SignIn, sent: dict[str, Any], field: str, words: str
) -> None:
    page = signed_in("engineer").post("/account/keys/", {"name": "laptop", "project": "search", **sent})
    assert words in page.context["form"].errors[field][0]
    assert words in text_of(page)
    assert 'value="search"' in page.content.decode()
    assert not ApiKey.objects.exists()
    assert "name" not in errors_of(page)


def test_the_form_starts_with_the_least(signed_in: SignIn) -> None:
    page = signed_in("engineer").get("/account/").content.decode()
    assert page.count(" checked") == 1
    assert 'value="record"' in page.partition(" checked")[0].rpartition("<input")[2]


def test_a_rotated_key_keeps_its_scopes() -> None:
    key, _ = create_key(person("engineer"), "CI", scopes=["budgets:read"])
    secret = CliRunner().invoke(costops, ["apikey", "rotate", key.prefix]).stdout.strip()
    holder = holder_of(secret)
    assert holder is not None
    assert holder.scopes == {"budgets:read"}


@pytest.mark.parametrize(
    ("options", "scopes", "said"),
    [
        ([], list(ALL), "made with --scope usage:write"),
        (["--scope", "usage:write"], ["usage:write"], "may do: usage:write."),
        (["--scope", "budgets:read", "--scope", "usage:read"], ["usage:read", "budgets:read"], "may do: usage:read, "),
        (["--scope", "all"], list(ALL), "may do: everything."),
    ],
)
def test_the_command_gives_what_is_named_and_else_all_that_the_user_may(
    options: list[str], scopes: list[str], said: str
) -> None:
    user = person("engineer")
    done = CliRunner().invoke(costops, ["apikey", "create", "--user", user.email, "--name", "CI", *options])
    key = find_key(done.stdout.strip(), now())
    assert key is not None
    assert key.scopes == scopes
    assert said in done.stderr
    listed = CliRunner().invoke(costops, ["apikey", "list"]).stdout
    assert ("everything" if scopes == list(ALL) else ", ".join(scopes)) in listed


def test_the_command_refuses_a_scope_that_there_is_not() -> None:
    done = CliRunner().invoke(costops, ["apikey", "create", "--user", "x", "--name", "CI", "--scope", "root"])
    assert (done.exit_code, "usage:write" in done.stderr) == (2, True)


def test_an_administrator_changes_the_scopes_of_a_key(signed_in: SignIn) -> None:
    caller = api(scopes=["usage:write"])
    form = {"name": caller.key.name, "scopes": ["budgets:read", "usage:read"]}
    client = signed_in()
    address = f"/admin/accounts/apikey/{caller.key.pk}/change/"
    assert client.post(address, form).status_code == 302
    assert ApiKey.objects.get(pk=caller.key.pk).scopes == ["usage:read", "budgets:read"]
    assert caller.get("budgets/").status_code == 200
    assert "Tick what the key may do." in text_of(client.post(address, {"name": caller.key.name}))
    assert "Read usage, prices and budgets" in text_of(client.get("/admin/accounts/apikey/"))


def test_keys_from_before_keep_all_that_they_might(committed: None) -> None:
    cache.clear()
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes("accounts")
    executor.migrate([("accounts", "0002_roles")])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_user (email, name, password, is_superuser, is_active, is_staff, "
                "date_joined) VALUES ('old@company.com', '', '', false, true, false, now()) RETURNING id"
            )
            user = cursor.fetchone()[0]
            cursor.execute(
                "INSERT INTO accounts_apikey (user_id, name, digest, prefix, last_four, project, environment, "
                "department, team, locked, created_at) "
                "VALUES (%s, 'old', '\\x00', 'lcops_abcd', 'wxyz', '', '', '', '', false, now())",
                [user],
            )
    finally:
        MigrationExecutor(connection).migrate(latest)
    assert ApiKey.objects.get().scopes == list(ALL)
