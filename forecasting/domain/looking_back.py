"""What would have been said of periods that ended before the first run, so that there is a score at once.

Each such run knows the days before its first day and nothing after them. It is marked as what it is, counts for the
score alone, and is never read as if it had been said then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, Q

from budgets.domain.periods import Period, day_bounds
from budgets.models import Budget, BudgetPeriod
from forecasting.domain.history import History, histories_of
from forecasting.domain.making import keep
from forecasting.domain.outlook import spent_by_day
from forecasting.models import Forecast
from usage.domain.arrays import among
from wire.days import TICK, day_of

PERIODS = 2
LEADS = (14, 3)
LEAST_HISTORY = 35


def waiting(budgets: Collection[int]) -> list[int]:
    """Those of these budgets that were forecast for the first time just now, and not looked back at."""
    known = Forecast.objects.filter(budget__in=among(budgets)).order_by().values("budget_id")
    sums = known.annotate(
        said=Count("pk", filter=Q(backtested=False)),
        afterwards=Count("pk", filter=Q(backtested=True)),
        days=Max("history_days"),
    )
    first = sums.filter(said=1, afterwards=0, days__gte=LEAST_HISTORY)
    return sorted(first.values_list("budget_id", flat=True))


@transaction.atomic
def look_back(pk: int, now: datetime) -> int:
    """Makes the runs for the last PERIODS of a budget that ended, all or none; returns how many there were."""
    with connection.cursor() as cursor:  # whoever comes second waits here, and finds it done
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('forecasting.look_back'), %s)", [pk])
    if not Budget.objects.live().filter(pk=pk).exists():
        return 0
    known = Forecast.objects.filter(budget=pk)
    if known.filter(backtested=True).exists() or not known.exists():
        return 0
    ended = BudgetPeriod.objects.filter(budget=pk, ends__lte=now).order_by("-starts")[:PERIODS]
    first, made = known.earliest("made_at").made_at, 0
    for row in ended:
        period = Period(row.starts, row.ends)
        for lead in LEADS:
            day = day_of(period.ends - TICK, settings.COSTOPS_ZONE) - timedelta(days=lead - 1)
            begins = day_bounds(day, settings.COSTOPS_ZONE).starts
            if begins <= period.starts or begins >= first:
                continue
            made += _run(pk, day, begins, period)
    return made


def _run(pk: int, day: date, begins: datetime, period: Period) -> int:
    history: History = histories_of([pk], day)[pk]
    if len(history.costs) < LEAST_HISTORY:
        return 0
    horizon = (day_of(period.ends - TICK, settings.COSTOPS_ZONE) - day).days + 1
    spent = sum(spent_by_day(pk, Period(period.starts, begins)).values())
    keep(
        history,
        horizon,
        begins,
        budget_id=pk,
        period_starts=period.starts,
        period_ends=period.ends,
        period_spent=spent,
        backtested=True,
    )
    return 1
