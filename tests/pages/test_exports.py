"""Files for spreadsheets hold every row to the last digit, and who reads one slowly keeps nothing of the database."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.factories import budget, call, person, spend
from tests.live import until
from usage.models import TeamDepartment
from usage.views.calls import CHUNK

pytestmark = pytest.mark.usefixtures("committed")
MANY = 2 * CHUNK + 7
#: What is open in the database beside whoever asks.
OPEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)
    AND backend_type = 'client backend'
"""


@pytest.fixture
def client() -> Client:
    """A browser in which finance is signed in."""
    client = Client()
    client.force_login(person("finance"))
    return client


def open_transactions() -> int:
    """How many transactions of others are open."""
    options = connection.get_connection_params() | {"autocommit": True}
    with psycopg.connect(**options) as other:
        row = other.execute(OPEN).fetchone()
    assert row
    return int(row[0])


def rows_of(pieces: Iterable[bytes]) -> list[dict[str, str]]:
    """The rows of a file."""
    return list(csv.DictReader(StringIO(b"".join(pieces).decode("utf-8-sig"))))


def assert_nothing_is_kept() -> None:
    """No transaction is open, and the pool gets back all of its connections, which it takes in another thread."""
    assert open_transactions() == 0

    def all_are_back() -> bool:
        stats: dict[str, Any] = connection.pool.get_stats()
        return bool(stats["pool_size"] == stats["pool_available"])

    until(all_are_back, "the connection", 10)


def test_single_calls_are_all_there_and_of_one_instant_though_they_are_read_slowly(client: Client) -> None:
    costs = [Decimal(number) / 10**10 for number in range(1, MANY + 1)]
    spend(*(call(cost, team="a") for cost in costs))

    answer = client.get("/usage/calls.csv?by=team")
    pieces = iter(answer.streaming_content)
    first = next(pieces)

    assert_nothing_is_kept()
    spend(call(1, team="late"))
    rows = rows_of([first, *pieces])
    assert sorted(Decimal(row["cost"]) for row in rows) == costs
    assert {row["team"] for row in rows} == {"a"}


def test_groups_are_all_there_with_exact_sums(client: Client) -> None:
    spend(*(call(Decimal(number) / 10**10, user=f"user {number}") for number in range(1, MANY + 1)))
    answer = client.get("/usage/export.csv?by=user")
    rows = rows_of(answer.streaming_content)
    found = {row["user"]: Decimal(row["cost"]) for row in rows}
    assert found == {f"user {number}": Decimal(number) / 10**10 for number in range(1, MANY + 1)}


@pytest.mark.parametrize(
    "address",
    [
        *("/usage/export.csv?by=team", "/usage/calls.csv", "/budgets/export.csv", "/budgets/plan.csv"),
        *("/people/people.csv", "/people/teams/teams.csv"),
    ],
)
def test_nothing_of_the_database_is_kept_while_a_file_is_sent(client: Client, address: str) -> None:
    budget("Company")
    TeamDepartment.objects.create(team="a", department="d", effective_from="2020-01-01T00:00Z")
    spend(call(1, team="a"))
    answer = client.get(address)
    pieces = iter(answer.streaming_content)
    assert next(pieces).startswith(b"\xef\xbb\xbf")
    assert_nothing_is_kept()
    assert answer.status_code == 200
