"""One's own account: who one is, the password, and the API keys, whose secrets are shown once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain.keys import create_key, find_key, revoke_key
from accounts.models import ApiKey, User
from tests.factories import Api, now, person
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import errors_of
from wire.templatetags.moments import short_day

PASSWORD, NEW = "a password of some length", "another password of length"
pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def secret_in(page: HttpResponse) -> str:
    """The secret that a page shows."""
    found = re.findall(r"lcops_[\w-]{43}", page.content.decode())
    assert len(found) == 1, found
    return found[0]


def mark_in(page: HttpResponse) -> str:
    """What the form of a new key is known by when it comes again."""
    found = re.search(r'name="mark" value="(\w{22})"', page.content.decode())
    assert found
    return found[1]


def nowhere(secret: str, *pages: HttpResponse) -> bool:
    """Whether none of the pages shows it, nor names it in a header."""
    return not any(secret in page.content.decode() or secret in str(page.headers) for page in pages)


def test_everyone_reaches_their_account_from_every_page_by_their_name(signed_in: SignIn) -> None:
    someone = person("viewer", "vic@company.com")
    someone.name = "Vic Viewer"
    someone.save()
    someone.groups.add(Group.objects.create(name="platform"))
    client = signed_in(someone)
    assert 'class="me" href="/account/"' in client.get("/budgets/").content.decode()
    page = text_of(client.get("/account/"))
    for words in ("Name Vic Viewer", "E-mail vic@company.com", "Role Viewer", "Groups platform"):
        assert words in page


@pytest.mark.parametrize(
    "path", ["/account/", "/account/password/", "/account/keys/", "/account/keys/1/rotate/", "/account/keys/1/revoke/"]
)
def test_a_stranger_is_asked_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"
    assert client.post(path)["Location"] == f"/sign-in/?next={path}"


def test_the_password_is_changed_and_only_this_browser_stays_signed_in() -> None:
    user = person("engineer", "eve@company.com", password=PASSWORD)
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        assert client.login(username=user.email, password=PASSWORD)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    answer = here.post("/account/password/", sent, follow=True)
    assert "Your password was changed" in text_of(answer)
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert Client().login(username=user.email, password=NEW)
    assert not Client().login(username=user.email, password=PASSWORD)


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"old_password": "wrong"}, "old_password", "not your current password"),
        ({"new_password2": "something else"}, "new_password2", "differ"),
        ({"new_password1": "short", "new_password2": "short"}, "new_password1", "at least 10 characters"),
        ({"old_password": ""}, "old_password", "Enter the password"),
    ],
)
def test_a_refused_password_is_told_beside_its_field(
    signed_in: SignIn, sent: dict[str, str], field: str, words: str
) -> None:
    user = person("engineer", password=PASSWORD)
    given = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, **sent}
    page = signed_in(user).post("/account/password/", given)
    assert words in errors_of(page)[field]
    assert PASSWORD not in page.content.decode()
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


@pytest.mark.parametrize("role", ["engineer", "viewer"])
def test_a_key_is_made_and_its_secret_shown_on_that_answer_alone(
    signed_in: SignIn, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    user = person(role)
    client = signed_in(user)
    with caplog.at_level(logging.DEBUG):
        sent = {"name": "laptop", "project": "search", "team": "backend", "locked": "on", "days": "30"}
        answer = client.post("/account/keys/", sent)
    secret = secret_in(answer)
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    assert secret not in caplog.text
    key = find_key(secret, now())
    assert key is not None
    assert (key.user, key.name, key.project, key.team, key.locked) == (user, "laptop", "search", "backend", True)
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - now() < timedelta(days=31)
    assert nowhere(secret, client.get("/account/"), client.get("/account/keys/", follow=True), client.get("/budgets/"))
    row = text_of(client.get("/account/"))
    may = "Record usage only" if role == "engineer" else "Read usage, prices and budgets"
    created, ends = (short_day(timezone.localtime(at).date()) for at in (key.created_at, key.expires_at))
    named = f"laptop {key.prefix}…{key.last_four} created {created} {may}"
    assert f"{named} always project: search · team: backend never {ends} Active" in row
    assert ("does not record usage" in row) is (role == "viewer")


def test_a_key_that_never_expires_says_so(signed_in: SignIn) -> None:
    client = signed_in("engineer")
    client.post("/account/keys/", {"name": "laptop"})
    assert "never never Active" in text_of(client.get("/account/"))


def test_all_that_is_wrong_with_a_new_password_is_told_at_once() -> None:
    user, client = person("engineer", password=PASSWORD), Client()
    assert client.login(username=user.email, password=PASSWORD)
    sent = {"old_password": "another", "new_password1": "short", "new_password2": "shorter"}
    errors = errors_of(client.post("/account/password/", sent))
    assert "This is not your current password." in errors["old_password"]
    assert "This password is too short." in errors["new_password1"]
    assert "The two new passwords differ." in errors["new_password2"]


def test_sending_the_form_again_makes_no_second_key(signed_in: SignIn) -> None:
    user = person("engineer")
    client = signed_in(user)
    client.post("/account/keys/", {"name": "laptop"})
    page = client.post("/account/keys/", {"name": " laptop ", "project": "search"})
    assert "already. Choose another name, or revoke that one." in errors_of(page)["name"]
    assert 'value="search"' in page.content.decode()
    assert user.api_keys.count() == 1
    assert "Give it a name." in errors_of(client.post("/account/keys/", {"name": ""}))["name"]


def test_reloading_the_page_that_showed_a_secret_says_so_and_makes_no_key(signed_in: SignIn) -> None:
    user = person("engineer")
    client = signed_in(user)
    form = {"name": "laptop", "mark": mark_in(client.get("/account/"))}
    secret = secret_in(client.post("/account/keys/", form))
    again = client.post("/account/keys/", form, follow=True)
    assert "This key was created, and its secret was shown once." in text_of(again)
    assert nowhere(secret, again)
    assert secret not in str(dict(client.session.items()))
    assert user.api_keys.count() == 1
    another = {"name": "desk", "mark": mark_in(again)}
    assert secret_in(client.post("/account/keys/", another)) != secret


def test_the_rules_for_a_password_are_a_list(signed_in: SignIn) -> None:
    page = signed_in("engineer").get("/account/password/").content.decode()
    rules = re.search(r'<ul class="hint rules" id="id_new_password1_helptext">(.*?)</ul>', page)
    assert rules
    assert page.count("hint rules") == 1
    assert [text_of(rule) for rule in rules[1].split("</li>") if rule] == password_validators_help_texts()


def test_a_rotated_key_shows_its_new_secret_once_and_a_repeated_order_rotates_nothing(signed_in: SignIn) -> None:
    user = person("engineer")
    key, old = create_key(user, "laptop", project="search")
    client, path = signed_in(user), f"/account/keys/{key.pk}/rotate/"
    ask = client.get(path)
    assert "The old secret stops at once" in text_of(ask)
    order = {"last_four": key.last_four}
    answer = client.post(path, order)
    secret = secret_in(answer)
    assert "no-store" in answer["Cache-Control"]
    assert (find_key(old, now()), find_key(secret, now())) == (None, key)
    again = client.post(path, order, follow=True)
    assert "was rotated already" in text_of(again)
    assert find_key(secret, now()) == key
    assert nowhere(secret, again, client.get("/account/"), client.get(path))


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(signed_in: SignIn) -> None:
    caller = Api(person("engineer"))
    client, path = signed_in(caller.user), f"/account/keys/{caller.key.pk}/revoke/"
    assert caller.get("budgets/tree/").status_code == 200
    assert client.get(path).status_code == 200
    assert caller.get("budgets/tree/").status_code == 200
    page = text_of(client.post(path, follow=True))
    assert f"The key {caller.key.name} was revoked." in page
    assert caller.get("budgets/tree/").status_code == 401
    assert "Revoked" in page
    rotate = client.post(f"/account/keys/{caller.key.pk}/rotate/", {"last_four": caller.key.last_four}, follow=True)
    assert "is revoked. Create a new one." in text_of(rotate)


@pytest.mark.parametrize("what", ["rotate", "revoke"])
def test_a_key_of_someone_else_is_not_there(signed_in: SignIn, what: str) -> None:
    key, secret = create_key(person("engineer"), "theirs")
    client = signed_in("admin")
    for answer in (client.get, client.post):
        assert answer(f"/account/keys/{key.pk}/{what}/").status_code == 404
    assert find_key(secret, now()) == key
    assert "theirs" not in text_of(client.get("/account/"))


def test_the_list_comes_in_pages_with_keys_in_use_first_and_the_same_queries(signed_in: SignIn) -> None:
    user = person("engineer")
    client = signed_in(user)

    def queries() -> int:
        client.get("/account/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/account/")
        return len(seen)

    create_key(user, "key 00")
    few = queries()
    for number in range(1, 24):
        create_key(user, f"key {number:02}")
    revoke_key(create_key(user, "gone")[0])
    assert queries() == few
    first, second = text_of(client.get("/account/")), text_of(client.get("/account/?page=2"))
    assert "1–20 of 25" in first
    assert ("key 23" in first, "key 00" in first, "gone" in first) == (True, False, False)
    assert ("key 00" in second, "gone" in second) == (True, True)
    assert ApiKey.objects.filter(user=user).count() == 25
