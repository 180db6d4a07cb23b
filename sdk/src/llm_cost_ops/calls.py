"""What the trackers ask of the API, as requests: shared by the blocking and the asynchronous one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Union
from urllib.parse import quote, urlencode

from llm_cost_ops.money import Money, decimal_string
from llm_cost_ops.results import Budget, BudgetStatus, Forecast, Id, ScenarioForecasts
from llm_cost_ops.transport import Call, new_idempotency_key

Day = Union[date, str]
Scope = Union[str, Mapping[str, Any]]


class BudgetOptions(TypedDict, total=False):
    """What may be said of a new budget beside its name and amount; see CostTracker.create_budget."""

    period: str
    scope: Scope
    parent_budget: Id | None
    alerts: Sequence[Mapping[str, Any]] | None
    currency: str | None
    starts_on: Day | None
    ends_on: Day | None
    anchor: int | None
    amounts: Mapping[str, Money] | None
    rollover: bool | None
    owner: str | None
    idempotency_key: str | None


def create_budget(
    name: str,
    amount: Money,
    *,
    period: str = "monthly",
    scope: Scope = "company-wide",
    parent_budget: Id | None = None,
    alerts: Sequence[Mapping[str, Any]] | None = None,
    currency: str | None = None,
    starts_on: Day | None = None,
    ends_on: Day | None = None,
    anchor: int | None = None,
    amounts: Mapping[str, Money] | None = None,
    rollover: bool | None = None,
    owner: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Budget]:
    """POST budgets/; what is None is left to the server."""
    fields = {
        "name": name,
        "amount": decimal_string(amount, "amount"),
        "period": period,
        "scope": scope,
        "parent_budget": parent_budget,
        "alerts": None if alerts is None else [_plain(alert) for alert in alerts],
        "currency": currency,
        "starts_on": _day(starts_on),
        "ends_on": _day(ends_on),
        "anchor": anchor,
        "amounts": None if amounts is None else {day: decimal_string(v, "amounts") for day, v in amounts.items()},
        "rollover": rollover,
        "owner": owner,
    }
    body = {key: value for key, value in fields.items() if value is not None}
    return Call("POST", "budgets/", Budget, body, new_idempotency_key(idempotency_key))


def get_budget(budget_id: Id) -> Call[Budget]:
    """GET budgets/{id}/"""
    return Call("GET", f"budgets/{_segment(budget_id)}/", Budget)


def get_budget_status(budget_id: Id) -> Call[BudgetStatus]:
    """GET budgets/{id}/status/"""
    return Call("GET", f"budgets/{_segment(budget_id)}/status/", BudgetStatus)


def get_forecast(
    project_id: str | None = None,
    budget_id: Id | None = None,
    forecast_period: str = "month",
    confidence: Money = 0.95,
) -> Call[Forecast]:
    """GET forecasts/"""
    asked = {
        **_subject(project_id, budget_id),
        "forecast_period": forecast_period,
        "confidence": decimal_string(confidence, "confidence"),
    }
    return Call("GET", f"forecasts/?{urlencode(asked)}", Forecast)


def forecast_scenarios(
    project_id: str | None = None,
    budget_id: Id | None = None,
    scenarios: Sequence[Mapping[str, Any]] = (),
    confidence: Money = 0.95,
    forecast_period: str = "month",
) -> Call[ScenarioForecasts]:
    """POST forecasts/scenarios/"""
    body = {
        **_subject(project_id, budget_id),
        "forecast_period": forecast_period,
        "confidence": decimal_string(confidence, "confidence"),
        "scenarios": [_exact(scenario) for scenario in scenarios],
    }
    return Call("POST", "forecasts/scenarios/", ScenarioForecasts, body)


def _subject(project_id: str | None, budget_id: Id | None) -> dict[str, Any]:
    if (project_id is None) == (budget_id is None):
        raise ValueError("name a project_id or a budget_id, one of them")
    return {"project_id": project_id} if budget_id is None else {"budget_id": budget_id}


def _exact(value: Any) -> Any:
    """What JSON can say of a value, with every digit: JSON knows no Decimal."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {key: _exact(inner) for key, inner in value.items()}
    return value


def _segment(budget_id: Id) -> str:
    text = str(budget_id)
    if isinstance(budget_id, bool) or not text.strip("."):
        raise ValueError("budget_id must be the id of a budget")
    return quote(text, safe="")


def _day(day: Day | None) -> str | None:
    return day.isoformat() if isinstance(day, date) else day


def _plain(alert: Mapping[str, Any]) -> dict[str, Any]:
    """An alert with exact thresholds: JSON knows no Decimal."""
    return {key: format(value, "f") if isinstance(value, Decimal) else value for key, value in alert.items()}
