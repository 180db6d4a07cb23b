"""Usage is read as one sees it at one instant, though budgets change meanwhile; others' changes cost nothing."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import Api, budget, call, now, person, share, spend
from tests.pages.test_overview import sums_in

pytestmark = pytest.mark.usefixtures("committed")
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


@pytest.fixture
def reader() -> Api:
    """A viewer who sees the budget of team a, whose calls cost 10; those of team b cost 3."""
    viewer = Api(person("viewer"))
    share(budget("Mine", 50, scope={"teams": ["a"]}, at=LONG_AGO), viewer.user)
    spend(call(10, team="a"), call(3, team="b"))
    return viewer


@contextmanager
def meanwhile(change: Callable[[], Any]) -> Iterator[list[int]]:
    """Makes a change after the first query that asks which budgets there are; the list that comes out counts it."""
    made: list[int] = []

    def do() -> None:
        change()
        connection.close()

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if "budgets_budget" in sql and not made:
            made.append(1)
            thread = threading.Thread(target=do)
            thread.start()
            thread.join(60)
        return result

    with connection.execute_wrapper(watch):
        yield made


def swap(viewer: Any) -> None:
    """What the viewer saw is another budget's by now, which they see too, and the first is for what they did not see.

    Before, that is 10; afterwards 13; what was theirs before as it is now is 3, which nobody ever saw.
    """
    mine = Budget.objects.get(name="Mine")
    edit_budget(mine, Actor(None), {"scope": {"teams": ["b"]}}, now(), all_history=True)
    share(budget("Other", 50, scope={"teams": ["a"]}, at=LONG_AGO), viewer)


def test_the_explorer(reader: Api) -> None:
    client = Client()
    client.force_login(reader.user)
    with meanwhile(lambda: swap(reader.user)) as made:
        page = client.get("/usage/")
    assert made
    assert sums_in(page)[0] == 10
    assert sums_in(client.get("/usage/"))[0] == 13


def test_the_file_of_the_explorer(reader: Api) -> None:
    client = Client()
    client.force_login(reader.user)
    with meanwhile(lambda: swap(reader.user)) as made:
        content = b"".join(client.get("/usage/export.csv?by=team").streaming_content)
    assert made
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert [(row["team"], Decimal(row["cost"])) for row in rows] == [("a", Decimal(10))]


@pytest.mark.parametrize(
    ("path", "costs"),
    [("usage/summary/", ["10.00"]), ("usage/events/", ["10.00"])],
)
def test_the_api(reader: Api, path: str, costs: list[str]) -> None:
    with meanwhile(lambda: swap(reader.user)) as made:
        answer = reader.get(path)
    assert made
    assert [row["cost"] for row in answer.json()["results"]] == costs


def statements_of(client: Client, path: str) -> list[str]:
    """What was asked of hours and days for a page."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries if "usage_hourly" in query["sql"] or "usage_daily" in query["sql"]]


def test_what_happens_to_the_budgets_of_others_makes_no_page_read_more(reader: Api) -> None:
    client = Client()
    client.force_login(reader.user)
    client.get("/usage/?by=team")
    before = [len(text) for text in statements_of(client, "/usage/?by=team")]
    noon = now().replace(day=1, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=20)
    for number in range(12):
        other = budget(f"Other {number}", 5, scope={"teams": [f"t{number}"]}, at=LONG_AGO)
        edit_budget(other, Actor(None), {"scope": {"teams": [f"u{number}"]}}, noon + timedelta(days=number))
        archive_budget(other, Actor(None), noon + timedelta(days=number, hours=30))
    assert [len(text) for text in statements_of(client, "/usage/?by=team")] == before


def test_days_that_follow_each_other_are_read_as_one_stretch(reader: Api) -> None:
    client = Client()
    client.force_login(reader.user)
    mine = Budget.objects.get(name="Mine")
    first = now().replace(day=1, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=40)
    dates = f"from={first.date()}&to={now().date()}&compare=none"
    spend(*(call(1, first + timedelta(days=number), team="a") for number in range(12)))
    for number in range(10):
        child = budget(f"Child {number}", 1, mine, scope={"teams": [f"t{number}"]}, at=LONG_AGO)
        archive_budget(child, Actor(None), first + timedelta(days=number))
    page = client.get(f"/usage/?{dates}")
    assert sums_in(page)[0] == 22
    (ranked, *_) = statements_of(client, f"/usage/?{dates}&by=team")
    assert ranked.count('"usage_hourly"."hour" >= ') == 1
