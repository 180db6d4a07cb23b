"""Forecasts through the API: of a budget, of a project, with a run and without one, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain.scopes import USAGE_WRITE
from forecasting.domain.making import forecast_budgets, forecast_scope
from tests.factories import Api, api, budget, call, now, share, spend

pytestmark = pytest.mark.django_db
DAILY = {"date", "actual", "projected", "confidence_low", "confidence_high", "budget_limit"}
ALONE = {"day_actual", "day_projected", "day_low", "day_high"}


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    """What is asked for within a minute is asked once, across tests too."""
    cache.clear()


def daily_spend(amount: object = 10, days: int = 40, **labels: Any) -> None:
    """So much on each of the last days, and today."""
    at = now() - timedelta(seconds=1)
    spend(*[call(amount, at - timedelta(days=n), **labels) for n in range(days)])


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error of an answer that refuses."""
    assert response.status_code == status, response.content
    return response.json()["error"]


def test_a_forecast_says_where_a_budget_is_heading_day_by_day() -> None:
    made = budget("Chat", 500, at=now() - timedelta(days=50))
    daily_spend()
    forecast_budgets([made.pk], now(), only_due=False)
    found = api("finance").get(f"budgets/{made.pk}/forecast/").json()
    low, high = (Decimal(found["confidence_interval"][edge]) for edge in ("low", "high"))
    assert low <= Decimal(found["projected"]) <= high
    assert (found["budget_id"], found["project_id"], found["budget_limit"]) == (made.pk, None, "500.00")
    assert (found["confidence"], found["currency"]) == (0.95, "USD")
    assert found["made_at"] is not None
    assert found["method"] not in ("run_rate", "")
    assert found["history_days"] > 30
    assert Decimal(found["recommended_budget"]) > 0
    starts, ends = (datetime.fromisoformat(found["period"][edge]) for edge in ("start", "end"))
    assert len(found["daily"]) == (ends - starts).days
    assert all(set(day) == DAILY | ALONE for day in found["daily"])


def test_daily_rows_are_running_totals_with_the_day_beside_them() -> None:
    made = budget("Chat", 500, at=now() - timedelta(days=50))
    daily_spend()
    found = api("finance").get(f"budgets/{made.pk}/forecast/").json()
    today = now().date()
    rows = {row["date"]: row for row in found["daily"]}
    here = rows[today.isoformat()]
    assert Decimal(here["actual"]) == Decimal(found["spent"]) == 10 * today.day
    assert Decimal(here["day_actual"]) == 10
    assert here["projected"] is not None
    for date, row in rows.items():
        assert row["budget_limit"] == "500.00"
        assert (row["projected"] is None) == (date < today.isoformat())
        assert (row["actual"] is None) == (date > today.isoformat())
    last = found["daily"][-1]
    assert (last["projected"], last["confidence_low"]) == (found["projected"], found["confidence_interval"]["low"])
    if today.day > 1:
        assert Decimal(rows[today.replace(day=1).isoformat()]["actual"]) == 10


def test_a_budget_that_was_never_forecast_is_answered_at_once_and_queued(
    django_capture_on_commit_callbacks: Any,
) -> None:
    made = budget("New", 100)
    daily_spend(3, 2)
    with django_capture_on_commit_callbacks() as queued:
        found = api("finance").get(f"budgets/{made.pk}/forecast/").json()
    assert (found["method"], found["made_at"]) == ("run_rate", None)
    assert Decimal(found["projected"]) >= 3
    assert "no forecast has been made yet" in found["explanation"] or "less than a day" in found["explanation"]
    assert len(queued) == 1
    forecast_budgets([made.pk], now(), only_due=False)
    with django_capture_on_commit_callbacks() as queued:
        assert api("finance").get(f"budgets/{made.pk}/forecast/").json()["made_at"]
    assert queued == []


def test_a_budget_that_began_to_spend_today_is_forecast_from_tomorrow_on(
    django_capture_on_commit_callbacks: Any,
) -> None:
    made, unspent = budget("New", 100), budget("Unspent", 100, scope={"teams": ["nobody"]})
    spend(call(3))
    finance = api("finance")
    with django_capture_on_commit_callbacks() as queued:
        found, none = (finance.get(f"budgets/{one.pk}/forecast/").json() for one in (made, unspent))
    assert (found["made_at"], none["made_at"], queued) == (None, None, [])
    assert "from tomorrow on" in found["fallback"]
    assert "from the day after its first spend" in none["fallback"]


def test_a_budget_that_ends_too_far_ahead_is_not_asked_for(django_capture_on_commit_callbacks: Any) -> None:
    today = timezone.localdate()
    dates = {"period": "custom", "starts_on": today - timedelta(days=50), "ends_on": today + timedelta(days=1500)}
    made = budget("Long", 100_000, **dates)
    daily_spend()
    forecast_budgets([made.pk], now(), only_due=False)
    with django_capture_on_commit_callbacks() as queued:
        found = api("finance").get(f"budgets/{made.pk}/forecast/").json()
    assert (found["method"], found["made_at"], queued) == ("run_rate", None, [])
    assert found["fallback"] == "The period ends too far ahead for a forecast."


def test_of_a_budget_that_is_archived_nothing_more_is_expected() -> None:
    made = budget("Old", 100)
    spend(call(3))
    finance = api("finance")
    finance.delete(f"budgets/{made.pk}/")
    found = finance.get(f"budgets/{made.pk}/forecast/").json()
    assert (found["projected"], found["method"], found["made_at"]) == ("3.00", "", None)
    assert found["confidence_interval"] == {"low": "3.00", "high": "3.00"}
    assert (found["exceed_probability"], found["recommended_budget"]) == (0.0, None)
    asked = {"budget_id": made.pk, "scenarios": [{"name": "More", "assumptions": {"growth_rate": 1}}]}
    refused = error_of(finance.post("forecasts/scenarios/", asked), 400)
    assert "A scenario changes what is still to come." in refused["fields"]["budget_id"][0]
    asked["scenarios"] = [{"name": "As it is", "assumptions": "current_rate"}]
    assert finance.post("forecasts/scenarios/", asked).json()["results"][0]["projected_cost"] == "3.00"


def test_a_surer_band_is_wider() -> None:
    made = budget("Chat", 500, at=now() - timedelta(days=50))
    daily_spend()
    finance = api("finance")

    def width(confidence: str) -> Decimal:
        found = finance.get(f"budgets/{made.pk}/forecast/", confidence=confidence).json()
        assert found["confidence"] == float(confidence)
        return Decimal(found["confidence_interval"]["high"]) - Decimal(found["confidence_interval"]["low"])

    if now().date() < now().date().replace(day=28):
        assert width("0.5") < width("0.8") < width("0.99")


def test_a_project_is_answered_by_the_budget_for_exactly_it() -> None:
    for name, kind, scope in (
        ("Wider", "monthly", {"projects": ["chat", "search"]}),
        ("Narrower", "monthly", {"projects": ["chat"], "environments": ["prod"]}),
        ("Quarter", "quarterly", {"projects": ["chat"]}),
        ("Month", "monthly", {"projects": ["chat"]}),
    ):
        budget(name, 10, scope=scope, period=kind)
    spend(call(3, project="chat"))
    finance = api("finance")
    named = {row["id"]: row["name"] for row in finance.get("budgets/").json()["results"]}

    def speaks(**asked: Any) -> str:
        return named[finance.get("forecasts/", project_id="chat", **asked).json()["budget_id"]]

    assert speaks() == speaks(forecast_period="month") == "Month"
    assert speaks(forecast_period="quarter") == "Quarter"
    assert speaks(forecast_period="week") == "Quarter", "the oldest, where none is of that period"


def test_a_project_without_a_budget_is_all_its_usage() -> None:
    daily_spend(10, 3, project="chat")
    spend(call(99, project="other"))
    found = api("finance").get("forecasts/", project_id="chat", forecast_period="year").json()
    assert (found["budget_id"], found["project_id"], found["budget_limit"]) == (None, "chat", None)
    assert Decimal(found["spent"]) <= 30
    assert Decimal(found["spent"]) >= 10
    assert found["period_label"] == f"FY {now().year}"
    assert (found["exceed_probability"], found["days_until_exceeded"], found["exceeds_at"]) == (None, None, None)
    assert (found["method"], found["made_at"]) == ("run_rate", None)
    assert Decimal(found["recommended_budget"]) > 0


def test_a_project_is_forecast_for_those_who_see_all_of_it(django_capture_on_commit_callbacks: Any) -> None:
    daily_spend(10, 40, project="chat", team="a")
    with django_capture_on_commit_callbacks() as queued:
        api("finance").get("forecasts/", project_id="chat")
    assert len(queued) == 1
    forecast_scope({"projects": ["chat"]}, now())
    with django_capture_on_commit_callbacks() as queued:
        found = api("finance").get("forecasts/", project_id="chat").json()
    assert queued == []
    assert found["made_at"] is not None
    assert found["method"] != "run_rate"


def test_a_project_that_began_today_has_no_run_yet(django_capture_on_commit_callbacks: Any) -> None:
    spend(call(3, project="chat"))
    assert forecast_scope({"projects": ["chat"]}, now()) is None
    with django_capture_on_commit_callbacks() as queued:
        found = [api("finance").get("forecasts/", project_id="chat").json() for _ in range(2)]
    assert [(one["method"], one["made_at"]) for one in found] == [("run_rate", None)] * 2
    assert Decimal(found[0]["projected"]) >= 3
    assert len(queued) == 1, "what is asked for twice is made once"


def test_others_are_told_of_what_they_see_of_a_project() -> None:
    shared = budget("Team", 100, scope={"teams": ["a"]})
    spend(call(3, project="chat", team="a"), call(50, project="chat", team="b"), call(7, project="hidden", team="b"))
    daily_spend(50, 3, project="chat", team="b")
    assert forecast_scope({"projects": ["chat"]}, now()) is not None
    engineer = api("engineer")
    share(shared, engineer.user)
    found = engineer.get("forecasts/", project_id="chat").json()
    assert (found["spent"], found["method"]) == ("3.00", "run_rate")
    assert "that you may see" in error_of(engineer.get("forecasts/", project_id="hidden"), 404)["message"]
    unknown = error_of(engineer.get("forecasts/", project_id="no-such"), 404)
    assert unknown == error_of(engineer.get("forecasts/", project_id="hidden"), 404)
    budget("Hidden", 100, scope={"projects": ["hidden"]})
    assert error_of(engineer.get("forecasts/", project_id="hidden"), 404) == unknown


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"project_id": "chat", "confidence": "1.2"}, "confidence", "from 0.5 to 0.99"),
        ({"project_id": "chat", "confidence": "nan"}, "confidence", "from 0.5 to 0.99"),
        ({"project_id": "chat", "forecast_period": "fortnight"}, "forecast_period", "Choose one of day, week"),
        ({"project_id": "chat", "budget_id": "1"}, "budget_id", "one of them"),
        ({}, "project_id", "one of them"),
        ({"project": "chat"}, "project", "Did you mean project_id?"),
    ],
)
def test_questions_that_make_no_sense_are_refused(asked: dict[str, str], field: str, sentence: str) -> None:
    error = error_of(api("finance").get("forecasts/", **asked), 400)
    assert sentence in error["fields"][field][0]


def test_what_one_may_not_see_is_not_there() -> None:
    made = budget("Hidden", 100)
    engineer = api("engineer")
    assert engineer.get(f"budgets/{made.pk}/forecast/").status_code == 404
    assert engineer.get("forecasts/", budget_id=made.pk).status_code == 404
    asked = {"budget_id": made.pk, "scenarios": [{"name": "a"}]}
    assert engineer.post("forecasts/scenarios/", asked).status_code == 404
    for_usage = api("finance", scopes=[USAGE_WRITE])
    assert for_usage.get(f"budgets/{made.pk}/forecast/").status_code == 403


def test_scenarios_are_compared_in_their_order() -> None:
    budget("Chat", 500, scope={"projects": ["chat"]}, at=now() - timedelta(days=50))
    daily_spend(project="chat")
    answer = api("finance").post(
        "forecasts/scenarios/",
        {
            "project_id": "chat",
            "scenarios": [
                {"name": "Current Trajectory", "assumptions": "current_rate"},
                {"name": "With New Feature", "assumptions": {"additional_requests": 10000, "average_cost": 0.05}},
                {"name": "After Optimization", "assumptions": {"cost_reduction": 0.3}},
                {"name": "More room", "assumptions": {"budget_amount": 100000}},
            ],
        },
    )
    now_, feature, after, room = answer.json()["results"]
    assert [row["name"] for row in (now_, feature, after, room)] == [
        *("Current Trajectory", "With New Feature", "After Optimization", "More room")
    ]
    assert (now_["change"], feature["change"]) == ("0.00", "500.00")
    assert Decimal(after["projected_cost"]) <= Decimal(now_["projected_cost"]) < Decimal(feature["projected_cost"])
    assert (feature["exceeds_budget"], room["exceeds_budget"]) == (True, False)
    assert (room["budget_limit"], now_["budget_limit"]) == ("100000.00", "500.00")
    assert now_["assumptions"] == "current_rate"
    assert feature["days_until_exceeded"] is not None
    for row in (now_, feature, after, room):
        low, high = (Decimal(row["confidence_interval"][edge]) for edge in ("low", "high"))
        assert low <= Decimal(row["projected_cost"]) <= high


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"project_id": "chat", "scenarios": [{"name": f"{n}"} for n in range(10_000)]}, "scenarios"),
        (
            {"project_id": "chat", "scenarios": [{"name": "a", "assumptions": {"growth_rate": -3}}]},
            "scenarios.0.assumptions.growth_rate",
        ),
        ({"project_id": "chat", "scenarios": [{"name": "a"}], "confidence": 1.2}, "confidence"),
        ({"project_id": "chat", "scenarios": [{"name": "a"}], "confidence": True}, "confidence"),
        ({"project_id": "chat"}, "scenarios"),
        ({"scenarios": [{"name": "a"}]}, "project_id"),
        ({"project_id": "chat", "scenarios": "all"}, "scenarios"),
        (
            {
                "project_id": "chat",
                "scenarios": [
                    {"name": "a"},
                    {"name": "b", "assumptions": {"model_switch": {"from": "gpt-4", "to": "no-such-model"}}},
                ],
            },
            "scenarios.1.assumptions.model_switch.to",
        ),
        (
            {
                "project_id": "chat",
                "scenarios": [
                    {"name": "b", "assumptions": {"additional_requests": 10**12, "average_cost": 10**9}},
                ],
            },
            "scenarios.0.assumptions",
        ),
    ],
)
def test_scenarios_that_make_no_sense_are_refused_at_their_field(body: dict[str, Any], field: str) -> None:
    spend(call(3, project="chat"))
    error = error_of(api("finance").post("forecasts/scenarios/", body), 400)
    assert list(error["fields"]) == [field]


def test_an_unknown_project_has_no_scenarios() -> None:
    asked = {"project_id": "no-such", "scenarios": [{"name": "a"}]}
    assert "no usage of this project" in error_of(api("finance").post("forecasts/scenarios/", asked), 404)["message"]


def switch(caller: Api, before: str, after: str, **more: Any) -> dict[str, Any]:
    """What a switch of models makes of the project."""
    assumed = {"model_switch": {"from": before, "to": after, **more}}
    body = {"project_id": "chat", "scenarios": [{"name": "a"}, {"name": "b", "assumptions": assumed}]}
    response = caller.post("forecasts/scenarios/", body)
    assert response.status_code == 200, response.content
    current, found = response.json()["results"]
    rest = Decimal(current["projected_cost"]) - 60
    return {**found, "factor": (Decimal(found["projected_cost"]) - 60) / rest if rest else None}


@pytest.fixture
def half_gpt_4() -> None:
    """A project that spent 30 dollars on a million input tokens of gpt-4, and as much on something else."""
    spend(
        call(None, project="chat", input_tokens=1_000_000, output_tokens=0),
        call(30, project="chat", provider="house", model="house-1", input_tokens=5),
    )


@pytest.mark.usefixtures("half_gpt_4")
def test_a_switch_of_models_reprices_past_usage() -> None:
    finance = api("finance")
    found = switch(finance, "gpt-4", "gpt-3.5-turbo")
    share_kept = Decimal("0.5") + Decimal("0.5") * Decimal("0.5") / 30
    assert found["factor"] == pytest.approx(share_kept)
    assert found["note"] == "gpt-4 was 50% of the last 28 days' spend."
    half = switch(finance, "gpt-4", "gpt-3.5-turbo", share="0.5")
    assert half["factor"] == pytest.approx((1 + share_kept) / 2)
    assert switch(finance, "gpt-4", "gpt-4")["factor"] == 1


@pytest.mark.usefixtures("half_gpt_4")
def test_a_switch_from_a_model_that_is_not_used_changes_nothing_and_says_so() -> None:
    found = switch(api("finance"), "claude-3-opus", "gpt-4")
    assert (found["change"], found["note"]) == (
        "0.00",
        "None of the last 28 days' spend is of claude-3-opus, so that this changes nothing.",
    )


def test_a_switch_leaves_calls_without_tokens_as_they_are_and_says_so() -> None:
    spend(call(100, project="chat", model="gpt-4", input_tokens=0, output_tokens=0), call(5, project="chat", model="x"))
    found = switch(api("finance"), "gpt-4", "gpt-3.5-turbo")
    assert (found["change"], found["note"]) == (
        "0.00",
        "gpt-4 was 95% of the last 28 days' spend. It has no tokens or no price to reckon with, "
        "so that this changes nothing.",
    )


def test_a_switch_scales_what_calls_cost_whatever_they_were_charged_by() -> None:
    """Ten times what its tokens cost, as with searches, and a hundred dollars without tokens beside it."""
    spend(
        call(300, project="chat", model="gpt-4", input_tokens=1_000_000, output_tokens=0),
        call(100, project="chat", model="gpt-4", input_tokens=0, output_tokens=0),
    )
    found = switch(api("finance"), "gpt-4", "gpt-3.5-turbo")
    kept = (Decimal(found["projected_cost"]) - 400) / (
        Decimal(found["projected_cost"]) - Decimal(found["change"]) - 400
    )
    assert kept == pytest.approx(Decimal("0.5") / 30)


@pytest.mark.usefixtures("half_gpt_4")
def test_a_switch_to_the_same_model_changes_nothing_for_those_who_read_no_contracts() -> None:
    terms = {"model_pattern": "gpt-4", "percent_off": 50, "effective_from": "2025-01-01"}
    assert api("finance").post("price-overrides/", terms).status_code == 201
    spend(call(None, project="chat", input_tokens=1_000_000, output_tokens=0))
    shared = budget("Chat", 1000, scope={"projects": ["chat"]})
    engineer = api("engineer")
    share(shared, engineer.user)
    same = switch(engineer, "gpt-4", "GPT-4")
    assert (same["change"], same["note"]) == ("0.00", "gpt-4 is switched to itself, so that this changes nothing.")
    assert Decimal(switch(engineer, "gpt-4", "gpt-3.5-turbo")["change"]) < 0


@pytest.mark.usefixtures("half_gpt_4")
def test_a_switch_tells_a_contract_price_only_to_those_who_read_contracts() -> None:
    finance = api("finance")
    made = finance.post(
        "price-overrides/", {"model_pattern": "gpt-3.5-turbo", "percent_off": 50, "effective_from": "2025-01-01"}
    )
    assert made.status_code == 201, made.content
    shared = budget("Chat", 1000, scope={"projects": ["chat"]})
    engineer = api("engineer")
    share(shared, engineer.user)
    listed, agreed = (switch(caller, "gpt-4", "gpt-3.5-turbo")["factor"] for caller in (engineer, finance))
    assert listed == pytest.approx(Decimal("0.5") + Decimal("0.25") / 30)
    assert agreed == pytest.approx(Decimal("0.5") + Decimal("0.125") / 30)


def test_a_comparison_takes_as_many_queries_for_twenty_scenarios_as_for_one() -> None:
    made = budget("Chat", 500, scope={"projects": ["chat"]}, at=now() - timedelta(days=50))
    daily_spend(project="chat")
    finance = api("finance")

    def queries(count: int) -> int:
        assumed = {"model_switch": {"from": "gpt-4", "to": "gpt-3.5-turbo"}}
        scenarios = [{"name": f"{n}", "assumptions": assumed} for n in range(count)]
        with CaptureQueriesContext(connection) as context:
            response = finance.post("forecasts/scenarios/", {"budget_id": made.pk, "scenarios": scenarios})
        assert response.status_code == 200
        return len(context)

    assert queries(1) >= queries(20)
    assert queries(20) < 30
