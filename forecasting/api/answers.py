"""Forecasts and scenarios as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from budgets.domain.periods import Period
from forecasting.domain.outlook import Day
from forecasting.domain.scenarios import Outcome
from forecasting.domain.subjects import Subject
from forecasting.models import ScenarioSet
from wire.money import exact
from wire.times import rfc3339


def forecast_answer(subject: Subject) -> dict[str, Any]:
    """Where the period of a subject is heading."""
    found = subject.outlook
    advice = found.advice
    return {
        **_of_what(subject),
        "currency": settings.COSTOPS_CURRENCY,
        "period": _span(found.period),
        "period_label": subject.schedule.label(found.period),
        "spent": exact(found.spent),
        "budget_limit": _money(found.limit),
        "projected": exact(found.projected),
        "confidence": float(found.confidence),
        "confidence_interval": {"low": exact(found.low), "high": exact(found.high)},
        "exceed_probability": _number(found.exceed_probability),
        "days_until_exceeded": _number(found.days_until_exceeded),
        "exceeds_at": _instant(found.exceeds_at),
        "recommended_budget": exact(advice.amount) if advice else None,
        "recommended_for": _span(advice.period) if advice else None,
        "recommendation": advice.words if advice else "",
        "method": found.method,
        "explanation": found.words,
        "fallback": found.fallback,
        "history_days": found.history_days,
        "made_at": _instant(found.made_at),
        "daily": [_day(day, found.limit) for day in found.days],
    }


def outcomes_answer(subject: Subject, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What scenarios of a subject come to."""
    return {
        **_of_what(subject),
        "period": _span(subject.outlook.period),
        "confidence": float(subject.outlook.confidence),
        "results": [_outcome(outcome) for outcome in outcomes],
    }


def set_answer(found: ScenarioSet) -> dict[str, Any]:
    """Scenarios that are kept."""
    return {
        "id": str(found.pk),
        "budget_id": found.budget_id,
        "name": found.name,
        "scenarios": found.scenarios,
        "created_by": found.created_by.email if found.created_by else None,
        "created_at": rfc3339(found.created_at),
        "changed_at": rfc3339(found.changed_at),
    }


def _of_what(subject: Subject) -> dict[str, Any]:
    return {"budget_id": subject.budget.pk if subject.budget else None, "project_id": subject.project}


def _outcome(found: Outcome) -> dict[str, Any]:
    return {
        **found.scenario.plain(),
        "projected_cost": exact(found.projected),
        "confidence_interval": {"low": exact(found.low), "high": exact(found.high)},
        "change": exact(found.change),
        "exceeds_budget": found.exceeds,
        "budget_limit": _money(found.limit),
        "exceed_probability": _number(found.exceed_probability),
        "days_until_exceeded": _number(found.days_until_exceeded),
        "exceeds_at": _instant(found.exceeds_at),
        "note": found.note,
    }


def _day(day: Day, limit: Decimal | None) -> dict[str, Any]:
    """docs/decisions/0024: running totals, and beside them the day alone."""
    return {
        "date": day.day.isoformat(),
        "actual": _money(day.total_actual),
        "projected": _money(day.total_projected),
        "confidence_low": _money(day.total_low),
        "confidence_high": _money(day.total_high),
        "budget_limit": _money(limit),
        "day_actual": _money(day.actual),
        "day_projected": _money(day.projected),
        "day_low": _money(day.low),
        "day_high": _money(day.high),
    }


def _span(period: Period) -> dict[str, str]:
    return {"start": rfc3339(period.starts), "end": rfc3339(period.ends)}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else exact(amount)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
