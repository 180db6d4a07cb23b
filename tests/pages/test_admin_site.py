"""The admin site: every table is there, what the ledger wrote is read-only, and secrets are shown once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.models import UserObjectPermission

from accounts.domain.keys import create_key, find_key
from accounts.models import ApiKey, User
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from budgets.models import Budget
from tests.at_once import at_once
from tests.factories import budget, call, now, person, spend
from tests.pages.reading import text_of
from usage.models import ModelAlias, PriceOverride, TeamDepartment

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
ROOMS = ("accounts", "usage", "budgets", "wire")
TABLES = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
LEDGER = [
    "usage.usageevent", "usage.hourlyusage", "usage.attribution", "usage.repricejob", "usage.groundversion",
    "budgets.budget", "budgets.budgetattribution", "budgets.budgethour", "budgets.budgetperiod", "budgets.budgetspan",
    "budgets.budgetchange", "budgets.budgetcorrection", "budgets.thresholdcrossing", "wire.idempotencyrecord",
]  # fmt: skip


def address(label: str) -> str:
    """The list of a table."""
    return f"/admin/{label.replace('.', '/')}/"


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label_lower)
def test_every_table_has_its_list(signed_in: SignIn, model: type) -> None:
    assert model in admin.site._registry
    spend(call(1, team="a"))
    budget("Company", 5)
    assert signed_in().get(address(model._meta.label_lower)).status_code == 200  # type: ignore[attr-defined]


@pytest.mark.parametrize("label", LEDGER)
def test_what_the_ledger_wrote_cannot_be_changed_here(signed_in: SignIn, label: str) -> None:
    budget("Company", 5, thresholds=[{"threshold": "0.1", "channels": ["email"]}])
    spend(call(1, team="a"))
    client = signed_in()
    assert client.post(f"{address(label)}add/", {}).status_code == 403
    row = apps.get_model(label).objects.first()
    if row is not None:
        assert client.get(f"{address(label)}{row.pk}/change/").status_code == 200
        assert client.post(f"{address(label)}{row.pk}/change/", {"amount": "9"}).status_code == 403
        assert client.post(f"{address(label)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    before = apps.get_model(label).objects.count()
    sent = {"action": "delete_selected", "_selected_action": [getattr(row, "pk", 1)], "post": "yes"}
    client.post(address(label), sent)
    assert apps.get_model(label).objects.count() == before


@pytest.mark.parametrize("role", ["finance", "lead", "viewer"])
def test_only_administrators_come_in(signed_in: SignIn, role: str) -> None:
    page = signed_in(role).get("/admin/", follow=True)
    assert page.status_code == 403
    assert "Only administrators" in text_of(page)


def test_the_door_is_the_products_own(client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/sign-in/?next=/admin/"


def test_a_key_is_shown_once_and_never_again(signed_in: SignIn) -> None:
    client, owner = signed_in(), person("engineer")
    page = client.post(
        "/admin/accounts/apikey/add/",
        {"name": "CI", "user": owner.pk, "team": "backend", "scopes": ["usage:read"]},
        follow=True,
    )
    secret = next(word for word in text_of(page).split() if word.startswith("lcops_") and len(word) > 30)
    key = find_key(secret, now())
    assert key is not None
    assert (key.user, key.team, key.scopes) == (owner, "backend", ["usage:read"])
    for path in ("/admin/accounts/apikey/", f"/admin/accounts/apikey/{key.pk}/change/"):
        later = client.get(path).content.decode()
        assert secret not in later
        assert bytes(key.digest).hex() not in later


def test_keys_are_revoked_and_never_deleted(signed_in: SignIn) -> None:
    client = signed_in()
    key, secret = create_key(person("engineer"), "CI")
    client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert find_key(secret, now()) is None
    assert client.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_rotating_gives_a_new_secret_and_closes_the_old(signed_in: SignIn) -> None:
    client = signed_in()
    key, old = create_key(person("engineer"), "CI")
    sent = {"action": "rotate", "_selected_action": [key.pk]}
    asked = client.post("/admin/accounts/apikey/", sent)
    assert "A new secret for the key CI" in text_of(asked)
    assert find_key(old, now()) == key
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', asked.content.decode())
    sent = {name: value for name, value in fields if name != "csrfmiddlewaretoken"}
    page = client.post("/admin/accounts/apikey/", sent)
    secret = next(word for word in text_of(page).split() if word.startswith("lcops_") and len(word) > 30)
    assert find_key(old, now()) is None
    assert find_key(secret, now()) == key
    again = client.post("/admin/accounts/apikey/", sent, follow=True)
    assert "was rotated already" in text_of(again)
    assert find_key(secret, now()) == key


def test_a_person_is_made_with_a_role(signed_in: SignIn) -> None:
    client = signed_in()
    password = "a password of some length"
    sent = {"email": "Lena@Company.com", "name": "Lena", "role": "lead", "password1": password, "password2": password}
    client.post("/admin/accounts/user/add/", sent)
    user = User.objects.get(email="lena@company.com")
    assert [group.name for group in user.groups.all()] == ["lead"]
    assert user.check_password(password)
    again = client.post("/admin/accounts/user/add/", {**sent, "email": "LENA@company.com"})
    assert "has a user already" in text_of(again)


def test_a_role_is_changed_and_groups_are_kept_apart(signed_in: SignIn) -> None:
    user, team = person("viewer", "lena@company.com"), Group.objects.create(name="backend-leads")
    sent = {"email": user.email, "name": "Lena", "role": "admin", "teams": [team.pk], "is_active": "on"}
    signed_in().post(f"/admin/accounts/user/{user.pk}/change/", sent)
    user = User.objects.get(pk=user.pk)
    assert {group.name for group in user.groups.all()} == {"admin", "backend-leads"}
    assert user.is_staff


def test_the_six_roles_cannot_be_deleted_or_renamed(signed_in: SignIn) -> None:
    client, role = signed_in(), Group.objects.get(name="finance")
    assert client.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/auth/group/{role.pk}/change/", {"name": "money"}).status_code == 403
    client.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": [role.pk], "post": "yes"})
    assert Group.objects.filter(name="finance").exists()


def test_a_name_of_a_key_that_is_in_use_is_refused_beside_the_form(signed_in: SignIn) -> None:
    client, user = signed_in(), person("engineer")
    sent = {"user": user.pk, "name": "laptop", "scopes": ["usage:write"]}
    client.post("/admin/accounts/apikey/add/", sent)
    again = client.post("/admin/accounts/apikey/add/", sent)
    assert again.status_code == 200
    assert user.api_keys.count() == 1


def test_a_budget_is_shared_and_then_seen(signed_in: SignIn) -> None:
    found, user = budget("Backend", 5), person("viewer")
    sent = {"user": user.pk, "may": "view_budget", "budget": found.pk}
    assert not Budget.objects.visible_to(user).exists()
    signed_in().post("/admin/guardian/userobjectpermission/add/", sent)
    assert list(Budget.objects.visible_to(user)) == [found]
    row = UserObjectPermission.objects.get(user=user)
    signed_in().post(f"/admin/guardian/userobjectpermission/{row.pk}/delete/", {"post": "yes"})
    assert not Budget.objects.visible_to(user).exists()
    rows = [{"user": user.email, "id": user.pk, "may": ["see"]}]
    kept = [(change.before["shares"], change.after["shares"]) for change in found.changes.filter(what="shared")]
    assert kept == [(rows, []), ([], rows)]


def test_what_is_agreed_goes_through_the_domain(signed_in: SignIn) -> None:
    client = signed_in()
    dates = {"effective_from_0": "2025-01-01", "effective_from_1": "00:00"}
    wrong = client.post("/admin/usage/modelalias/add/", {"pattern": "acme", "priced_model": "nothing-like-it", **dates})
    assert "Nobody has a price for nothing-like-it" in text_of(wrong)
    client.post("/admin/usage/modelalias/add/", {"pattern": "acme", "priced_model": "gpt-4o", **dates})
    assert ModelAlias.objects.get().created_by is not None
    client.post("/admin/usage/teamdepartment/add/", {"team": "backend", "department": "engineering", **dates})
    spend(call(1, team="backend"))
    assert TeamDepartment.objects.get().department == "engineering"
    assert "engineering" in text_of(client.get("/admin/usage/attribution/"))


def test_lists_of_many_cost_as_many_queries_as_lists_of_few(signed_in: SignIn) -> None:
    client = signed_in()
    paths = [
        address(name) for name in ("budgets.budget", "budgets.budgetperiod", "budgets.budgethour", "usage.usageevent")
    ]

    def counts() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            found.append(len(captured))
        return found

    top = budget("Company", 5)
    spend(call(1, team="a"))
    few = counts()
    for number in range(15):
        budget(f"Team {number}", 5, top, scope={"teams": [f"t{number}"]})
    spend(*[call(1, team=f"t{n}") for n in range(15)])
    assert counts() == few


def test_a_contract_price_that_is_saved_twice_at_once_is_made_once(committed: None) -> None:
    sent = {
        "model_pattern": "house",
        "percent_off": "15",
        "effective_from_0": "2026-01-01",
        "effective_from_1": "00:00",
    }
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(person())
    pages = at_once(
        *[lambda one=one: text_of(one.post("/admin/usage/priceoverride/add/", sent, follow=True)) for one in clients]
    )
    assert PriceOverride.objects.count() == 1
    told = [any(words in page for page in pages) for words in ("is added", "There is one that says the same")]
    assert told == [True, True]


def test_who_has_many_rights_on_a_budget_is_listed_once_and_loses_them_together(signed_in: SignIn) -> None:
    found, user, other = budget("Backend", 5), person("viewer"), person("viewer")
    set_shares(found, [Grant(user, ["see", "edit", "decide"]), Grant(other, ["see"])], Actor(None), now())
    client, path = signed_in(), "/admin/guardian/userobjectpermission/"
    page = client.get(path)
    assert text_of(page).count(user.email) == 1
    assert "see it, change it, decide requests" in text_of(page)
    assert user.email in text_of(client.get(f"{path}?may=decide_budget"))
    assert other.email not in text_of(client.get(f"{path}?may=decide_budget"))
    row = page.context["cl"].result_list.get(user=user)
    asked = client.post(path, {"action": "delete_selected", "_selected_action": [row.pk]})
    assert f"{user.email}: see it, change it, decide requests, Backend" in text_of(asked)
    client.post(path, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert not Budget.objects.visible_to(user).exists()
    assert list(Budget.objects.visible_to(other)) == [found]
    assert found.changes.filter(what="shared").count() == 2
