"""Pages and answers that hold several figures are of one instant: they add up while usage is arriving."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from budgets.models import Budget
from tests.factories import budget, call, person, spend
from tests.pages.reading import row_of, text_of

pytestmark = pytest.mark.usefixtures("committed")
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


@contextmanager
def usage_arrives_between_queries() -> Iterator[list[int]]:
    """Posts a dollar of team a after each query on budgets; the list that comes out counts them."""
    posted: list[int] = []

    def post() -> None:
        spend(call(1, team="a"))
        connection.close()

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if "budgets_" in sql:
            thread = threading.Thread(target=post)
            thread.start()
            thread.join(60)
            posted.append(1)
        return result

    with connection.execute_wrapper(watch):
        yield posted


@pytest.fixture
def company() -> Budget:
    """A company with one team, whose calls are all that there is."""
    top = budget("Company", 1000, at=LONG_AGO)
    budget("Team", 400, top, scope={"teams": ["a"]}, at=LONG_AGO)
    spend(call(30, team="a"))
    return top


@pytest.fixture
def client() -> Client:
    """A browser in which finance is signed in."""
    client = Client()
    client.force_login(person("finance"))
    return client


def test_the_page_of_all_budgets(company: Budget, client: Client) -> None:
    with usage_arrives_between_queries() as posted:
        page = client.get("/budgets/")
    assert len(posted) > 2
    assert "$30 " in row_of(page, "Company")
    assert "$30 " in row_of(page, "Team")
    assert "spent directly" not in text_of(page)


def test_the_page_of_a_budget(company: Budget, client: Client) -> None:
    with usage_arrives_between_queries() as posted:
        page = client.get(f"/budgets/{company.pk}/")
    assert len(posted) > 2
    assert "$30.00" in row_of(page, "Team")
    assert "Spent directly by calls that none of them is for $0.00" in text_of(page)
    assert "All of Company $30.00" in text_of(page)


def test_the_tree_of_the_api(company: Budget, client: Client) -> None:
    with usage_arrives_between_queries() as posted:
        (top,) = client.get("/api/v1/budgets/tree/").json()["budgets"]
    assert len(posted) > 2
    assert [b["status"]["current"] for b in (top, *top["children"])] == ["30.00", "30.00"]
