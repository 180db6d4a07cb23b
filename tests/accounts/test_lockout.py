"""Failed tries to sign in: how many there may be, whom they lock out, and whom not."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import Api, person
from tests.live import until
from tests.pages.reading import text_of

PASSWORD = "a password of some length"
TRIES = 5
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Some hundred passwords are compared here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def dana() -> User:
    """Someone with a password."""
    return person("viewer", "dana@company.com", password=PASSWORD)


def sign_in(address: str, password: str = "wrong", **headers: str) -> HttpResponse:
    """A try from a new browser; headers in Python's spelling."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(headers=named).post("/sign-in/", {"login": address, "password": password})


def looked_at(answer: HttpResponse) -> bool:
    """Whether a password was compared."""
    return "do not go together" in text_of(answer)


def test_tries_at_the_same_moment_are_counted_one_by_one(committed: None) -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    answers: list[HttpResponse] = []

    def guess() -> None:
        answers.append(sign_in("dana@company.com"))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(4 * TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [looked_at(answer) for answer in answers].count(True) == TRIES


def test_the_right_password_does_not_get_in_while_the_address_is_locked(dana: User) -> None:
    assert all(looked_at(sign_in(dana.email)) for _ in range(TRIES))
    locked = sign_in(" DANA@company.com ", PASSWORD)
    assert locked.status_code == 429
    assert 590 < int(locked["Retry-After"]) <= 600
    assert "Too many failed tries for this address. Try again in 10 minutes." in text_of(locked)
    assert "DANA@company.com" in locked.content.decode()
    assert PASSWORD not in locked.content.decode()
    assert "_auth_user_id" not in Client().session


def test_an_address_without_a_user_is_locked_with_the_same_words(dana: User) -> None:
    for _ in range(TRIES):
        sign_in(dana.email)
        sign_in("nobody@company.com")
    known, unknown = sign_in(dana.email, PASSWORD), sign_in("nobody@company.com", PASSWORD)
    assert (known.status_code, text_of(known)) == (unknown.status_code, text_of(unknown))


def test_what_succeeds_is_not_counted_and_resets_nothing(dana: User) -> None:
    for _ in range(TRIES - 1):
        sign_in(dana.email)
    for _ in range(TRIES):
        assert sign_in(dana.email, PASSWORD).status_code == 302
    assert looked_at(sign_in(dana.email))
    assert sign_in(dana.email, PASSWORD).status_code == 429


def test_the_lock_of_one_locks_nobody_else_at_the_same_place_however_often_they_go_on(
    dana: User, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "8/10m/ip,5/10m/key"}
    for _ in range(50):
        sign_in(dana.email)
    other = person("viewer", "otto@company.com", password=PASSWORD)
    assert sign_in(other.email, PASSWORD).status_code == 302


def test_one_place_that_tries_many_addresses_is_locked_as_a_whole_and_others_are_not(dana: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "8/10m/ip,5/10m/key"}
    for number in range(8):
        sign_in(f"someone-{number}@company.com")
    locked = sign_in(dana.email, PASSWORD)
    assert "Too many failed tries from your network. Try again in 10 minutes." in text_of(locked)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/sign-in/", {"login": dana.email, "password": PASSWORD}).status_code == 302


def test_a_header_that_no_trusted_proxy_wrote_gives_no_new_tries(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "3/10m/ip,5/10m/key"}
    answers = [sign_in(f"a{n}@company.com", x_forwarded_for=f"192.0.2.{n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


def test_behind_a_trusted_proxy_the_client_is_whom_the_proxy_saw(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "3/10m/ip,5/10m/key"}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    forged = [sign_in(f"a{n}@company.com", x_forwarded_for=f"198.51.100.{n}, 192.0.2.7") for n in range(4)]
    assert [answer.status_code for answer in forged] == [200, 200, 200, 429]
    assert sign_in("b@company.com", x_forwarded_for="192.0.2.8").status_code == 200


def test_those_who_come_by_ipv4_to_a_server_of_both_kinds_are_told_apart(dana: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "3/10m/ip,5/10m/key"}
    for number in range(3):
        Client(REMOTE_ADDR="::ffff:192.0.2.7").post("/sign-in/", {"login": f"a{number}@company.com", "password": "x"})
    sent = {"login": dana.email, "password": PASSWORD}
    assert Client(REMOTE_ADDR="192.0.2.7").post("/sign-in/", sent).status_code == 429
    assert Client(REMOTE_ADDR="::ffff:192.0.2.8").post("/sign-in/", sent).status_code == 302


@pytest.mark.parametrize("peer", ["", "unix:", "fe80::1%eth0", "[::1]:80"])
def test_whatever_the_peer_is_called_people_sign_in(dana: User, peer: str) -> None:
    client = Client(REMOTE_ADDR=peer)
    assert client.post("/sign-in/", {"login": dana.email, "password": PASSWORD}).status_code == 302
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("header", ["", "nonsense", "192.0.2.7"])
def test_a_header_shorter_than_the_trusted_proxies_would_write_fails_nobody(
    dana: User, settings: Any, header: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert sign_in(dana.email, PASSWORD, x_forwarded_for=header).status_code == 302


def test_the_host_header_gives_no_new_tries(dana: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for number in range(TRIES):
        assert looked_at(sign_in(dana.email, host=f"h{number}.example"))
    assert sign_in(dana.email, PASSWORD, host="another.example").status_code == 429


def test_api_keys_of_a_locked_person_go_on(dana: User) -> None:
    caller = Api(dana)
    for _ in range(TRIES + 1):
        sign_in(dana.email)
    assert caller.get("budgets/tree/").status_code == 200


def test_a_lock_ends_by_itself(dana: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "2/1s/key"}
    for _ in range(2):
        sign_in(dana.email)
    until(lambda: sign_in(dana.email, PASSWORD).status_code == 302, "the end of the lock", 10)


def test_without_the_cache_server_no_password_is_looked_at_and_the_page_says_so(dana: User, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    answer = sign_in(dana.email, PASSWORD)
    assert (answer.status_code, "Passwords cannot be checked right now." in text_of(answer)) == (503, True)


def test_the_admin_sites_door_leads_to_the_one_that_counts(dana: User) -> None:
    answer = Client().post("/admin/login/", {"username": dana.email, "password": PASSWORD})
    assert answer["Location"].startswith(reverse("accounts:sign-in"))


def test_guesses_of_ones_password_in_a_session_are_counted_too(dana: User) -> None:
    client = Client()
    client.force_login(dana)
    new = "another password of length"
    sent = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert [client.post("/account/password/", sent).status_code for _ in range(10)] == [200] * 10
    refused = client.post("/account/password/", sent | {"old_password": PASSWORD})
    assert (refused.status_code, "Wait ten minutes" in text_of(refused)) == (429, True)
    assert User.objects.get().check_password(PASSWORD)
