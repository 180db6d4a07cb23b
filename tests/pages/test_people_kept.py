"""What administrators do with people: add, change, deactivate, bring back, a new password, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from accounts.domain.people import deactivate
from accounts.domain.roles import ADMIN, LastAdmin, give_role, role_of
from accounts.models import User
from tests.at_once import at_once
from tests.factories import Api, budget, person
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, errors_of
from tests.pages.test_share_page import named

SignIn = Callable[..., Client]


def secret_in(page: HttpResponse) -> str:
    """The password that a page shows."""
    found = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page.content.decode())
    assert found, text_of(page)
    return found[1]


@pytest.mark.django_db
def test_a_person_is_added_with_role_and_groups_and_signs_in_with_the_password_that_is_shown_once(
    signed_in: SignIn, client: Client
) -> None:
    Group.objects.create(name="platform")
    admin = signed_in("admin")
    sent = {"email": "Lena@Company.com", "name": "Lena Lee", "role": "lead", "groups": "Platform; "}
    page = admin.post("/people/add/", sent)
    password = secret_in(page)
    lena = User.objects.get(email="lena@company.com")
    assert (role_of(lena), lena.name) == ("lead", "Lena Lee")
    assert {group.name for group in lena.groups.all()} == {"lead", "platform"}
    assert client.login(email="lena@company.com", password=password)
    assert page.headers["Cache-Control"].find("no-store") >= 0
    assert password not in admin.get(f"/people/{lena.pk}/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"email": ""}, "email", "Enter their e-mail address."),
        ({"email": "no address"}, "email", "This is no e-mail address."),
        ({"email": "ADA@company.com"}, "email", "This e-mail address has a user already."),
        ({"role": "emperor"}, "role", "Select a valid choice."),
        ({"groups": "platform; nonsense"}, "groups", "There is no group 'nonsense'."),
        ({"groups": "finance"}, "groups", "There is no group 'finance'."),
        ({"name": "x" * 201}, "name", "At most 200 characters; these are 201."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nobody_is_added(
    signed_in: SignIn, changed: dict[str, str], field: str, words: str
) -> None:
    Group.objects.create(name="platform")
    client = signed_in(named("admin", "Ada Admin"))
    sent = {"email": "lena@company.com", "name": "Lena Lee", "role": "lead", "groups": "platform", **changed}
    page = client.post("/people/add/", sent)
    assert words in errors_of(page)[field]
    if field != "role":
        assert as_shown(page) == {"csrfmiddlewaretoken": as_shown(page)["csrfmiddlewaretoken"], **sent}
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_name_and_role_are_changed(signed_in: SignIn) -> None:
    lena, client = named("lead", "Lena Lee"), signed_in("admin")
    client.post(f"/people/{lena.pk}/edit/", {"name": "Lena Li", "role": "finance"})
    lena = User.objects.get(pk=lena.pk)
    assert (lena.name, role_of(lena)) == ("Lena Li", "finance")


@pytest.mark.django_db
def test_what_was_left_as_it_was_is_not_written_over_what_someone_else_changed(signed_in: SignIn) -> None:
    leo = named("lead", "Leo Left")
    leo.groups.clear()
    page = signed_in("admin").get(f"/people/{leo.pk}/edit/")
    assert '<option value="" selected>No role yet</option>' in page.content.decode()
    User.objects.filter(pk=leo.pk).update(name="Leo Long")
    signed_in("admin").post(f"/people/{leo.pk}/edit/", {"name": "Leo Long", "role": "viewer"})
    leo = User.objects.get(pk=leo.pk)
    assert (leo.name, role_of(leo)) == ("Leo Long", "viewer")


@pytest.mark.django_db
def test_the_last_administrator_stays_one_and_stays(signed_in: SignIn) -> None:
    admin = named("admin", "Ada Admin")
    client = signed_in(admin)
    page = client.post(f"/people/{admin.pk}/edit/", {"name": "Ada Admin", "role": "viewer"})
    assert "ada@company.com is the last active administrator." in errors_of(page)["role"]
    page = client.post(f"/people/{admin.pk}/deactivate/", follow=True)
    assert "You cannot deactivate yourself." in text_of(page)
    admin.refresh_from_db()
    assert (role_of(admin), admin.is_active) == ("admin", True)


def test_of_two_administrators_who_let_each_other_go_at_once_one_stays(committed: None) -> None:
    ada, bea = person("admin"), person("admin")

    def held() -> None:
        list(User.objects.select_for_update().values_list("pk"))

    gave = at_once(lambda: deactivate(ada), lambda: give_role(bea, "viewer"), held=held)
    assert sorted(type(one) for one in gave if one not in (True, None)) == [LastAdmin]
    assert User.objects.filter(is_active=True, groups__name=ADMIN).count() == 1


@pytest.mark.django_db
def test_deactivating_says_what_it_means_then_ends_sessions_and_keys_and_is_undone(signed_in: SignIn) -> None:
    lena = named("engineer", "Lena Lee")
    theirs, key, found = signed_in(lena), Api(lena), budget("Backend", owner=lena)
    client = signed_in("admin")
    words = text_of(client.get(f"/people/{lena.pk}/deactivate/"))
    assert "1 API key of theirs stops: programs that use it are refused." in words
    assert "They go on owning 1 budget." in words
    assert key.get("budgets/").status_code == 200
    page = client.post(f"/people/{lena.pk}/deactivate/", follow=True)
    assert "Lena Lee is deactivated." in text_of(page)
    assert theirs.get("/budgets/").status_code == 302
    assert key.get("budgets/").status_code == 401
    found.refresh_from_db()
    assert found.owner == lena
    client.post(f"/people/{lena.pk}/bring-back/")
    assert key.get("budgets/").status_code == 200
    assert signed_in(User.objects.get(pk=lena.pk)).get(f"/budgets/{found.pk}/").status_code == 200


@pytest.mark.django_db
def test_a_new_password_is_shown_once_and_ends_the_sessions_of_before(signed_in: SignIn, client: Client) -> None:
    lena = person("lead", "lena@company.com", password="the password of before")
    client.login(email=lena.email, password="the password of before")
    admin = signed_in("admin")
    assert "signed out everywhere" in text_of(admin.get(f"/people/{lena.pk}/password/"))
    assert client.get("/budgets/").status_code == 200
    password = secret_in(admin.post(f"/people/{lena.pk}/password/"))
    assert client.get("/budgets/").status_code == 302
    assert not client.login(email=lena.email, password="the password of before")
    assert client.login(email=lena.email, password=password)


@pytest.mark.django_db
def test_ones_own_password_is_changed_on_ones_own_account(signed_in: SignIn) -> None:
    admin = person("admin")
    for method in ("get", "post"):
        answer = getattr(signed_in(admin), method)(f"/people/{admin.pk}/password/")
        assert answer.headers["Location"] == "/account/password/"


@pytest.mark.django_db
def test_who_is_deactivated_gets_no_password(signed_in: SignIn) -> None:
    lena = named("lead", "Lena Lee")
    User.objects.filter(pk=lena.pk).update(is_active=False)
    page = signed_in("admin").post(f"/people/{lena.pk}/password/", follow=True)
    assert "Lena Lee is deactivated. Bring them back first." in text_of(page)


@pytest.mark.django_db
def test_a_person_is_put_into_a_group_and_taken_out(signed_in: SignIn) -> None:
    lena, group = named("lead", "Lena Lee"), Group.objects.create(name="platform")
    client = signed_in("admin")
    client.post(f"/people/{lena.pk}/groups/", {"add": group.pk})
    assert set(lena.groups.values_list("name", flat=True)) == {"lead", "platform"}
    client.post(f"/people/{lena.pk}/groups/", {"remove": group.pk})
    assert set(lena.groups.values_list("name", flat=True)) == {"lead"}


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["add", "remove"])
def test_a_role_is_no_group_here(signed_in: SignIn, how: str) -> None:
    lena = named("lead", "Lena Lee")
    for name in ("admin", "lead"):
        role = Group.objects.get(name=name)
        assert signed_in("admin").post(f"/people/{lena.pk}/groups/", {how: role.pk}).status_code == 404
    assert set(lena.groups.values_list("name", flat=True)) == {"lead"}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["finance", "lead", "approver", "engineer", "viewer"])
def test_only_administrators_keep_people(signed_in: SignIn, role: str) -> None:
    named("admin", "Ada Admin")
    reader = person(role)
    Group.objects.create(name="mates").user_set.add(reader, lena := named("lead", "Lena Lee"))
    client = signed_in(reader)
    for path in ("add/", f"{lena.pk}/edit/", f"{lena.pk}/deactivate/", f"{lena.pk}/password/"):
        assert client.get(f"/people/{path}").status_code == 403
    sent = {"email": "x@company.com", "role": "admin", "name": "", "add": "1"}
    for path in ("edit/", "deactivate/", "password/", "groups/", "bring-back/"):
        refused = client.post(f"/people/{lena.pk}/{path}", sent)
        assert refused.status_code == 403
        assert "People and groups are kept by administrators. Ask Ada Admin (ada@company.com)." in text_of(refused)
    assert client.post("/people/add/", sent).status_code == 403
    assert client.post(f"/people/{reader.pk}/edit/", sent).status_code == 403
    assert User.objects.count() == 3
    assert role_of(User.objects.get(pk=reader.pk)) == role
