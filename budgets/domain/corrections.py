"""Corrections: what repricings changed in the periods of a budget, marked where it is shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from budgets.domain.periods import Period
from budgets.models import Budget, BudgetCorrection
from usage.domain import arrays

NOTE = """
INSERT INTO budgets_budgetcorrection AS c (budget_id, starts, repricing_id, cost_change, corrected_at)
SELECT p.budget_id, p.starts, %s, change.cost, %s
FROM unnest(%s::bigint[], %s::numeric[]) AS change(id, cost) JOIN budgets_budgetperiod p ON p.id = change.id
ORDER BY p.budget_id, p.starts
ON CONFLICT (budget_id, starts, repricing_id) DO UPDATE
    SET cost_change = c.cost_change + excluded.cost_change, corrected_at = excluded.corrected_at
"""


class Correction(NamedTuple):
    """What one repricing changed in a period, in the company's currency; `after_end` when the period was over."""

    at: datetime
    cost_change: Decimal
    reason: str
    after_end: bool


def note_corrections(cursor: CursorWrapper, repricing: int, changes: Mapping[int, Decimal], now: datetime) -> None:
    """Adds to what a repricing changed in periods, by their id, in the transaction that changed it."""
    changed = sorted((pk, cost) for pk, cost in changes.items() if cost)
    if changed:
        ids, costs = zip(*changed, strict=True)
        cursor.execute(NOTE, [repricing, now, arrays.plain(ids), arrays.plain(costs)])


def corrections_of(budget: Budget, periods: Sequence[Period]) -> dict[Period, list[Correction]]:
    """For each of these periods what repricings changed in it, the latest first; periods without any are left out."""
    if not periods:
        return {}
    ordered = sorted(set(periods))
    rows = BudgetCorrection.objects.filter(
        budget=budget, starts__gte=ordered[0].starts, starts__lt=ordered[-1].ends
    ).exclude(cost_change=0)
    found: dict[Period, list[Correction]] = {}
    for row in rows.select_related("repricing"):
        period = ordered[bisect_right(ordered, row.starts, key=lambda period: period.starts) - 1]
        if row.starts < period.ends:
            mark = Correction(row.corrected_at, row.cost_change, row.repricing.reason, row.corrected_at >= period.ends)
            found.setdefault(period, []).append(mark)
    return found
