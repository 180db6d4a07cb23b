"""What holds for every endpoint of its kind: repetition keys, formats, pages while rows arrive, numbers of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import Api, api, budget, call, now, person, share, spend
from usage.models import ModelAlias, PriceOverride, RepriceJob, TeamDepartment
from wire.idempotency import REPEATED

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
SINCE = "2025-01-01"
CREATING: list[tuple[str, dict[str, Any], type]] = [
    ("budgets/", {"name": "Search", "amount": 100}, Budget),
    ("price-overrides/", {"model_pattern": "gpt-4", "percent_off": 10, "effective_from": SINCE}, PriceOverride),
    ("model-aliases/", {"pattern": "house-*", "priced_model": "gpt-4", "effective_from": SINCE}, ModelAlias),
    ("reprice-jobs/", {"start": SINCE, "reason": "A new list"}, RepriceJob),
    ("team-departments/", {"team": "search", "department": "product", "effective_from": SINCE}, TeamDepartment),
]


@pytest.mark.parametrize(("path", "body", "table"), CREATING, ids=[path for path, *_ in CREATING])
def test_a_post_that_creates_is_answered_again_under_its_key(path: str, body: dict[str, Any], table: Any) -> None:
    finance = api("finance")
    before = table.objects.count()
    first = finance.post(path, body, idempotency_key="once")
    again = finance.post(path, body, idempotency_key="once")
    assert first.status_code in (201, 202), first.content
    assert again.content == first.content
    assert again[REPEATED] == "true"
    assert table.objects.count() == before + 1


@pytest.mark.parametrize("path", ["budgets/", "budgets/tree/", "usage/summary/?start=2025-01-01", "prices/"])
def test_a_format_that_is_not_json_is_refused_in_json(path: str) -> None:
    response = api("finance").client.get(f"/api/v1/{path}", headers={"accept": "application/xml"})
    assert response.status_code == 406
    assert response["Content-Type"] == "application/json"
    assert "Accept: application/json" in response.json()["error"]["message"]


def walked(caller: Api, path: str, between: Any) -> list[Any]:
    """Every row of a list of one row a page, with something done between two pages."""
    page = caller.get(path, page_size=1).json()
    rows = page["results"]
    while page["next"]:
        between()
        page = caller.get(page["next"]).json()
        rows += page["results"]
    return rows


def test_no_row_is_lost_or_seen_twice_while_others_are_added() -> None:
    finance = api("finance")
    top = budget("M", 100, at=LONG_AGO)
    for name in ("C", "F", "T"):
        budget(name, 1, at=LONG_AGO)
    names = ["Z", "A", "U", "G", "D", "B"]
    seen = [row["name"] for row in walked(finance, "budgets/", lambda: names and budget(names.pop(), 1, at=LONG_AGO))]
    assert len(seen) == len(set(seen))
    assert {"C", "F", "M", "T"} <= set(seen)

    for amount in (1, 2, 3):
        edit_budget(top, Actor(None), {"amount": amount}, now())
    amounts = iter(range(10, 99))
    changes = walked(
        finance,
        f"budgets/{top.pk}/changes/",
        lambda: edit_budget(top, Actor(None), {"amount": next(amounts)}, now()),
    )
    assert len(changes) == 4
    assert len({row["id"] for row in changes}) == 4

    spend(*[call(n + 1, at=now() - timedelta(minutes=n + 1)) for n in range(4)])
    events = walked(finance, f"usage/events/?start={SINCE}", lambda: spend(call(9)))
    assert [row["cost"] for row in events] == ["1.00", "2.00", "3.00", "4.00"]


def queries_of(caller: Api, path: str) -> int:
    """How many queries an answer takes."""
    with CaptureQueriesContext(
        connection,
    ) as context:
        assert caller.get(path).status_code == 200
    return len(context)


def test_a_budgets_answers_take_as_many_queries_with_500_around_it_as_with_5() -> None:
    top = budget("Top", 100, at=LONG_AGO)
    found = budget("Found", 100, top, scope={"teams": ["a"]}, at=LONG_AGO)
    finance, viewer = api("finance"), api("viewer")
    share(top, viewer.user)
    spend(call(1, team="a"), call(1, team="a", at=LONG_AGO + timedelta(days=400)))
    paths = [f"budgets/{found.pk}/{part}" for part in ("", "status/", "periods/", "changes/", "shares/")]
    paths += [f"budgets/{top.pk}/{part}" for part in ("", "status/", "shares/")]
    counted = []
    for total in (5, 500):
        missing = total - Budget.objects.count()
        Budget.objects.bulk_create(Budget(name=f"B{n}", amount=5, parent=top) for n in range(missing))
        for number in range(total // 5):
            share(top, person("engineer", f"e{total}-{number}@company.com"))
        for caller in (finance, viewer):
            caller.get("budgets/")  # once a minute a key's use is noted
        counted.append([queries_of(caller, path) for caller in (finance, viewer) for path in paths])
    assert counted[0] == counted[1]
