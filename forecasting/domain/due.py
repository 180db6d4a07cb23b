"""What waits to be forecast: budgets whose history, dates or scope changed since their latest run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from budgets.domain.periods import day_bounds
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from forecasting.domain.needed import needed_until
from usage.domain import arrays
from wire.days import day_of

STOPPED, FOR_GOOD = 35, 400
"""Days without spend after which another one changes nothing any more: once the run says that it stopped, or anyway."""
AT_MOST_EVERY = timedelta(hours=1)
MATERIAL = Decimal("0.02")
"""As a share of a usual day: what comes in late and is less waits for the next morning."""

#: Beside each live budget its latest run, and what is known to be spent before today.
LATEST = """
SELECT b.id, coalesce(s.spent, 0) - coalesce(t.spent, 0), coalesce(t.spent, 0), b.version, f.made_at, f.first_day,
    f.history_spent, f.history_days, f.budget_version, f.last_spend, f.first_day + array_length(f.totals, 1) - 1,
    f.method, b.starts_on
FROM budgets_budget b
LEFT JOIN LATERAL (SELECT sum(spent) AS spent FROM budgets_budgetperiod WHERE budget_id = b.id) s ON true
LEFT JOIN LATERAL (
    SELECT sum(cost) AS spent FROM budgets_budgethour WHERE budget_id = b.id AND hour >= %(today)s
) t ON true
LEFT JOIN LATERAL (
    SELECT * FROM forecasting_forecast WHERE budget_id = b.id AND NOT backtested ORDER BY made_at DESC LIMIT 1
) f ON true
WHERE b.archived_at IS NULL AND (%(budgets)s::bigint[] IS NULL OR b.id = ANY(%(budgets)s::bigint[]))
ORDER BY b.id
"""


class Latest(NamedTuple):
    """A budget, what it spent before today and today, and its latest run, whose fields are None where there is none."""

    budget: int
    spent: Decimal
    spent_today: Decimal
    version: int
    made_at: datetime | None
    first_day: date | None
    history_spent: Decimal | None
    history_days: int | None
    budget_version: int | None
    last_spend: date | None
    reaches: date | None
    method: str | None
    starts_on: date | None

    def is_waiting(self, today: date) -> bool:
        """Whether its time has not begun: what the same usage cost before tells of it."""
        return self.starts_on is not None and self.starts_on > today


def latest_runs(now: datetime, among: Collection[int] | None = None) -> list[Latest]:
    """The live budgets, or those among these, each with its latest run, in one query."""
    today = day_bounds(day_of(now, settings.COSTOPS_ZONE), settings.COSTOPS_ZONE).starts
    budgets = None if among is None else arrays.plain(among)
    with connection.cursor() as cursor:
        cursor.execute(LATEST, {"today": today, "budgets": budgets})
        return [Latest(*row) for row in cursor.fetchall()]


def due(now: datetime, among: Collection[int] | None = None) -> list[int]:
    """The ids of live budgets, or of those among these, whose latest run no longer speaks of what is known."""
    today = day_of(now, settings.COSTOPS_ZONE)
    rows = [row for row in latest_runs(now, among) if row.spent > 0 or row.is_waiting(today)]
    budgets = Budget.objects.in_bulk([row.budget for row in rows])
    return [row.budget for row in rows if row.budget in budgets and _is_due(row, budgets[row.budget], now, today)]


def _is_due(row: Latest, budget: Budget, now: datetime, today: date) -> bool:
    wanted = needed_until(schedule_of(budget), now, top=budget.parent_id is None, slack=0)
    if wanted is None:
        return False
    if _changed(row, now, today):
        return True
    return row.reaches is not None and row.first_day != today and row.reaches < wanted


def _changed(row: Latest, now: datetime, today: date) -> bool:
    if row.made_at is None or row.first_day is None or row.history_spent is None:
        return True
    if row.version != row.budget_version:
        return True
    late = abs(row.spent - row.history_spent)
    if row.first_day < today:
        quiet = (today - row.last_spend).days if row.last_spend is not None else FOR_GOOD
        return bool(late) or quiet <= STOPPED or (row.method != "stopped" and quiet < FOR_GOOD)
    usual = row.history_spent / max(row.history_days or 0, 1)
    return late > usual * MATERIAL and now - row.made_at >= AT_MOST_EVERY
