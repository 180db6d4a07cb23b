"""A new password by mail: the link works once and for an hour, and nothing tells whether an address has a user."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import int_to_base36

from accounts.models import User
from tests.accounts.mailbox import Mailbox, link_in, mailbox, text_in
from tests.factories import person
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import errors_of

PASSWORD, NEW = "a password of some length", "another password of length"
SENT = "/account/reset/sent/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    """A mail server that the settings name, with jobs done at once."""
    current_app.conf.task_always_eager = True
    with mailbox() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.DEFAULT_FROM_EMAIL = "CostOps <costops@company.com>"
        settings.COSTOPS_SENDS_MAIL, settings.COSTOPS_COMPANY = True, "Acme & Söhne"
        settings.PUBLIC_URL = "https://costops.company.com"
        yield found
    current_app.conf.task_always_eager = False


def ask(address: str, **headers: str) -> HttpResponse:
    """Asks for a link from a new browser."""
    return Client(headers=headers).post("/account/reset/", {"email": address})


def set_password(client: Client, link: str, password: str = NEW, again: str | None = None) -> HttpResponse:
    """Follows a link to its form and sends it."""
    form = client.get(link, follow=True)
    found = re.search(r'action="(/account/reset/[^"]+)"', form.content.decode())
    sent = {"password1": password, "password2": password if again is None else again}
    return client.post(found[1], sent, follow=True) if found else form


def test_of_two_who_follow_one_link_at_once_one_sets_the_password(box: Mailbox, committed: None, settings: Any) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    ask(user.email)
    link, pages = link_in(box.letters[0]), []
    clients = [Client() for _ in range(6)]
    for client in clients:
        client.get(link, follow=True)
    form = f"/account/reset/{int_to_base36(user.pk)}-set-password/"

    def send(number: int, client: Client) -> None:
        password = f"{NEW} {number}"
        pages.append(text_of(client.post(form, {"password1": password, "password2": password}, follow=True)))
        connection.close()

    threads = [threading.Thread(target=send, args=one) for one in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [("Your password is set" in page) for page in pages].count(True) == 1
    assert [("The link does not work" in page) for page in pages].count(True) == 5


def test_the_letter_leads_to_a_new_password(box: Mailbox) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    User.objects.update(name='Dana <b> "D" & Co')
    assert ask(" DANA@Company.com ")["Location"] == SENT
    (letter,) = box.letters
    assert (letter["To"], letter["From"]) == ("dana@company.com", "CostOps <costops@company.com>")
    assert letter["Subject"] == "Set a new password for CostOps at Acme & Söhne"
    assert text_in(letter).startswith('Hello Dana <b> "D" & Co,\n')
    assert "https://costops.company.com/account/reset/" in text_in(letter)
    assert "once, for 60 minutes" in text_in(letter)
    client = Client()
    assert "Your password is set" in text_of(set_password(client, link_in(letter)))
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert client.get("/account/").status_code == 302


def test_a_link_works_once(box: Mailbox) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    ask(user.email)
    link = link_in(box.letters[0])
    set_password(Client(), link)
    again = set_password(Client(), link, "a third password of length")
    assert "The link does not work It was used, or is older than an hour." in text_of(again)
    user.refresh_from_db()
    assert user.check_password(NEW)


class HoursAgo(PasswordResetTokenGenerator):
    """Links as they were made more than an hour ago."""

    def _now(self) -> Any:
        return super()._now() - timedelta(minutes=61)


def test_a_link_expires_after_an_hour() -> None:
    user = person("viewer", password=PASSWORD)
    uid = int_to_base36(user.pk)
    fresh, old = PasswordResetTokenGenerator().make_token(user), HoursAgo().make_token(user)
    assert "Set a new password For" in text_of(Client().get(f"/account/reset/{uid}-{fresh}/", follow=True))
    assert "The link does not work" in text_of(Client().get(f"/account/reset/{uid}-{old}/", follow=True))


@pytest.mark.parametrize("path", ["1-x", "zzzzzzzzzzzzz-a-b", "1-set-password", "0-%00-1"])
def test_a_link_that_nobody_sent_opens_nothing(path: str) -> None:
    assert "The link does not work" in text_of(Client().get(f"/account/reset/{path}/", follow=True))


def test_a_link_is_void_once_the_person_left_or_has_another_address(box: Mailbox) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    ask(user.email)
    link = link_in(box.letters[0])
    for change in ({"is_active": False}, {"is_active": True, "email": "dana@elsewhere.example"}):
        User.objects.update(**change)
        assert "The link does not work" in text_of(Client().get(link, follow=True))


def test_the_answer_is_the_same_for_an_address_without_a_user(box: Mailbox) -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    left = person("viewer", "left@company.com", password=PASSWORD)
    User.objects.filter(pk=left.pk).update(is_active=False)
    User.objects.create_user("nopassword@company.com")
    answers = [
        Client().post("/account/reset/", {"email": address}, follow=True)
        for address in ("dana@company.com", "nobody@company.com", left.email, "nopassword@company.com")
    ]
    assert {(answer.status_code, text_of(answer)) for answer in answers} == {(200, text_of(answers[0]))}
    assert [letter["To"] for letter in box.letters] == ["dana@company.com"]


def test_the_page_looks_nobody_up_and_waits_for_no_mail_server(settings: Any) -> None:
    settings.COSTOPS_SENDS_MAIL = True
    person("viewer", "dana@company.com", password=PASSWORD)
    for address in ("dana@company.com", "nobody@company.com"):
        with CaptureQueriesContext(connection) as queries:
            assert ask(address)["Location"] == SENT
        assert [query["sql"] for query in queries] == []


def test_a_broker_that_is_away_is_told_whoever_asks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.COSTOPS_SENDS_MAIL = True
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    person("viewer", "dana@company.com", password=PASSWORD)
    for address in ("dana@company.com", "nobody@company.com"):
        answer = ask(address)
        assert answer.status_code == 503
        assert "No mail can be sent at the moment. Try again in a few minutes." in text_of(answer)
        assert address in answer.content.decode()


def test_a_letter_that_is_refused_at_first_is_tried_again_and_then_given_up(
    box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    box.refuses = "451 Come back later"
    assert ask(user.email)["Location"] == SENT
    assert (box.asked, box.letters) == (4, [])
    assert "could not be handed to the mail server" in caplog.text
    assert "/account/reset/" not in caplog.text


def test_without_a_mail_server_the_page_says_whom_to_ask(settings: Any) -> None:
    admin = person("admin", "ada@company.com")
    for page in (Client().get("/account/reset/"), ask("dana@company.com")):
        assert "This CostOps sends no mail." in text_of(page)
        assert admin.email in text_of(page)
        assert 'name="email"' not in page.content.decode()


def test_what_the_host_header_says_is_in_no_letter(box: Mailbox, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    person("viewer", "dana@company.com", password=PASSWORD)
    ask("dana@company.com", host="evil.example")
    assert "evil" not in box.letters[0].as_string()


def test_nobodys_mailbox_is_flooded(box: Mailbox) -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    assert [ask("dana@company.com").status_code for _ in range(5)] == [302, 302, 302, 429, 429]
    assert len(box.letters) == 3


def test_a_new_password_signs_out_everywhere_opens_the_lock_and_is_told_by_mail(
    box: Mailbox, django_capture_on_commit_callbacks: Any
) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    assert elsewhere.get("/account/").status_code == 200
    for _ in range(5):
        Client().post("/sign-in/", {"login": user.email, "password": "wrong"})
    assert Client().post("/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 429
    ask(user.email)
    with django_capture_on_commit_callbacks(execute=True):
        set_password(Client(), link_in(box.letters[0]))
    assert elsewhere.get("/account/").status_code == 302
    assert Client().post("/sign-in/", {"login": user.email, "password": NEW}).status_code == 302
    assert box.letters[1]["Subject"].strip() == "Your password for CostOps at Acme & Söhne was changed"
    assert "If it was not you" in text_in(box.letters[1])


@pytest.mark.parametrize(
    ("password", "again", "field", "words"),
    [
        ("short", "short", "password1", "at least 10 characters"),
        ("dana@company.com", "dana@company.com", "password1", "too similar"),
        (NEW, "something else", "password2", "The two new passwords differ."),
        ("short", "shorter", "password1", "at least 10 characters"),
        ("short", "shorter", "password2", "The two new passwords differ."),
        ("", "", "password1", "Enter the password."),
    ],
)
def test_the_rules_for_a_password_hold_and_the_link_goes_on(
    box: Mailbox, password: str, again: str, field: str, words: str
) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    ask(user.email)
    client, link = Client(), link_in(box.letters[0])
    page = set_password(client, link, password, again)
    assert words in errors_of(page)[field]
    assert NEW not in page.content.decode()
    assert "Your password is set" in text_of(set_password(client, link))


def test_the_link_is_in_no_address_that_a_browser_hands_on(box: Mailbox) -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    ask("dana@company.com")
    link = link_in(box.letters[0])
    answer = Client().get(link)
    token = link.rstrip("/").partition("-")[2]
    assert answer.status_code == 302
    assert token not in answer["Location"]
    assert "no-store" in answer["Cache-Control"]


def test_changing_ones_password_is_told_by_mail(box: Mailbox, django_capture_on_commit_callbacks: Any) -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    client = Client()
    client.force_login(user)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/password/", sent)
    assert ["was changed" in letter["Subject"] for letter in box.letters] == [True]
