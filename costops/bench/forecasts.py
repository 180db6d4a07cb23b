"""The nightly run: 1,000 budgets with 400 days of history each, over two worker processes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from resource import RUSAGE_SELF, getrusage

from costops.bench.installed import set_up_django
from costops.bench.sizes import BUDGETS, Row, say

HISTORY_DAYS, PROCESSES, AT_ONCE = 400, 2, 10
HOURS = (9, 12, 15, 18)  # of each day; how many there are changes what is read, not what is fitted


def forecast_all(now: datetime) -> tuple[int, float, int]:
    """Forecasts all budgets that wait for it; returns how many, in how many seconds, and the most kB a process held."""
    from django.db import connection

    from forecasting.domain.due import due
    from forecasting.domain.making import claim

    # Claimed, so that the installation's own worker does none of it.
    waiting = claim(due(now))
    connection.close()
    parts = [(waiting[start : start + AT_ONCE], now) for start in range(0, len(waiting), AT_ONCE)]
    started = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=set_up_django) as pool:
        most = max(pool.map(_forecast, parts), default=0)
    return len(waiting), time.perf_counter() - started, most


def bench_forecasts(now: datetime) -> Iterator[Row]:
    """How long the whole takes, and the most that a process held."""
    from costops.bench.company import make_tree
    from forecasting.models import Forecast

    budgets = [budget.pk for budget in make_tree(BUDGETS, now)]
    say(f"  {HISTORY_DAYS} days of {len(budgets):,} budgets")
    Forecast.objects.all().delete()
    _fill(budgets, now)
    count, taken, most = forecast_all(now)
    if Forecast.objects.filter(method="ensemble").count() < count or count < len(budgets):
        raise SystemExit(f"Of {len(budgets)} budgets {count} were forecast, not all of them by models.")
    what = f"Forecasts of {count:,} budgets with {HISTORY_DAYS} days, {PROCESSES} processes"
    yield what, "300 s", f"{taken:.0f} s", f"{taken / count * PROCESSES * 1000:.0f} ms of a core each"
    yield "The most that a process of it held", "1,000 MB", f"{most / 2**10:,.0f} MB", ""


def _forecast(job: tuple[list[int], datetime]) -> int:
    from forecasting.domain.making import forecast_budgets

    forecast_budgets(*job)
    return getrusage(RUSAGE_SELF).ru_maxrss


def _fill(budgets: list[int], now: datetime) -> None:
    """Charges every budget some usage in HOURS of each day, with weekends and noise, as the ledger would have."""
    from budgets.models import BudgetHour, BudgetPeriod

    dice = random.Random(7)  # noqa: S311 - made-up usage
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(HISTORY_DAYS, 0, -1)]
    for pk in budgets:
        level = dice.uniform(1, 200)
        rows = []
        for day in days:
            level *= dice.uniform(0.97, 1.0303)
            share = 0.4 if day.weekday() >= 5 else 1.0
            rows += [
                BudgetHour(
                    budget_id=pk,
                    hour=day + timedelta(hours=hour),
                    cost=f"{level * share * dice.uniform(0.7, 1.3) / 4:.10f}",
                    requests=1,
                )
                for hour in HOURS
            ]
        BudgetHour.objects.bulk_create(rows, ignore_conflicts=True)
        # What was spent before is known by the periods; one stands for all of them.
        BudgetPeriod.objects.create(
            budget_id=pk,
            starts=days[0],
            ends=days[0] + timedelta(hours=1),
            amount=1,
            spent=sum(float(row.cost) for row in rows),
        )
