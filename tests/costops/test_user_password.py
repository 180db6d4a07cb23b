"""`costops user create`: nobody who lists processes or reads the history of a shell sees the password."""

from __future__ import annotations

import io
import os
import pty
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client

from accounts.models import User
from costops.cli import main
from tests.factories import person
from tests.live import COSTOPS
from tests.pages.conftest import static_files_as_they_are

__all__ = ["static_files_as_they_are"]

PASSWORD = "correct horse 7"
ANN = ["user", "create", "ann@example.com", "--role", "viewer"]


class Terminal:
    """A command in a terminal of its own, with somebody who types."""

    def __init__(self, *arguments: str) -> None:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        self.shown = ""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execve(COSTOPS[0], [*COSTOPS, *arguments], os.environ | {"DATABASE_URL": database})

    def answer(self, question: str, typed: str) -> None:
        """Waits for a question and types the answer."""
        while question not in self.shown:
            self.shown += os.read(self._terminal, 4096).decode()
        os.write(self._terminal, f"{typed}\n".encode())

    def end(self) -> int:
        """Waits for the end; returns the exit status."""
        with suppress(OSError):
            while more := os.read(self._terminal, 4096):
                self.shown += more.decode()
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


@pytest.mark.usefixtures("committed")
class TestInATerminal:
    """Where somebody can be asked."""

    def test_the_password_is_asked_for_twice_and_not_shown(self) -> None:
        terminal = Terminal(*ANN)
        terminal.answer("Password", PASSWORD)
        terminal.answer("again", PASSWORD)
        assert terminal.end() == 0
        assert PASSWORD not in terminal.shown
        assert User.objects.get().check_password(PASSWORD)

    def test_two_that_differ_make_nobody(self) -> None:
        terminal = Terminal(*ANN)
        terminal.answer("Password", PASSWORD)
        terminal.answer("again", "correct horse 8")
        assert terminal.end() == 1
        assert "The two passwords differ." in terminal.shown
        assert not User.objects.exists()

    def test_who_enters_none_gets_one_made_up(self) -> None:
        terminal = Terminal(*ANN)
        terminal.answer("Password", "")
        assert terminal.end() == 0
        assert User.objects.get().check_password(terminal.shown.split()[-1])


@pytest.mark.django_db
def test_a_minus_takes_the_password_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    with pytest.raises(SystemExit) as ended:
        main([*ANN, "--password", "-"])
    assert (ended.value.code, capsys.readouterr().out) == (None, "")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
def test_a_minus_with_nothing_to_read_makes_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        main([*ANN, "--password", "-"])
    assert (ended.value.code, capsys.readouterr().err) == (1, "There is no password on standard input.\n")
    assert not User.objects.exists()


@pytest.mark.usefixtures("committed")
def test_another_password_signs_the_person_out_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = person("viewer", "ann@example.com", password="an old password of hers")
    browser = Client()
    browser.force_login(ann)
    assert browser.get("/account/").status_code == 200
    assert UserSession.objects.filter(user=ann).exists()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        main(["user", "password", "ANN@example.com"])
    out, err = capsys.readouterr()
    assert (ended.value.code, "signed out everywhere" in err) == (None, True)
    assert User.objects.get().check_password(out.strip())
    assert not UserSession.objects.filter(user=ann).exists()
    assert browser.get("/account/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "said"), [("short\n", "at least 10 characters"), ("", "There is no password")])
def test_a_password_that_is_refused_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, said: str
) -> None:
    person("viewer", "ann@example.com", password=PASSWORD)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as ended:
        main(["user", "password", "ann@example.com", "--password", "-"])
    assert ended.value.code == 1
    assert said in capsys.readouterr().err
    assert User.objects.get().check_password(PASSWORD)
