"""Budgets with a history that was forecast, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from budgets.models import Budget
from forecasting.domain.making import forecast_budgets
from tests.factories import budget, call, now, recorded_for_years, spend

LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def with_history(
    name: str = "Product", limit: object = 10_000, days: int = 40, a_day: int = 100, **fields: Any
) -> Budget:
    """A budget of three weeks with today in the middle, and so many days of usage, those of a week alike."""
    today = timezone.localdate()
    dates = {"period": "custom", "starts_on": today - timedelta(days=10), "ends_on": today + timedelta(days=10)}
    found = budget(name, limit, at=LONG_AGO, **{**dates, **fields})
    recorded_for_years()
    team = fields.get("scope", {}).get("teams", [""])[0]
    at = now() - timedelta(seconds=2)
    spend(*[call(a_day + n % 7, at=at - timedelta(days=n), team=team) for n in range(days)])
    return found


def forecast(*budgets: Budget) -> None:
    """Forecasts them, as a worker does."""
    forecast_budgets([found.pk for found in budgets], now(), only_due=False)
