"""No request keeps the database at work for ever: what takes too long is given up, and says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client

from budgets.models import Budget
from tests.factories import api, budget, call, person, spend
from tests.pages.reading import text_of
from usage.domain.lock import LEDGER

NAMES = ("statement_timeout", "idle_in_transaction_session_timeout")
SAY = """
from django.db import connection
with connection.cursor() as cursor:
    for name in {names}:
        cursor.execute("SHOW " + name)
        print(cursor.fetchone()[0])
"""
WEB = "import costops.wsgi"
OTHERS = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'costops.settings'; import django; django.setup()"
Busy = Callable[[str], AbstractContextManager[None]]


def limits_of(program: str, **environment: str) -> list[str]:
    """What PostgreSQL allows a program on its connections, as NAMES."""
    code = f"{program}\n{SAY.format(names=NAMES)}"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_web_server_is_limited_as_the_environment_says_and_nothing_else_is() -> None:
    assert limits_of(WEB, COSTOPS_WEB_STATEMENT_SECONDS="") == ["30s", "1min"]
    assert limits_of(WEB, COSTOPS_WEB_STATEMENT_SECONDS="7", COSTOPS_WEB_IDLE_SECONDS="0") == ["7s", "0"]
    assert limits_of(OTHERS, COSTOPS_WEB_STATEMENT_SECONDS="7") == ["0", "0"]
    assert limits_of("import costops.celery; " + OTHERS) == ["0", "0"]


def test_options_of_the_database_s_address_have_the_last_word() -> None:
    url = os.environ["DATABASE_URL"]
    mark = "&" if "?" in url else "?"
    options = "-c%20statement_timeout%3D5s%20-c%20lock_timeout%3D3s"
    assert limits_of(WEB, DATABASE_URL=f"{url}{mark}options={options}") == ["5s", "1min"]


@pytest.fixture
def busy(committed: None) -> Iterator[Busy]:
    """Keeps others from what a statement locks; ours are given up after a moment."""
    options = connection.get_connection_params() | {"autocommit": False}

    @contextmanager
    def keep(statement: str) -> Iterator[None]:
        with psycopg.connect(**options) as other:
            other.execute(statement)
            yield
            other.rollback()

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '300ms'")
    yield keep
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


DAYS = "LOCK TABLE usage_daily, usage_hourly"


@pytest.mark.parametrize("address", ["/usage/", "/usage/export.csv?by=team", "/"])
def test_a_page_or_file_that_takes_too_long_says_what_to_ask_instead(busy: Busy, address: str) -> None:
    spend(call(1, team="a"))
    client = Client(raise_request_exception=False)
    client.force_login(person("finance"))
    with busy(DAYS):
        page = client.get(address)
    assert page.status_code == 503
    assert "Ask for fewer days, fewer groups or one team alone." in text_of(page)
    assert b"canceling" not in page.content
    answer = client.get(address)
    assert answer.status_code == 200


def test_an_answer_of_the_api_that_takes_too_long_says_what_to_ask_instead(busy: Busy) -> None:
    finance = api("finance")
    with busy(DAYS):
        answer = finance.get("usage/summary/")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "too_long"
    assert "fewer days" in answer.json()["error"]["message"]
    assert "Retry-After" not in answer


def test_a_change_that_waits_too_long_writes_nothing_and_may_be_sent_again(busy: Busy) -> None:
    finance = api("finance")
    wanted = {"name": "Team", "amount": "5"}
    with busy(f"SELECT pg_advisory_xact_lock({LEDGER})"):
        answer = finance.post("budgets/", wanted)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == "database_away"
    assert not Budget.objects.exists()
    assert finance.post("budgets/", wanted).status_code == 201


def test_a_page_that_writes_and_waits_too_long_says_that_nothing_was_changed(busy: Busy) -> None:
    found = budget("Team", 5)
    client = Client(raise_request_exception=False)
    client.force_login(person("finance"))
    with busy(f"SELECT pg_advisory_xact_lock({LEDGER})"):
        page = client.post(f"/budgets/{found.pk}/archive/", {"reason": "over"})
    assert page.status_code == 503
    assert "Nothing was changed. Try again in a moment" in text_of(page)
    assert Budget.objects.get(pk=found.pk).archived_at is None


def test_usage_that_waits_too_long_is_for_the_client_to_send_again(busy: Busy) -> None:
    engineer = api("engineer")
    body = {"events": [{"cost": "1"}]}
    with busy(f"SELECT pg_advisory_xact_lock({LEDGER})"):
        answer = engineer.post("usage/", body)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert engineer.post("usage/", body).status_code == 202
