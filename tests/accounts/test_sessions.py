"""Where people are signed in: listed with what they know it by, and ended at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tasks import forget_sessions
from tests.factories import now, person
from tests.pages.reading import text_of

PASSWORD, NEW = "a password of some length", "another password of length"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db: None) -> User:
    """Someone with a password."""
    return person("viewer", "dana@company.com", password=PASSWORD)


def browser(user: User, agent: str = LAPTOP, address: str = "127.0.0.1") -> Client:
    """A browser in which someone signed in."""
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    assert client.post("/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def signed_in_still(client: Client) -> bool:
    """Whether a page opens."""
    return client.get("/account/").status_code == 200


def test_every_place_is_listed_with_its_browser_address_and_times(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE, "192.0.2.7")
    page = text_of(here.get("/account/"))
    assert "Where you are signed in 2" in page
    assert "Firefox on Linux This browser 127.0.0.1 · since" in page
    assert "Safari on iPhone 192.0.2.7 · since" in page
    assert "Safari on iPhone This browser" in text_of(phone.get("/account/"))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("", "Unknown browser"),
        ("<script>alert(1)</script>" * 20, "Unknown browser"),
        ("curl/8.1", "curl"),
        ("\u202e" + "x" * 300, "Unknown browser"),
    ],
)
def test_whatever_a_browser_calls_itself_the_list_is_shown(dana: User, agent: str, words: str) -> None:
    here = browser(dana)
    browser(dana, agent.encode().decode("latin-1"))
    page = here.get("/account/")
    assert f"{words} 127.0.0.1 · since" in text_of(page)
    assert "<script>alert" not in page.content.decode()


def test_ending_one_place_takes_effect_at_once_and_elsewhere_nothing_ends(dana: User) -> None:
    here, phone, desk = browser(dana), browser(dana, PHONE), browser(dana)
    found = UserSession.objects.get(user_agent=PHONE)
    page = text_of(here.post(f"/account/sessions/{found.pk}/end/", follow=True))
    assert "You are signed out in Safari on iPhone." in page
    assert [signed_in_still(client) for client in (here, phone, desk)] == [True, False, True]


def test_all_others_end_and_this_browser_stays(dana: User) -> None:
    here, others = browser(dana), [browser(dana) for _ in range(3)]
    somebody = browser(person("viewer", "otto@company.com", password=PASSWORD))
    page = text_of(here.post("/account/sessions/end/", follow=True))
    assert "You are signed out in 3 other places." in page
    assert [signed_in_still(client) for client in others] == [False] * 3
    assert (signed_in_still(here), signed_in_still(somebody)) == (True, True)


def test_a_place_of_somebody_else_is_not_there(dana: User) -> None:
    here, theirs = browser(dana), browser(person("viewer", "otto@company.com", password=PASSWORD))
    pk = UserSession.objects.exclude(user=dana).get().pk
    assert here.post(f"/account/sessions/{pk}/end/").status_code == 404
    assert here.post("/account/sessions/999999/end/").status_code == 404
    assert signed_in_still(theirs)


def test_no_link_ends_anything(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE)
    for path in (f"/account/sessions/{UserSession.objects.latest('pk').pk}/end/", "/account/sessions/end/"):
        assert here.get(path)["Location"] == "/account/"
    assert signed_in_still(phone)


@pytest.mark.parametrize("path", ["/account/sessions/", "/account/sessions/1/end/", "/account/sessions/end/"])
def test_a_stranger_is_asked_to_sign_in(client: Client, path: str) -> None:
    assert client.post(path)["Location"] == f"/sign-in/?next={path}"


def test_who_was_signed_out_elsewhere_is_told_so(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE)
    here.post("/account/sessions/end/")
    page = text_of(phone.get("/budgets/", follow=True))
    assert "You are signed out here: the session ran out, was ended elsewhere, or your password was changed." in page
    assert "signed out here" not in text_of(phone.get("/sign-in/"))
    assert "signed out here" not in text_of(Client().get("/budgets/", follow=True))


def test_who_signs_out_is_gone_from_the_list(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE)
    phone.post("/sign-out/")
    assert "iPhone" not in text_of(here.get("/account/"))
    assert UserSession.objects.count() == 1


def test_a_changed_password_ends_the_others_and_this_place_keeps_its_time(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE)
    UserSession.objects.update(created_at=now() - timedelta(days=3))
    since = UserSession.objects.get(user_agent=LAPTOP).created_at
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert "Other browsers are signed out." in text_of(here.post("/account/password/", sent, follow=True))
    (row,) = UserSession.objects.all()
    assert (row.created_at, row.session_key) == (since, here.session.session_key)
    assert not signed_in_still(phone)


def test_an_administrator_who_sets_a_password_signs_the_person_out(dana: User, signed_in: Any) -> None:
    phone = browser(dana, PHONE)
    admin = signed_in()
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert admin.post(f"/admin/accounts/user/{dana.pk}/password/", sent).status_code == 302
    assert User.objects.get(pk=dana.pk).check_password(NEW)
    assert not signed_in_still(phone)
    assert not UserSession.objects.filter(user=dana).exists()


def test_a_new_password_from_an_administrators_page_ends_every_place(
    dana: User, signed_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    phone, admin = browser(dana, PHONE), signed_in()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"/people/{dana.pk}/password/")
    assert not UserSession.objects.filter(user=dana).exists()
    assert not signed_in_still(phone)


def test_who_is_brought_back_signs_in_again(
    dana: User, signed_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    phone, admin = browser(dana, PHONE), signed_in()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"/people/{dana.pk}/deactivate/")
        assert not User.objects.get(pk=dana.pk).is_active
        admin.post(f"/people/{dana.pk}/bring-back/")
    assert User.objects.get(pk=dana.pk).is_active
    assert not signed_in_still(phone)
    assert signed_in_still(browser(dana))


def test_an_administrator_signs_somebody_out_everywhere(dana: User, signed_in: Any) -> None:
    places, admin = [browser(dana), browser(dana, PHONE)], signed_in()
    page = admin.post("/admin/accounts/user/", {"action": "sign_out", "_selected_action": [dana.pk]}, follow=True)
    assert "2 sessions were ended." in text_of(page)
    assert [signed_in_still(client) for client in places] == [False, False]


def test_a_place_is_noted_once_a_minute_and_other_pages_write_nothing(dana: User) -> None:
    here = browser(dana)
    here.get("/account/")
    UserSession.objects.update(last_seen_at=now() - timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        here.get("/account/")
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
    cache.clear()  # a minute later
    here.get("/account/", REMOTE_ADDR="192.0.2.9")
    (row,) = UserSession.objects.all()
    assert now() - row.last_seen_at < timedelta(minutes=1)
    assert row.ip == "192.0.2.9"


def test_many_places_come_in_pages_with_the_same_queries(dana: User) -> None:
    here = browser(dana)

    def queries(path: str) -> int:
        here.get(path)
        with CaptureQueriesContext(connection) as seen:
            here.get(path)
        return len(seen)

    few = [queries("/account/"), queries("/account/sessions/")]
    for number in range(24):
        key = f"{number:032}"
        Session.objects.create(session_key=key, session_data="", expire_date=now() + timedelta(days=1))
        seen = now() - timedelta(minutes=number + 1)
        UserSession.objects.create(user=dana, session_key=key, ip="192.0.2.7", user_agent=PHONE, last_seen_at=seen)
    assert [queries("/account/"), queries("/account/sessions/")] == few
    page = here.get("/account/")
    assert text_of(page).count("Safari on iPhone 192") == 3
    assert "All 25" in text_of(page)
    assert "1–20 of 25" in text_of(here.get("/account/sessions/"))
    assert "21–25 of 25" in text_of(here.get("/account/sessions/?page=2"))


def test_what_ran_out_is_not_listed_and_is_forgotten_in_time(dana: User) -> None:
    here, phone = browser(dana), browser(dana, PHONE)
    Session.objects.filter(session_key=phone.session.session_key).update(expire_date=now() - timedelta(seconds=1))
    assert "iPhone" not in text_of(here.get("/account/"))
    forget_sessions()
    assert (Session.objects.count(), UserSession.objects.count()) == (1, 1)
    assert signed_in_still(here)


def test_two_who_end_the_same_place_at_once_both_get_an_answer(committed: None) -> None:
    dana = person("viewer", "dana@company.com", password=PASSWORD)
    browsers = [browser(dana) for _ in range(4)]
    answers: list[int] = []

    def end(client: Client) -> None:
        answers.append(client.post("/account/sessions/end/").status_code)
        connection.close()

    threads = [threading.Thread(target=end, args=[client]) for client in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {302, 400}
    assert sum(signed_in_still(client) for client in browsers) <= 1
