"""Asks the workers for a forecast that somebody waits for, at most once a minute."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from budgets.domain.status import Status
from forecasting.domain.due import latest_runs
from forecasting.domain.needed import FARTHEST
from forecasting.domain.scopes import Scope, key_of
from wire.days import TICK, day_of
from wire.jobs import soon

TOO_FAR = "The period ends too far ahead for a forecast."
FROM_TOMORROW = "Its first day with spend is not over: it is forecast from tomorrow on."
NOT_SPENT = "Nothing was spent: it is forecast from the day after its first spend on."
AGAIN = 60  # seconds
ASKED = "forecasts-asked"


def no_forecast(status: Status, now: datetime) -> str:
    """Why no forecast of a budget can be made now, in a sentence; empty where one can."""
    today = day_of(now, settings.COSTOPS_ZONE)
    if day_of(status.period.ends - TICK, settings.COSTOPS_ZONE) >= today + timedelta(days=FARTHEST):
        return TOO_FAR
    known = latest_runs(now, [status.budget.pk])
    if any(one.spent > 0 for one in known):
        return ""
    return FROM_TOMORROW if any(one.spent_today > 0 for one in known) else NOT_SPENT


def ask_soon() -> None:
    """Has what is due forecast without waiting for beat; where the cache is lost beat alone does it."""
    _once_a_minute(ASKED, "forecasting.tasks.forecast_due")


def ask_for_scope(scope: Scope) -> None:
    """Has all usage of a scope forecast; where the cache is lost, the next who asks has it."""
    plain = {name: list(values) for name, values in scope.items()}
    _once_a_minute(f"{ASKED}:{key_of(plain)}", "forecasting.tasks.forecast_scope", plain)


def _once_a_minute(place: str, task: str, *of: Any) -> None:
    with contextlib.suppress(RedisError):
        if cache.add(place, 1, AGAIN):
            soon(task, *of)
