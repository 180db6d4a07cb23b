"""Jobs of forecasts, started by beat or at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from celery import shared_task
from django.utils import timezone

from forecasting.domain import due, looking_back, making, scoring, trimming

AT_ONCE = 10  # budgets in one task: a few seconds' work, so that other jobs get their turn in between


@shared_task
def forecast_due() -> None:
    """Hands the budgets whose history changed to the workers, in parts."""
    waiting = iter(making.claim(due.due(timezone.now())))
    while part := list(islice(waiting, AT_ONCE)):
        forecast_some.delay(part)


@shared_task
def forecast_some(budgets: Sequence[int]) -> None:
    """Forecasts these budgets, where they still wait for it."""
    making.forecast_budgets(budgets, timezone.now())
    for pk in looking_back.waiting(budgets):
        look_back.delay(pk)


@shared_task
def look_back(budget: int) -> None:
    """Makes what would have been said of a budget's periods that ended before its first run, and scores it."""
    if looking_back.look_back(budget, timezone.now()):
        scoring.score_ended(timezone.now(), budget)


@shared_task
def forecast_scope(scope: dict[str, Any]) -> None:
    """Forecasts all usage of a scope that is no budget's, because somebody asked."""
    making.forecast_scope(scope, timezone.now())


@shared_task
def score_ended() -> None:
    """Scores what was said of periods that have ended."""
    scoring.score_ended(timezone.now())


@shared_task
def trim_old() -> None:
    """Trims old runs to what they said of the period that was open."""
    trimming.trim_old(timezone.now())
