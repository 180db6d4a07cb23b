"""Mail from a running installation: sent by its worker, while no page waits for the mail server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from tests.accounts.mailbox import Mailbox, link_in, mailbox
from tests.live import LiveCostOps, costops_up, until

ANN, PASSWORD, NEW = "ann@company.com", "a password of some length", "another password of length"


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveCostOps, Mailbox]]:
    """An installation and its mail server."""
    with mailbox() as box:
        told = {"COSTOPS_EMAIL_URL": box.url, "COSTOPS_EMAIL_FROM": "CostOps <costops@company.com>"}
        with costops_up(tmp_path_factory.mktemp("mail") / "data", "--no-demo", **told) as live:
            live.run("user", "create", ANN, "--role", "viewer", "--password", PASSWORD)
            yield live, box


def browser() -> OpenerDirector:
    """A browser with cookies and nothing else."""
    return build_opener(HTTPCookieProcessor(CookieJar()))


def send(client: OpenerDirector, url: str, **fields: str) -> str:
    """Opens the page of a form, and sends it."""
    client.open(url, timeout=30).read()
    jar: CookieJar = next(each for each in client.handlers if isinstance(each, HTTPCookieProcessor)).cookiejar
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    body = urlencode({**fields, "csrfmiddlewaretoken": str(token)}).encode()
    return str(client.open(url, body, timeout=30).read().decode())


def test_no_page_waits_for_a_mail_server_that_hangs_and_the_letter_comes_all_the_same(
    sending: tuple[LiveCostOps, Mailbox],
) -> None:
    live, box = sending
    box.hangs = True
    begun = time.monotonic()
    assert "Check your mail" in send(browser(), f"{live.url}/account/reset/", email=ANN)
    assert "Check your mail" in send(browser(), f"{live.url}/account/reset/", email="nobody@company.com")
    assert time.monotonic() - begun < 10
    until(lambda: box.asked, "the worker at the mail server")
    assert box.letters == []
    box.hangs = False
    until(lambda: box.letters, "the letter")
    (letter,) = box.letters
    assert letter["To"] == ANN
    client, form = browser(), f"{live.url}{link_in(letter)}"
    client.open(form).read()
    uid = link_in(letter).rsplit("/", 2)[1].partition("-")[0]
    page = send(client, f"{live.url}/account/reset/{uid}-set-password/", password1=NEW, password2=NEW)
    assert "Your password is set" in page
    assert "Forgot" not in send(browser(), f"{live.url}/sign-in/", login=ANN, password=NEW)
    until(lambda: len(box.letters) == 2, "word of the change")
    assert "was changed" in str(box.letters[1]["Subject"])


def test_neither_the_link_nor_the_mail_servers_password_is_in_the_logs(sending: tuple[LiveCostOps, Mailbox]) -> None:
    live, box = sending
    assert box.letters
    assert not [line for line in live.lines if "/account/reset/" in line and "-set-password" not in line]
    logs = "".join(path.read_text(errors="replace") for path in Path(live.folder).rglob("*.log"))
    assert link_in(box.letters[0]) not in logs + "".join(live.lines)
