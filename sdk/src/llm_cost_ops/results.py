"""Answers of the API as typed, frozen objects.

Money stays the exact decimal string that the server sent and times stay RFC 3339 strings. A field that this version
does not know is kept in `extra`; one that an older server does not send is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, Union

Id = Union[int, str]
_Result = TypeVar("_Result", bound="Result")


@dataclass(frozen=True)
class Result:
    """What every answer has."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls: type[_Result], answer: Mapping[str, Any]) -> _Result:
        """Builds the object from the decoded JSON."""
        names = {known.name for known in fields(cls)} - {"extra"}
        values = {name: answer.get(name) for name in names}
        return cls(**cls._nested(values), extra={k: v for k, v in answer.items() if k not in names})

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Turns inner objects into results of their own."""
        return values


@dataclass(frozen=True)
class Period(Result):
    """A span of time: `start` is inside it and `end` is not."""

    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Threshold(Result):
    """A share of the limit (0.8 is 80%) and the kinds of channel that tell of it."""

    threshold: Any = None
    channels: tuple[str, ...] = ()

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "channels": tuple(values["channels"] or ())}


@dataclass(frozen=True)
class BudgetStatus(Result):
    """Where a budget stands. `percentage` is percent ("93.0"); rates are money a day."""

    period: Period | None = None
    limit: str | None = None
    current: str | None = None
    reserved: str | None = None
    remaining: str | None = None
    percentage: str | None = None
    burn_rate_per_day: str | None = None
    projected_rate_per_day: str | None = None
    forecast: str | None = None
    forecast_low: str | None = None
    forecast_high: str | None = None
    forecast_method: str | None = None
    exceed_probability: float | None = None
    days_until_exceeded: Any | None = None
    state: str | None = None
    allocated_to_children: str | None = None
    unallocated: str | None = None

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "period": _period(values["period"])}


@dataclass(frozen=True)
class Budget(Result):
    """An amount that people agreed on, for a period, for the usage that its scope names."""

    id: Id = ""
    name: str = ""
    amount: str = ""
    period: str = ""
    scope: str | Mapping[str, Any] | None = None
    parent_budget: Id | None = None
    alerts: tuple[Threshold, ...] = ()
    currency: str | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    anchor: int | None = None
    amounts: Any | None = None
    rollover: bool | None = None
    owner: str | None = None
    status: BudgetStatus | None = None

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        status = values["status"]
        return {
            **values,
            "alerts": tuple(Threshold.read(alert) for alert in values["alerts"] or ()),
            "status": BudgetStatus.read(status) if isinstance(status, Mapping) else status,
        }


@dataclass(frozen=True)
class ConfidenceInterval(Result):
    """Between which amounts a period ends, with the confidence that was asked for."""

    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Forecast(Result):
    """Where a period is heading.

    `daily` has a mapping for each day, with `date` and running totals since the period began (`actual`, `projected`,
    `confidence_low`, `confidence_high`) beside `budget_limit`; `day_actual` and so on are of the day alone. With
    `made_at` None the simple method answers, and a better forecast is on its way unless `fallback` says why not.
    """

    projected: str = ""
    confidence_interval: ConfidenceInterval = ConfidenceInterval()
    confidence: float | None = None
    days_until_exceeded: float | None = None
    exceed_probability: float | None = None
    exceeds_at: str | None = None
    recommended_budget: str | None = None
    recommended_for: Period | None = None
    recommendation: str | None = None
    method: str | None = None
    explanation: str | None = None
    fallback: str | None = None
    history_days: int | None = None
    made_at: str | None = None
    daily: list[Mapping[str, Any]] = field(default_factory=list, repr=False)
    budget_id: Id | None = None
    project_id: str | None = None
    currency: str | None = None
    period: Period | None = None
    period_label: str | None = None
    spent: str | None = None
    budget_limit: str | None = None

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {
            **values,
            "confidence_interval": ConfidenceInterval.read(values["confidence_interval"] or {}),
            "period": _period(values["period"]),
            "recommended_for": _period(values["recommended_for"]),
            "daily": list(values["daily"] or ()),
        }


@dataclass(frozen=True)
class ScenarioForecast(Result):
    """Where a period would be heading if something changed; `change` is against the current rate."""

    name: str = ""
    projected_cost: str = ""
    confidence_interval: ConfidenceInterval = ConfidenceInterval()
    change: str = ""
    exceeds_budget: bool | None = None
    budget_limit: str | None = None
    exceed_probability: float | None = None
    days_until_exceeded: float | None = None
    exceeds_at: str | None = None
    assumptions: Any = None
    note: str | None = None

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "confidence_interval": ConfidenceInterval.read(values["confidence_interval"] or {})}


@dataclass(frozen=True)
class ScenarioForecasts(Result):
    """Scenarios in the order in which they were asked for."""

    results: list[ScenarioForecast] = field(default_factory=list)

    @classmethod
    def _nested(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "results": [ScenarioForecast.read(row) for row in values["results"] or ()]}


def _period(answer: Any) -> Any:
    return Period.read(answer) if isinstance(answer, Mapping) else answer
