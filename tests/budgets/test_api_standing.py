"""Status, periods and the tree: figures that an owner, a finance team and a program read the same."""

from __future__ import annotations

import gc
import weakref
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.domain.outline import outline
from tests.factories import Api, api, budget, call, now, spend

pytestmark = pytest.mark.django_db
FIELDS = {
    *("period", "limit", "current", "reserved", "remaining", "percentage", "burn_rate_per_day"),
    *("projected_rate_per_day", "forecast", "forecast_low", "forecast_high", "days_until_exceeded", "state"),
    *("exceed_probability", "forecast_method"),
    *("allocated_to_children", "unallocated", "amount", "carried_over", "requests", "unpriced_requests", "thresholds"),
}


@pytest.fixture
def finance() -> Api:
    return api("finance")


def month() -> datetime:
    return now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def test_a_status_says_all_that_there_is_to_say(finance):
    top = budget(
        "Top", 100, thresholds=[{"threshold": "0.5", "channels": ["email"]}, {"threshold": 0.95, "channels": ["email"]}]
    )
    budget("Part", "30.5", top, scope={"teams": ["x"]})
    before = now()
    spend(call(93, month()), call(None, month(), model="nobody-knows"))
    status = finance.get(f"budgets/{top.pk}/status/").json()
    assert set(status) == FIELDS
    assert status["period"]["start"] == month().isoformat().replace("+00:00", "Z")
    assert (status["amount"], status["carried_over"], status["limit"]) == ("100.00", "0.00", "100.00")
    assert (status["current"], status["reserved"], status["remaining"]) == ("93.00", "0.00", "7.00")
    assert status["percentage"] == "93.0"
    assert (status["requests"], status["unpriced_requests"]) == (2, 1)
    assert (status["allocated_to_children"], status["unallocated"]) == ("30.50", "69.50")
    assert Decimal(status["forecast_low"]) <= Decimal(status["forecast"]) <= Decimal(status["forecast_high"])
    assert status["forecast_method"] == "run_rate"
    assert 0 < status["exceed_probability"] <= 1
    (crossed,) = status["thresholds"]
    assert crossed["threshold"] == 0.5
    assert before <= datetime.fromisoformat(crossed["crossed_at"]) <= now()


@pytest.mark.parametrize(
    ("amount", "spent", "state", "percentage", "until"),
    [
        (100, 100, "exceeded", "100.0", 0.0),
        (100, "99.99", None, "99.9", None),
        (0, 0, "ok", None, None),
        (0, 1, "exceeded", None, 0.0),
    ],
)
def test_reaching_the_limit_is_exceeding_it_and_hundred_percent_is_never_said_early(
    finance, amount, spent, state, percentage, until
):
    made = budget(amount=amount)
    spend(call(spent, month()))
    status = finance.get(f"budgets/{made.pk}/status/").json()
    assert status["percentage"] == percentage
    if state:
        assert (status["state"], status["days_until_exceeded"]) == (state, until)
    assert Decimal(status["remaining"]) == amount - Decimal(spent)


def test_a_budget_of_yesterday_is_seen_as_it_was(finance):
    made = budget(amount=100, at=now() - timedelta(days=100))
    spend(call(1, month() - timedelta(days=2)), call(2, month() - timedelta(hours=3)), call(4, month()))
    at = (month() - timedelta(days=1)).isoformat()
    status = finance.get(f"budgets/{made.pk}/status/", at=at).json()
    assert (status["current"], status["requests"]) == ("1.00", 1)
    assert status["period"]["end"] == month().isoformat().replace("+00:00", "Z")
    assert finance.get(f"budgets/{made.pk}/status/").json()["current"] == "4.00"


@pytest.mark.parametrize(
    "at", ["tomorrow", "2999-01-01", "1066-10-14", "2025-03-01T00:00:00", "\x00", "9999-12-31T23:00:00-12:00"]
)
def test_an_instant_that_cannot_be_looked_at_is_refused(finance, at):
    response = finance.get(f"budgets/{budget().pk}/status/", at=at)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["at"]


def test_a_bare_date_means_midnight_of_the_company(finance, settings):
    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    made = budget(period="daily", at=datetime(2025, 3, 1, tzinfo=UTC))
    spend(call(1, datetime(2025, 3, 3, 18, 29, tzinfo=UTC)), call(2, datetime(2025, 3, 3, 18, 31, tzinfo=UTC)))
    status = finance.get(f"budgets/{made.pk}/status/", at="2025-03-04").json()
    assert status["period"] == {"start": "2025-03-03T18:30:00Z", "end": "2025-03-04T18:30:00Z"}


def test_periods_past_present_and_planned(finance):
    made = budget(
        "Quarter",
        100,
        period="quarterly",
        at=datetime(2026, 1, 5, tzinfo=UTC),
        amounts={f"{now().year + 1}-01-01": "500"},
    )
    lines = finance.get(f"budgets/{made.pk}/periods/").json()["results"]
    assert lines[0]["label"] == f"Q1 {now().year + 1}"
    assert (lines[0]["when"], lines[0]["amount"]) == ("planned", "500.00")
    assert lines[-1]["label"] == "Q1 2026"
    assert [line["start"] for line in lines[:-1]] == [line["end"] for line in lines[1:]]
    assert sum(line["when"] == "present" for line in lines) == 1


def test_what_a_period_leaves_is_carried_into_the_next_and_unknown_for_those_to_come(finance):
    made = budget("Rolling", 100, rollover=True, at=month() - timedelta(days=1))
    spend(call(30, month() - timedelta(hours=1)), call(1, month()))
    planned, present, past = finance.get(f"budgets/{made.pk}/periods/").json()["results"]
    assert (planned["when"], planned["carried_over"]) == ("planned", None)
    assert (present["when"], present["carried_over"], present["spent"]) == ("present", "70.00", "1.00")
    assert (past["when"], past["carried_over"], past["spent"]) == ("past", "0.00", "30.00")
    assert finance.get(f"budgets/{made.pk}/status/").json()["limit"] == "170.00"


def test_periods_of_a_budget_that_is_over_and_of_one_that_has_not_begun(finance):
    over = budget(starts_on=datetime(2025, 1, 15).date(), ends_on=datetime(2025, 3, 10).date())  # noqa: DTZ001
    year = now().year + 2
    coming = budget(starts_on=datetime(year, 2, 1).date(), at=now())  # noqa: DTZ001
    lines = finance.get(f"budgets/{over.pk}/periods/").json()["results"]
    assert [line["label"] for line in lines] == ["Mar 1–10, 2025", "February 2025", "Jan 15–31, 2025"]
    lines = finance.get(f"budgets/{coming.pk}/periods/").json()["results"]
    assert [(line["label"], line["when"]) for line in lines] == [(f"February {year}", "planned")]


def test_periods_from_before_a_change_of_schedule_stay_what_they_were(finance):
    made = budget(at=month() - timedelta(days=40))
    spend(call(1, month() - timedelta(days=20)), call(2, month()))
    edit_budget(made, Actor(None), {"period": "weekly"}, now())
    lines = finance.get(f"budgets/{made.pk}/periods/", page_size=1000).json()["results"]
    assert [line["start"] for line in lines[:-1]] == [line["end"] for line in lines[1:]]
    assert sum(Decimal(line["spent"]) for line in lines) == 3


def test_the_tree_lays_each_budget_below_its_parent_with_the_same_figures_as_alone(finance):
    top = budget("Top", 100)
    for name, team in (("A", "a"), ("B", "b")):
        budget(name, 50, top, scope={"teams": [team]}, thresholds=[{"threshold": 0.1, "channels": ["email"]}])
    spend(call(7, month(), team="a"), call(9, month(), team="b"))
    (node,) = finance.get("budgets/tree/").json()["budgets"]
    assert [child["name"] for child in node["children"]] == ["B", "A"]
    for found in (node, *node["children"]):
        alone = finance.get(f"budgets/{found['id']}/").json()
        known = {name: value for name, value in found.items() if name not in ("children", "status")}
        assert known == {name: value for name, value in alone.items() if name != "status"}
        same = {"current", "limit", "state", "requests", "thresholds", "allocated_to_children", "period"}
        assert {name: found["status"][name] for name in same} == {name: alone["status"][name] for name in same}


def test_a_tree_that_was_read_is_out_of_memory_at_once(finance):
    top = budget("Top", 100)
    budget("Part", 50, top, scope={"teams": ["a"]})
    gc.disable()  # before all of it: a circle that is left on the way holds the outline too
    try:
        found = outline(finance.user, now())
        entries = [weakref.ref(entry) for entry in found.entries.values()]
        del found
        assert [entry() for entry in entries] == [None, None]
    finally:
        gc.enable()


def test_the_tree_of_who_sees_nothing_is_empty():
    budget()
    assert api("viewer").get("budgets/tree/").json() == {"budgets": []}


def test_an_amount_planned_for_a_far_day_does_not_list_every_day_until_then(finance):
    made = budget(period="daily", amounts={"2999-12-31": "5"})
    lines = finance.get(f"budgets/{made.pk}/periods/", page_size=1000).json()["results"]
    assert sum(line["when"] == "planned" for line in lines) == 120


def test_an_archived_budget_is_expected_to_spend_nothing_more(finance):
    made = budget("Old", 100, at=month())
    spend(call(90))
    finance.delete(f"budgets/{made.pk}/")
    status = finance.get(f"budgets/{made.pk}/status/").json()
    assert (status["forecast"], status["days_until_exceeded"]) == ("90.00", None)
    assert finance.get("budgets/", archived="true", state="critical").json()["results"] == []
