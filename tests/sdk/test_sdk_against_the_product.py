"""The SDK and the real API understand each other: what the stand-in of the other tests takes for granted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from llm_cost_ops import AuthenticationError, ConflictError, CostTracker, InvalidRequestError, NotFoundError
from pytest_django.live_server_helper import LiveServer

from tests.factories import Api, person
from tests.sdk.seeing import QUICK, QUICK_LIMITS
from usage.models import UsageEvent


@pytest.fixture
def told() -> list[tuple[dict[str, Any], Any]]:
    return []


@pytest.fixture
def tracker(
    committed: None, live_server: LiveServer, tmp_path: Path, told: list[tuple[dict[str, Any], Any]]
) -> Iterator[CostTracker]:
    api = Api(person("admin"))
    with CostTracker(
        api.secret,
        live_server.url,
        spool_dir=tmp_path,
        backoff=QUICK,
        limits=QUICK_LIMITS,
        on_rejected=lambda event, errors: told.append((event, errors)),
    ) as made:
        yield made


def test_usage_is_charged_to_a_budget(tracker: CostTracker) -> None:
    budget = tracker.create_budget(
        name="Chat",
        amount=Decimal("100.50"),
        period="monthly",
        scope={"projects": ["chat"]},
        alerts=[{"threshold": 0.5, "channels": ["email"]}],
    )
    tracker.record_usage(
        "openai",
        "gpt-4",
        input_tokens=10,
        output_tokens=4,
        reasoning_tokens=2,
        service_tier="default",
        cost=1e-7,
        project="chat",
        environment="prod",
        team="backend",
        user="a@example.com",
        tags={"feature": "search", "retry": 1, "beta": True},
        metadata={"trace": [1, None]},
    )
    assert tracker.flush(30)
    status = tracker.get_budget_status(budget.id)
    assert (status.current, status.limit, status.state) == ("0.0000001", "100.50", "ok")
    assert status.period is not None
    assert status.period.start < datetime.now(UTC).isoformat() < status.period.end
    found = tracker.get_budget(budget.id)
    assert (found.name, found.amount, found.scope) == ("Chat", "100.50", {"projects": ["chat"]})
    assert [(Decimal(str(alert.threshold)), alert.channels) for alert in found.alerts] == [(Decimal("0.5"), ("email",))]


def test_bad_events_are_told_and_their_neighbours_booked(
    tracker: CostTracker, told: list[tuple[dict[str, Any], Any]]
) -> None:
    ids = [tracker.record_usage("openai", "gpt-4", cost=1) for _ in range(5)]
    parts = tracker.record_usage("openai", "gpt-4", input_tokens=1, cached_input_tokens=2)
    broken = tracker.record_usage("openai", "gpt-4", user="\ud800")
    assert tracker.flush(30)
    assert {str(found) for found in UsageEvent.objects.values_list("id", flat=True)} == set(ids)
    assert {event["id"] for event, _ in told} == {parts, broken}
    (errors,) = [errors for event, errors in told if event["id"] == parts]
    assert list(errors) == ["input_tokens"]


def test_refusals_are_the_exceptions_that_they_are_documented_as(
    tracker: CostTracker, live_server: LiveServer, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError):
        tracker.get_budget(987_654)
    with pytest.raises(InvalidRequestError) as invalid:
        tracker.create_budget("", -1)
    assert set(invalid.value.fields) == {"name", "amount"}
    assert tracker.create_budget("One", 1, idempotency_key="k") == tracker.create_budget("One", 1, idempotency_key="k")
    with pytest.raises(ConflictError):
        tracker.create_budget("Two", 1, idempotency_key="k")
    with pytest.raises(AuthenticationError):
        CostTracker("lcops_unknown", live_server.url, spool_dir=tmp_path / "other").get_budget(1)
