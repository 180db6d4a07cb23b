"""Makes forecasts and keeps them: a history in, a run of the engine, a row. For workers and commands."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from budgets.domain.figures import figures_at
from budgets.domain.periods import Schedule
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from forecasting.domain.curve import Curve
from forecasting.domain.due import due, latest_runs
from forecasting.domain.history import History, histories_of, history_of_usage
from forecasting.domain.needed import needed_until, open_period
from forecasting.domain.quarters import ahead_in
from forecasting.domain.reading import Way
from forecasting.domain.scopes import Scope, is_stale, key_of, latest_of, selection_of
from forecasting.models import Forecast
from usage.domain.arrays import among
from usage.domain.visibility import everything
from wire.calendar import QUARTER, present
from wire.days import day_of

logger = logging.getLogger(__name__)
HORIZON_OF_SCOPES = 2 * 366  # days
CLAIMED = 900  # seconds: a worker that died holds up nobody for longer


def claim(budgets: Collection[int]) -> list[int]:
    """Those of the budgets that no other process works at. Where the cache is lost one is forecast twice."""
    try:
        return [pk for pk in budgets if cache.add(_claim(pk), 1, CLAIMED)]
    except RedisError as error:
        logger.warning("Nobody can be asked who forecasts what (%s).", type(error).__name__)
        return list(budgets)


def forecast_budgets(budgets: Collection[int], now: datetime, *, only_due: bool = True) -> int:
    """Forecasts these budgets where their history changed, and keeps the runs; returns how many there were."""
    try:
        wanted = due(now, budgets) if only_due else list(budgets)
        return _forecast(wanted, now) if wanted else 0
    finally:
        with suppress(RedisError):
            cache.delete_many([_claim(pk) for pk in budgets])


def _claim(pk: int) -> str:
    return f"forecast:{pk}"


def _forecast(wanted: Collection[int], now: datetime) -> int:
    today = day_of(now, settings.COSTOPS_ZONE)
    budgets = list(Budget.objects.filter(pk__in=among(wanted)).select_related("parent"))
    known = {row.budget: row for row in latest_runs(now, wanted)}
    parents = {budget.parent_id for budget in budgets if budget.parent_id is not None}
    histories = histories_of({*wanted, *parents}, today)
    figures = figures_at(budgets, now)
    made = 0
    for budget in budgets:
        schedule = schedule_of(budget)
        until = needed_until(schedule, now, top=budget.parent_id is None)
        history = histories[budget.pk]
        if until is None or not history.costs:
            continue
        parent = histories[budget.parent_id] if budget.parent_id is not None else None
        period, row = open_period(schedule, now), figures[budget.pk]
        row_known = known[budget.pk]
        running = period is not None and row.starts <= now < row.ends
        spent_today = row_known.spent_today if running else Decimal(0)
        said = {
            "budget": budget,
            "budget_version": row_known.version,
            "history_spent": row_known.spent,
            "period_starts": row.starts if running else None,
            "period_ends": row.ends if running else None,
            "period_spent": row.spent - spent_today if running else None,
        }
        try:
            keep(history, (until - today).days, now, parent=parent, schedule=schedule, **said)
        except (ArithmeticError, ValueError):
            logger.exception("Budget %s could not be forecast; the others go on.", budget.pk)
            continue
        made += 1
    return made


def forecast_scope(scope: Scope, now: datetime) -> Forecast | None:
    """Forecasts all usage of a scope and keeps the run; None within an hour of one of today, or without history."""
    run = latest_of(scope, now)
    if not is_stale(run, now) and run is not None and now - run.made_at < timedelta(hours=1):
        return None
    today = day_of(now, settings.COSTOPS_ZONE)
    history = history_of_usage(everything(), selection_of(scope), today)
    if not history.costs:
        return None
    return keep(history, HORIZON_OF_SCOPES, now, scope=dict(scope), scope_key=key_of(scope))


def keep(
    history: History,
    horizon: int,
    now: datetime,
    *,
    parent: History | None = None,
    schedule: Schedule | None = None,
    **of: Any,
) -> Forecast:
    """Runs the engine over a history and keeps what it says; `of` are the fields that say of what. With a `schedule`,
    also what it says of its periods in the next quarter.
    """
    from forecasting.domain.engine.run import run

    found = run(
        [float(cost) for cost in history.costs],
        history.until,
        horizon,
        hours=history.hours,
        parent=[float(cost) for cost in parent.costs] if parent is not None else (),
        before=history.before,
    )
    curve: Curve = found.curve.rounded()
    quarter = present(QUARTER, now).moved(1)
    ahead = ahead_in(quarter, schedule, Way(curve, now, Decimal(0))) if schedule is not None else None
    return Forecast.objects.create(
        made_at=now,
        first_day=history.until,
        history_days=len(history.costs),
        last_spend=history.last_spend,
        method=found.method,
        words=found.words,
        fallback=found.fallback,
        totals=list(curve.totals),
        spreads=list(curve.spreads),
        day_spreads=list(curve.day_spreads),
        total_shape=list(curve.total_shape),
        day_shape=list(curve.day_shape),
        hours=list(curve.hours),
        next_quarter=ahead.plain() if ahead is not None else None,
        seconds=found.seconds,
        **{"history_spent": history.spent, **of},
    )
