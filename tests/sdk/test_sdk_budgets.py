"""Budgets through the SDK: what goes over the wire, what comes back, and what is raised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from llm_cost_ops import (
    ApiError,
    AuthenticationError,
    Budget,
    BudgetExceededError,
    ConflictError,
    CostControlError,
    CostOpsError,
    CostTracker,
    InvalidRequestError,
    ModelBlockedError,
    NotFoundError,
    Period,
    PermissionDeniedError,
    RateLimitedError,
    TooManyRequestsError,
    UnavailableError,
)

from tests.sdk.standin import KEY, Answer, Dropped, StandIn, refusal

Make = Callable[..., CostTracker]


def test_a_budget_is_made_as_it_was_asked_for(server: StandIn, make_tracker: Make) -> None:
    budget = make_tracker().create_budget(
        name="Q1 2025 Production",
        amount=Decimal("10000.10"),
        period="monthly",
        scope={"projects": ["production"], "environments": ["prod"]},
        parent_budget=7,
        alerts=[{"threshold": 0.5, "channels": ["email"]}, {"threshold": Decimal("0.8"), "channels": ["slack"]}],
        starts_on=date(2025, 1, 1),
        ends_on="2025-03-31",
        amounts={"2025-02-01": 12_000},
        rollover=True,
    )
    ((method, path, headers, body),) = server.requests
    assert (method, path) == ("POST", "/api/v1/budgets/")
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {
        "name": "Q1 2025 Production",
        "amount": "10000.10",
        "period": "monthly",
        "scope": {"projects": ["production"], "environments": ["prod"]},
        "parent_budget": 7,
        "alerts": [{"threshold": 0.5, "channels": ["email"]}, {"threshold": "0.8", "channels": ["slack"]}],
        "starts_on": "2025-01-01",
        "ends_on": "2025-03-31",
        "amounts": {"2025-02-01": "12000"},
        "rollover": True,
    }
    assert isinstance(budget, Budget)
    assert (budget.id, budget.amount, budget.parent_budget) == (1, "10000.10", 7)
    assert [(alert.threshold, alert.channels) for alert in budget.alerts] == [(0.5, ("email",)), ("0.8", ("slack",))]
    assert budget.status is not None
    assert budget.status.state == "ok"


def test_a_lost_answer_makes_one_budget(server: StandIn, make_tracker: Make) -> None:
    drops = iter([True])

    def drop(method: str, path: str) -> None:
        if next(drops, False):
            raise Dropped

    server.after = drop
    budget = make_tracker().create_budget("Chat", 100)
    assert len(server.requests) == 2
    assert list(server.budgets) == [str(budget.id)]


def test_two_calls_make_two_budgets_unless_they_share_a_key(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    assert tracker.create_budget("Chat", 100).id != tracker.create_budget("Chat", 100).id
    first, again = (tracker.create_budget("Chat", 100, idempotency_key="mine") for _ in range(2))
    assert first.id == again.id


def test_a_status_has_its_period_and_exact_money(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    status = tracker.get_budget_status(tracker.create_budget("Chat", 100).id)
    assert status.current == "0.00021"
    assert status.period == Period(start="2025-01-01T00:00:00Z", end="2025-02-01T00:00:00Z")
    assert status.forecast is None


def test_results_are_frozen_and_keep_fields_of_newer_servers(server: StandIn, make_tracker: Make) -> None:
    budget = make_tracker().create_budget("Chat", 100)
    assert budget.extra == {"colour": "green"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        budget.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (413, ApiError),
        (418, ApiError),
    ],
)
def test_a_refusal_says_what_the_server_said(
    server: StandIn, make_tracker: Make, status: int, kind: type[ApiError]
) -> None:
    asked: list[int] = []

    def refuse(method: str, path: str) -> Answer:
        asked.append(1)
        return refusal(status, "some_code", "A sentence.", {"amount": ["is negative", "is odd"]})

    server.before = refuse
    with pytest.raises(kind) as refused:
        make_tracker().get_budget(1)
    error = refused.value
    assert type(error) is kind
    assert isinstance(error, CostOpsError)
    assert (error.status, error.code, error.message) == (status, "some_code", "A sentence.")
    assert error.fields == {"amount": ["is negative", "is odd"]}
    assert "A sentence." in str(error)
    assert "is odd" in str(error)
    assert len(asked) == 1, "asking again would not help"


def test_a_passing_trouble_passes_unseen(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    budget = tracker.create_budget("Chat", 100)
    troubles = iter([refusal(503, "away", "Later."), refusal(429, "throttled", "Later.", Retry_After="0")])
    server.before = lambda method, path: next(troubles, None)
    assert tracker.get_budget(budget.id) == budget


def test_a_long_wait_is_left_to_the_caller(server: StandIn, make_tracker: Make) -> None:
    server.before = lambda method, path: refusal(429, "throttled", "Later.", Retry_After="55")
    with pytest.raises(TooManyRequestsError) as refused:
        make_tracker().get_budget(1)
    assert refused.value.retry_after == 55


def test_a_server_that_is_away_or_another_is_no_answer(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    server.before = lambda method, path: Answer(200, "<html>Please sign in</html>", {"Content-Type": "text/html"})
    with pytest.raises(ApiError, match="does not answer as CostOps does"):
        tracker.get_budget(1)
    server.stop()
    with pytest.raises(UnavailableError, match="gave no answer"):
        tracker.get_budget(1)


@pytest.mark.parametrize("wrong", ["", "..", "../users/1", True])
def test_an_id_leads_nowhere_else(server: StandIn, make_tracker: Make, wrong: Any) -> None:
    tracker = make_tracker()
    with pytest.raises((ValueError, NotFoundError)):
        tracker.get_budget(wrong)
    assert all(path.startswith("/api/v1/budgets/..%2Fusers") for _, path, _, _ in server.requests)


def test_a_closed_tracker_still_asks(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    budget = tracker.create_budget("Chat", 100)
    tracker.close()
    assert tracker.get_budget(budget.id) == budget


@pytest.mark.parametrize("kind", [BudgetExceededError, ModelBlockedError, RateLimitedError])
def test_refusals_of_rules_are_a_family_of_their_own(kind: type[CostControlError]) -> None:
    error = kind("Contact finance team.", budget=1, rule=2, retry_after=3.0)
    assert str(error) == error.message == "Contact finance team."
    assert (error.budget, error.rule, error.retry_after) == (1, 2, 3.0)
    assert isinstance(error, CostControlError)
    assert not isinstance(error, ApiError)
