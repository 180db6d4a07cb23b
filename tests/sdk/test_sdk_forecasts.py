"""Forecasts through the SDK: what goes over the wire and what comes back, from the stand-in and from the product."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from llm_cost_ops import (
    AsyncCostTracker,
    ConfidenceInterval,
    CostTracker,
    Forecast,
    InvalidRequestError,
    NotFoundError,
    Period,
    ScenarioForecast,
)
from pytest_django.live_server_helper import LiveServer

from tests.factories import Api, person
from tests.sdk.seeing import QUICK, QUICK_LIMITS
from tests.sdk.standin import StandIn

Make = Callable[..., CostTracker]
SCENARIOS: list[dict[str, Any]] = [
    {"name": "Current Trajectory", "assumptions": "current_rate"},
    {"name": "With New Feature", "assumptions": {"additional_requests": 10000, "average_cost": Decimal("0.05")}},
    {"name": "After Optimization", "assumptions": {"cost_reduction": 0.3}},
]


def test_a_forecast_is_asked_of_a_project_or_a_budget(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    forecast = tracker.get_forecast(project_id="chat & co", confidence=0.8)
    assert tracker.get_forecast(budget_id=7, forecast_period="week") == forecast
    assert [path for _, path, _, _ in server.requests] == [
        "/api/v1/forecasts/?project_id=chat+%26+co&forecast_period=month&confidence=0.8",
        "/api/v1/forecasts/?budget_id=7&forecast_period=week&confidence=0.95",
    ]
    assert isinstance(forecast, Forecast)
    assert (forecast.projected, forecast.recommended_budget) == ("320.50", "400.00")
    assert forecast.confidence_interval == ConfidenceInterval(low="300.00", high="350.00")
    assert forecast.period == Period(start="2025-01-01T00:00:00Z", end="2025-02-01T00:00:00Z")
    assert forecast.daily[0]["actual"] == "10.00"
    assert (forecast.days_until_exceeded, forecast.extra) == (None, {"mood": "calm"})


def test_scenarios_are_a_list_in_their_order_and_exact(server: StandIn, make_tracker: Make) -> None:
    found = make_tracker().forecast_scenarios(budget_id=7, scenarios=SCENARIOS)
    assert all(isinstance(row, ScenarioForecast) for row in found)
    assert [row.name for row in found] == [scenario["name"] for scenario in SCENARIOS]
    assert found[0].confidence_interval.high == "3.00"
    ((method, path, _, body),) = server.requests
    assert (method, path) == ("POST", "/api/v1/forecasts/scenarios/")
    assert body == {
        "budget_id": 7,
        "forecast_period": "month",
        "confidence": "0.95",
        "scenarios": [
            SCENARIOS[0],
            {"name": "With New Feature", "assumptions": {"additional_requests": 10000, "average_cost": "0.05"}},
            SCENARIOS[2],
        ],
    }


def test_the_same_on_an_event_loop(server: StandIn, make_async_tracker: Callable[..., AsyncCostTracker]) -> None:
    async def use() -> None:
        async with make_async_tracker() as tracker:
            assert (await tracker.get_forecast(project_id="chat")).projected == "320.50"
            (row,) = await tracker.forecast_scenarios(project_id="chat", scenarios=SCENARIOS[:1])
            assert (row.name, row.projected_cost) == ("Current Trajectory", "2.00")

    asyncio.run(use())


@pytest.mark.parametrize("both", [{}, {"project_id": "chat", "budget_id": 1}])
def test_of_one_thing_alone(server: StandIn, make_tracker: Make, both: dict[str, Any]) -> None:
    for ask in (make_tracker().get_forecast, make_tracker().forecast_scenarios):
        with pytest.raises(ValueError, match="one of them"):
            ask(**both)
    assert server.requests == []


def test_the_product_answers(committed: None, live_server: LiveServer, tmp_path: Path) -> None:
    key = Api(person("admin")).secret
    with CostTracker(key, live_server.url, spool_dir=tmp_path, backoff=QUICK, limits=QUICK_LIMITS) as tracker:
        budget = tracker.create_budget("Chat", 500, scope={"projects": ["chat"]})
        tracker.record_usage("openai", "gpt-4", input_tokens=100_000, project="chat")
        assert tracker.flush(30)
        forecast = tracker.get_forecast(project_id="chat")
        assert (forecast.budget_id, forecast.budget_limit, forecast.spent) == (budget.id, "500.00", "3.00")
        low, high = Decimal(forecast.confidence_interval.low), Decimal(forecast.confidence_interval.high)
        assert low <= Decimal(forecast.projected) <= high
        assert {"date", "actual", "projected", "confidence_low", "confidence_high", "budget_limit"} <= set(
            forecast.daily[0].keys()
        )
        assert forecast.extra == {}, "every field has its attribute"
        current, feature, after = tracker.forecast_scenarios(project_id="chat", scenarios=SCENARIOS)
        assert (feature.change, current.change) == ("500.00", "0.00")
        assert Decimal(after.projected_cost) <= Decimal(current.projected_cost)
        assert current.extra == {}
        status = tracker.get_budget_status(budget.id)
        assert status.forecast_method == "run_rate"
        with pytest.raises(NotFoundError, match="no usage of this project"):
            tracker.get_forecast(project_id="no-such")
        with pytest.raises(InvalidRequestError) as refused:
            tracker.get_forecast(project_id="chat", confidence=1.2)
        assert list(refused.value.fields) == ["confidence"]
        with pytest.raises(InvalidRequestError) as refused:
            tracker.forecast_scenarios(project_id="chat", scenarios=[{"name": f"{n}"} for n in range(10_000)])
        assert list(refused.value.fields) == ["scenarios"]
