"""Asks the workers for a forecast that somebody waits for, at most once a minute."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from forecasting.domain.scopes import Scope, key_of
from wire.jobs import soon

AGAIN = 60  # seconds
ASKED = "forecasts-asked"


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
