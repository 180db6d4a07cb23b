"""usage/summary/ and usage/events/: sums that add up, by label and by the company's clock, and their calls."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.factories import Api, api, budget, call, now, spend

pytestmark = pytest.mark.django_db
MARCH = datetime(2025, 3, 3, 10, 30, tzinfo=UTC)
RANGE = {"start": "2025-03-01", "end": "2025-04-01"}


@pytest.fixture
def admin() -> Api:
    return api()


@pytest.fixture
def march() -> None:
    """Seven calls of March 2025, and one of April."""
    spend(
        call(1, MARCH, model="a", team="x", input_tokens=10, output_tokens=1),
        call("0.0000000001", MARCH, model="a", team="x"),
        call(2, MARCH + timedelta(hours=1), model="a", team="y", project="p,q"),
        call(4, MARCH + timedelta(days=1), model="b", team="x", user="Ann@company.com"),
        call(8, MARCH + timedelta(days=7), model="b", user="ann@company.com"),
        call(16, MARCH, model="c", team="X"),
        call(None, MARCH, model="nobody-knows", provider="nobody"),
        call(32, datetime(2025, 4, 1, tzinfo=UTC), model="a"),
    )


def rows(response) -> list[dict]:
    assert response.status_code == 200, response.content
    return response.json()["results"]


def costs(found: list[dict], *keys: str) -> dict:
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: Decimal(row["cost"]) for row in found}


def walk(admin: Api, path: str, **query: object) -> list[dict]:
    """All rows of a list, page by page, there and back."""
    pages = [admin.get(path, **query).json()]
    while pages[-1]["next"]:
        pages.append(admin.get(pages[-1]["next"]).json())
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(admin.get(back[-1]["previous"]).json())
    assert [page["results"] for page in back[::-1]] == [page["results"] for page in pages]
    return [row for page in pages for row in page["results"]]


@pytest.mark.usefixtures("march")
def test_the_whole_is_exact_and_counts_what_has_no_price(admin):
    (total,) = rows(admin.get("usage/summary/", **RANGE))
    assert total == {
        "cost": "31.0000000001",
        "requests": 7,
        "unpriced": 1,
        "input_tokens": 10,
        "cached_input_tokens": 0,
        "output_tokens": 1,
    }


def test_where_nothing_was_spent_the_whole_is_nothing(admin):
    (total,) = rows(admin.get("usage/summary/", **RANGE))
    assert (total["cost"], total["requests"]) == ("0.00", 0)
    assert rows(admin.get("usage/summary/", **RANGE, group_by="model")) == []


@pytest.mark.usefixtures("march")
@pytest.mark.parametrize("group_by", ["model", "team,model", "project", "user,provider,environment,department"])
@pytest.mark.parametrize("interval", [None, "hour", "day", "week", "month"])
def test_rows_add_up_to_the_total_however_they_are_cut(admin, group_by, interval):
    query = {**RANGE, "group_by": group_by, **({"interval": interval} if interval else {})}
    found = rows(admin.get("usage/summary/", **query))
    assert sum(Decimal(row["cost"]) for row in found) == Decimal("31.0000000001")
    assert sum(row["requests"] for row in found) == 7
    assert all(set(group_by.split(",")) <= set(row) for row in found)
    assert all(("start" in row) == bool(interval) for row in found)


@pytest.mark.usefixtures("march")
def test_usage_without_the_label_is_a_group_of_its_own_at_the_end(admin):
    found = rows(admin.get("usage/summary/", **RANGE, group_by="team"))
    assert costs(found, "team") == {"X": 16, "x": Decimal("5.0000000001"), "y": 2, None: 8}
    assert found[-1]["team"] is None


@pytest.mark.usefixtures("march")
@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ({"model": "a"}, "3.0000000001"),
        ({"model": "a,b"}, "15.0000000001"),
        ({"model": ["a", "c"]}, "19.0000000001"),
        ({"model": "a", "team": "y"}, "2.00"),
        ({"team": ""}, "8.00"),
        ({"team": ["", "y"]}, "10.00"),
        ({"user": "ANN@company.com"}, "12.00"),
        ({"model": "none-of-these"}, "0.00"),
        ({"start": "2025-03-03T10:00:00Z", "end": "2025-03-03T11:00:00Z"}, "17.0000000001"),
        ({"start": "2025-03-03T11:00:00+01:00", "end": "2025-03-03T12:00:00+01:00"}, "17.0000000001"),
        ({"end": "2025-05-01"}, "63.0000000001"),
    ],
)
def test_filters(admin, query, cost):
    (total,) = rows(admin.get("usage/summary/", **{**RANGE, **query}))
    assert total["cost"] == cost
    found = rows(admin.get("usage/events/", **{**RANGE, **query}))
    assert sum((Decimal(row["cost"]) for row in found), Decimal(0)) == Decimal(cost)


def test_tags_that_a_budget_names_can_be_summed_and_others_are_refused(admin):
    budget(scope={"tags": {"feature": "search", "7": "x"}})
    for cost, tags in ((1, {"feature": "search"}), (2, {"feature": "chat", "7": "x"}), (4, None)):
        spend(call(cost, MARCH, tags=tags))
    found = rows(admin.get("usage/summary/", **RANGE, group_by="tag:feature"))
    assert costs(found, "tag:feature") == {"search": 1, "chat": 2, None: 4}
    assert costs(rows(admin.get("usage/summary/", **RANGE, group_by="tag:7")), "tag:7") == {"x": 2, None: 5}
    (total,) = rows(admin.get("usage/summary/", **RANGE, **{"tag:feature": "chat,search"}))
    assert total["cost"] == "3.00"
    for query in ({"group_by": "tag:colour"}, {"tag:colour": "red"}):
        response = admin.get("usage/summary/", **query)
        assert response.status_code == 400
        assert "tag:colour is not kept" in response.json()["error"]["message"]


@pytest.mark.usefixtures("march")
def test_days_and_weeks_are_those_of_the_companys_clock(admin, settings):
    found = rows(admin.get("usage/summary/", **RANGE, interval="week"))
    assert costs(found, "start") == {"2025-03-03T00:00:00Z": Decimal("23.0000000001"), "2025-03-10T00:00:00Z": 8}
    found = rows(admin.get("usage/summary/", **RANGE, interval="day", model="b"))
    assert costs(found, "start") == {"2025-03-04T00:00:00Z": 4, "2025-03-10T00:00:00Z": 8}


def test_a_day_of_25_hours_is_one_day_and_its_hours_are_25(admin, settings):
    settings.COSTOPS_ZONE = ZoneInfo("Europe/Berlin")
    midnight = datetime(2025, 10, 25, 22, tzinfo=UTC)
    spend(*(call(1, midnight + timedelta(hours=n, minutes=30)) for n in range(-1, 26)))
    query = {"start": "2025-10-26", "end": "2025-10-27"}
    (day,) = rows(admin.get("usage/summary/", **query, interval="day"))
    assert (day["start"], day["cost"]) == ("2025-10-25T22:00:00Z", "25.00")
    hours = rows(admin.get("usage/summary/", **query, interval="hour"))
    assert len({row["start"] for row in hours}) == 25


def test_hours_of_a_zone_with_half_an_hour(admin, settings):
    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    spend(call(1, datetime(2025, 3, 3, 18, 29, tzinfo=UTC)), call(2, datetime(2025, 3, 3, 18, 31, tzinfo=UTC)))
    found = rows(admin.get("usage/summary/", start="2025-03-03", end="2025-03-05", interval="day"))
    assert costs(found, "start") == {"2025-03-02T18:30:00Z": 1, "2025-03-03T18:30:00Z": 2}
    assert admin.get("usage/summary/", start="2025-03-03T18:30:00Z", end="2025-03-05").status_code == 200
    assert admin.get("usage/summary/", start="2025-03-03T18:00:00Z", end="2025-03-05").status_code == 400


def test_without_a_range_it_is_this_month_until_now(admin):
    spend(call(3), call(5, now() - timedelta(days=40)))
    assert rows(admin.get("usage/summary/"))[0]["cost"] == "3.00"
    assert rows(admin.get("usage/summary/", end=now().isoformat()))[0]["cost"] == "3.00"


@pytest.mark.usefixtures("march")
def test_pages_hold_every_group_once_there_and_back(admin):
    for query in ({"group_by": "team,user"}, {"group_by": "model", "interval": "hour"}, {"interval": "day"}):
        whole = rows(admin.get("usage/summary/", **RANGE, **query))
        assert len(whole) > 2
        for size in (1, 2, 3):
            assert walk(admin, "usage/summary/", **RANGE, **query, page_size=size) == whole


@pytest.mark.usefixtures("march")
def test_events_come_newest_first_and_pages_hold_each_once(admin):
    spend(*(call(1, MARCH, id=uuid.UUID(int=n)) for n in range(20)))
    whole = rows(admin.get("usage/events/"))
    assert len(whole) == 28
    order = [(row["occurred_at"], row["id"]) for row in whole]
    assert order == sorted(order, reverse=True)
    for size in (1, 3, 27):
        assert walk(admin, "usage/events/", page_size=size) == whole


@pytest.mark.usefixtures("march")
def test_events_that_come_while_someone_reads_move_no_page(admin):
    first = admin.get("usage/events/", page_size=3).json()
    spend(call(1, datetime(2025, 5, 1, tzinfo=UTC)), call(1, datetime(2025, 3, 2, tzinfo=UTC)))
    second = admin.get(first["next"]).json()
    seen = [row["id"] for page in (first, second) for row in page["results"]]
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "yesterday"}, "start"),
        ({"start": "2025-03-01T00:00:00"}, "start"),
        ({"start": "2025-03-01T00:30:00Z"}, "start"),
        ({"end": "2025-03-01T00:30:00Z"}, "end"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"interval": "decade"}, "interval"),
        ({"group_by": "modle"}, "group_by"),
        ({"group_by": "tag:"}, "group_by"),
        ({"projct": "x"}, "projct"),
        ({"model": "a\x00"}, "model"),
        ({"tag:a\x00": "b"}, "tag:a?"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "1001"}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WzAsIngiLCJ5IiwieiJd"}, "cursor"),
        ({"model": ",".join("abcdefg" + str(n) for n in range(201))}, "model"),
        ({"start": ["2025-03-01", "2025-03-02"]}, "start"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_parameter(admin, query, field):
    response = admin.get("usage/summary/", **query)
    assert response.status_code == 400
    assert field in response.json()["error"]["fields"]


def test_the_nearest_label_is_suggested(admin):
    message = admin.get("usage/summary/", group_by="modle").json()["error"]["message"]
    assert "Did you mean model?" in message


@pytest.mark.usefixtures("march")
def test_what_costs_the_same_queries_with_few_rows_and_with_many(admin, django_assert_num_queries):
    admin.get("usage/events/")  # once a minute a key's use is noted
    asked = (
        ("usage/summary/", {"group_by": "model,team"}, 3),
        ("usage/events/", {}, 4),
    )  # the key, its roles, the rows
    for path, query, queries in asked:
        with django_assert_num_queries(queries):
            rows(admin.get(path, **RANGE, **query))
    spend(*(call(1, MARCH, model=f"m{n}", team=f"t{n % 7}") for n in range(300)))
    for path, query, queries in asked:
        with django_assert_num_queries(queries):
            assert len(rows(admin.get(path, **RANGE, **query, page_size=1000))) > 300


@pytest.mark.parametrize("path", ["usage/summary/", "usage/events/"])
def test_a_range_that_ends_before_it_starts_is_refused(admin, path):
    refused = admin.get(path, start="2025-04-01", end="2025-03-01")
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"]["end"] == ["The end must be later than the start, 2025-04-01T00:00:00Z."]
