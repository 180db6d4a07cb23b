"""Wrong arguments are told at once, where they are given; right ones go out exactly."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from llm_cost_ops import AsyncCostTracker, ConfigurationError, CostTracker

from tests.sdk.standin import KEY, StandIn

Make = Callable[..., CostTracker]
NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"input_tokens": -1}, "input_tokens"),
        ({"output_tokens": 1.5}, "output_tokens"),
        ({"reasoning_tokens": "12"}, "reasoning_tokens"),
        ({"web_searches": True}, "web_searches"),
        ({"input_tokens": None}, "input_tokens"),
        ({"cost": Decimal("-0.01")}, "cost"),
        ({"cost": float("nan")}, "cost"),
        ({"cost": float("inf")}, "cost"),
        ({"cost": "twelve"}, "cost"),
        ({"cost": True}, "cost"),
        ({"cost": Fraction(1, 3)}, "cost"),
        ({"cost": "1e999999"}, "cost"),
        ({"free": "yes"}, "free"),
        ({"project": 12}, "project"),
        ({"service_tier": 1}, "service_tier"),
        ({"tags": ["a"]}, "tags"),
        ({"tags": {1: "a"}}, "tags"),
        ({"tags": {"feature": ["a"]}}, "feature"),
        ({"tags": {"feature": float("nan")}}, "tags"),
        ({"metadata": "text"}, "metadata"),
        ({"metadata": {"x": object()}}, "metadata"),
        ({"metadata": {"x": float("nan")}}, "metadata"),
        ({"id": "no-uuid", "occurred_at": NOW}, "id"),
        ({"id": "8f14e45f-ceea-467f-a0e6-2f1b0d3e7c11"}, "occurred_at"),
        ({"occurred_at": NOW.replace(tzinfo=None)}, "occurred_at"),
        ({"occurred_at": "2025-01-01"}, "occurred_at"),
        ({"reservation_id": 12}, "reservation_id"),
        ({"provider": ""}, "provider"),
        ({"model": None}, "model"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_recorded(
    server: StandIn, make_tracker: Make, wrong: dict[str, Any], named: str
) -> None:
    tracker = make_tracker()
    with pytest.raises(ValueError, match=named):
        tracker.record_usage(**{"provider": "openai", "model": "gpt-4", **wrong})
    assert tracker.flush(10)
    assert not server.events


@pytest.mark.parametrize("kind", [CostTracker, AsyncCostTracker])
def test_an_unknown_name_is_a_type_error(server: StandIn, tmp_path: Any, kind: Any) -> None:
    tracker = kind(KEY, server.endpoint, spool_dir=tmp_path)

    def record() -> None:
        recording = tracker.record_usage("openai", "gpt-4", imput_tokens=1)
        asyncio.run(recording)

    with pytest.raises(TypeError, match="imput_tokens"):
        record()


class _Number(float):
    """Shows itself as numpy's floats do."""

    def __repr__(self) -> str:
        return f"number({float(self)!r})"


class _Whole:
    """Counts as numpy's integers do."""

    def __index__(self) -> int:
        return 12


class _Model(enum.StrEnum):
    GPT = "gpt-4"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (Decimal("0.0000001"), "0.0000001"),
        (Decimal("1E-7"), "0.0000001"),
        (1e-7, "0.0000001"),
        (0.1, "0.1"),
        (_Number(0.1), "0.1"),
        ("0.00021", "0.00021"),
        (3, "3"),
        (0, "0"),
    ],
)
def test_a_cost_goes_out_digit_by_digit(server: StandIn, make_tracker: Make, given: Any, sent: str) -> None:
    tracker = make_tracker()
    event_id = tracker.record_usage("openai", "gpt-4", cost=given)
    assert tracker.flush(10)
    assert server.events[event_id]["cost"] == sent


def test_numbers_and_names_of_other_libraries_are_understood(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    event_id = tracker.record_usage("openai", _Model.GPT, input_tokens=_Whole(), free=True, user="Zoë ☃ \ud800")
    assert tracker.flush(10)
    event = server.events[event_id]
    assert (event["model"], event["input_tokens"], event["free"]) == ("gpt-4", 12, True)
    assert event["user"] == "Zoë ☃ \ud800"


def test_key_and_endpoint_come_from_the_environment(
    server: StandIn, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LCOPS_API_KEY", f"{KEY}\n")
    monkeypatch.setenv("LCOPS_ENDPOINT", f"{server.endpoint}/")
    with CostTracker(spool_dir=tmp_path) as tracker:
        assert tracker.create_budget("Chat", 100).id


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"endpoint": "http://localhost:8000"}, "LCOPS_API_KEY"),
        ({"api_key": KEY}, "LCOPS_ENDPOINT"),
        ({"api_key": "lcops_a b", "endpoint": "http://localhost"}, "API key"),
        ({"api_key": KEY, "endpoint": "localhost:8000"}, "https://costops.example.com"),
        ({"api_key": KEY, "endpoint": "https://"}, "https://costops.example.com"),
        ({"api_key": KEY, "endpoint": "http://host:port"}, "port"),
        ({"api_key": KEY, "endpoint": "http://me:secret@host"}, "password"),
    ],
)
@pytest.mark.parametrize("kind", [CostTracker, AsyncCostTracker])
def test_what_is_missing_or_wrong_in_the_configuration_is_said(
    monkeypatch: pytest.MonkeyPatch, kind: Any, given: dict[str, str], said: str
) -> None:
    monkeypatch.delenv("LCOPS_API_KEY", raising=False)
    monkeypatch.delenv("LCOPS_ENDPOINT", raising=False)
    with pytest.raises(ConfigurationError, match=said) as wrong:
        kind(**given)
    assert "secret" not in str(wrong.value)
