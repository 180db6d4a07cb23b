"""The `costops` command: users, keys, and how it tells what went wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.domain.keys import create_key, find_key
from accounts.models import ApiKey, User
from costops.cli import commands, main

pytestmark = pytest.mark.django_db

Costops = Callable[..., tuple[int, str, str]]


@pytest.fixture
def costops(capsys: pytest.CaptureFixture[str]) -> Costops:
    """Runs a command as the shell does; returns its status and what it wrote to stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return call


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com")


def test_every_module_of_the_command_exports_one(costops: Costops) -> None:
    for name in commands():
        status, out, _ = costops(name, "--help")
        assert (status, out[:6]) == (0, "Usage:"), name


def test_help_answers_without_django() -> None:
    script = "import sys; from costops.cli import costops; costops(['--help'], standalone_mode=False); " + (
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_a_user_without_a_password_gets_one_that_opens_the_door(costops: Costops) -> None:
    status, out, _ = costops("user", "create", "Ann@Example.com", "--role", "finance", "--name", "Ann")
    user = User.objects.get(email="ann@example.com")
    assert status == 0
    assert user.check_password(out.strip())
    assert user.name == "Ann"
    assert [group.name for group in user.groups.all()] == ["finance"]


def test_a_given_password_is_not_shown(costops: Costops) -> None:
    status, out, err = costops("user", "create", "a@example.com", "--role", "viewer", "--password", "correct horse 7")
    assert (status, out) == (0, "")
    assert "correct horse" not in err
    assert User.objects.get(email="a@example.com").check_password("correct horse 7")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["ann@EXAMPLE.com", "--role", "viewer"], 1, "User with this E-mail already exists."),
        (["nobody", "--role", "viewer"], 1, "Enter a valid email address."),
        (["b@example.com", "--role", "king"], 2, "Invalid value for '--role': 'king' is not one of"),
        (["b@example.com", "--role", "viewer", "--password", "abc"], 1, "This password is too short."),
    ],
)
def test_a_user_that_cannot_be_made_is_told_in_a_sentence(
    costops: Costops, ann: User, arguments: list[str], status: int, sentence: str
) -> None:
    found, out, err = costops("user", "create", *arguments)
    assert (found, out) == (status, "")
    assert err.startswith(sentence)
    assert User.objects.count() == 1


def test_a_new_key_is_alone_on_stdout_and_only_its_digest_is_kept(costops: Costops, ann: User) -> None:
    options = [
        "--project",
        "chat",
        "--team",
        "core",
        "--locked",
        "--requests-per-minute",
        "5",
        "--expires-in-days",
        "2",
    ]
    status, out, err = costops("apikey", "create", "--user", "ANN@example.com", "--name", "laptop", *options)
    assert status == 0
    assert "laptop" in err
    key = find_key(out.strip(), timezone.now())
    assert key is not None
    assert (key.project, key.team, key.locked, key.requests_per_minute) == ("chat", "core", True, 5)
    assert key.expires_at is not None
    assert timedelta(days=1, hours=23) < key.expires_at - timezone.now() <= timedelta(days=2)
    assert out.strip().encode() not in b"".join(
        bytes(value) for value in ApiKey.objects.values_list("digest", flat=True)
    )


def test_a_rotated_key_keeps_what_it_stood_for_and_its_old_secret_stops(costops: Costops, ann: User) -> None:
    _, old, _ = costops("apikey", "create", "--user", ann.email, "--name", "ci", "--team", "core", "--locked")
    status, new, _ = costops("apikey", "rotate", "--user", ann.email, "--name", "ci")
    assert status == 0
    assert find_key(old.strip(), timezone.now()) is None
    key = find_key(new.strip(), timezone.now())
    assert key is not None
    assert (key.name, key.team, key.locked) == ("ci", "core", True)


def test_a_key_is_revoked_by_the_prefix_that_the_list_shows(costops: Costops, ann: User) -> None:
    _, secret, _ = costops("apikey", "create", "--user", ann.email, "--name", "ci")
    _, listed, _ = costops("apikey", "list")
    shown = listed.splitlines()[1].split()[0]
    assert shown == f"{secret[:10]}…{secret.strip()[-4:]}"
    assert costops("apikey", "revoke", shown)[0] == 0
    assert find_key(secret.strip(), timezone.now()) is None
    assert "revoked" in costops("apikey", "list")[1]


def test_keys_are_listed_by_the_companys_clock(costops: Costops, ann: User, settings: Any) -> None:
    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    evening = datetime(2025, 3, 1, 20, 0, tzinfo=UTC)  # in Kolkata it is half past one, on March 2
    for name, state in {"revoked": {"revoked_at": evening}, "expired": {"expires_at": evening}}.items():
        key, _ = create_key(ann, name, now=evening)
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=evening, **state)
    _, out, _ = costops("apikey", "list")
    assert "expired 2025-03-02  -         2025-03-02 01:30" in out
    assert "revoked 2025-03-02  -         2025-03-02 01:30" in out


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["create", "--user", "zed@example.com", "--name", "x"], 1, "There is no user zed@example.com."),
        (["revoke"], 2, "Name the key: by its prefix, or by --user and --name."),
        (["rotate", "lcops_none"], 1, "There is no key in use of that name."),
    ],
)
def test_a_key_that_cannot_be_found_is_told_in_a_sentence(
    costops: Costops, ann: User, arguments: list[str], status: int, sentence: str
) -> None:
    found, out, err = costops("apikey", *arguments)
    assert (found, out) == (status, "")
    assert err.startswith(sentence)


def test_an_unknown_command_is_a_mistake_in_the_call(costops: Costops) -> None:
    assert costops("upp") == (2, "", "No such command 'upp'.\n")


@pytest.mark.parametrize(("debug", "shown"), [("false", False), ("0", False), ("", False), ("true", True)])
def test_a_traceback_is_shown_only_where_it_is_asked_for(
    costops: Costops, monkeypatch: pytest.MonkeyPatch, debug: str, shown: bool
) -> None:
    monkeypatch.setenv("COSTOPS_DEBUG", debug)
    status, out, err = costops("user", "create", "nobody", "--role", "viewer")
    assert (status, out, "Traceback" in err) == (1, "", shown)
    assert "Enter a valid email address." in err
