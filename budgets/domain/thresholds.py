"""Thresholds of a budget: set as a whole, read as the API writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.backends.utils import CursorWrapper

from budgets.domain.errors import BudgetError
from budgets.models import Budget, BudgetThreshold

KINDS = ("email", "slack", "pagerduty", "sms", "phone", "webhook", "teams", "apprise")

NOTE_CROSSINGS = """
INSERT INTO budgets_thresholdcrossing (period_id, threshold, crossed_at, spent, "limit")
SELECT p.id, t.threshold, %(now)s, p.spent, p.amount + p.carried
FROM budgets_budgetperiod p JOIN budgets_budgetthreshold t USING (budget_id)
WHERE p.budget_id = ANY(%(budgets)s) AND p.ends > %(now)s AND p.amount + p.carried > 0
    AND p.spent >= t.threshold * (p.amount + p.carried)
ORDER BY p.id, t.threshold ON CONFLICT DO NOTHING
"""


def sound_thresholds(wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Thresholds in their one spelling, as `thresholds_of` gives those that are stored.

    Raises BudgetError for a share out of (0, 10], one twice, or no channel.
    """
    rows: dict[Decimal, list[str]] = {}
    for index, item in enumerate(wanted):
        try:
            share = Decimal(str(item.get("threshold"))).quantize(Decimal("0.0001"))
        except InvalidOperation:
            raise BudgetError(f"alerts.{index}.threshold", "A threshold is a share of the limit: 0.8 is 80%.") from None
        if not share.is_finite() or not 0 < share <= 10:
            raise BudgetError(f"alerts.{index}.threshold", "A threshold lies above 0 and up to 10: 0.8 is 80%.")
        if share in rows:
            raise BudgetError(f"alerts.{index}.threshold", f"{share:%} is there twice. Name each threshold once.")
        channels = list(item.get("channels") or [])
        unknown = [name for name in channels if name not in KINDS]
        if not channels or unknown:
            raise BudgetError(f"alerts.{index}.channels", f"Name at least one channel: {', '.join(KINDS)}.")
        rows[share] = channels
    return [{"threshold": _plain(share), "channels": channels} for share, channels in sorted(rows.items())]


def set_thresholds(wanted: Mapping[Budget, Sequence[Mapping[str, Any]]]) -> None:
    """Makes these, which are sound, the thresholds of stored budgets."""
    if wanted:
        BudgetThreshold.objects.filter(budget__in=wanted).delete()
        BudgetThreshold.objects.bulk_create(
            BudgetThreshold(budget=budget, threshold=Decimal(item["threshold"]), channels=item["channels"])
            for budget, items in wanted.items()
            for item in items
        )


def thresholds_of(budget: Budget) -> list[dict[str, Any]]:
    """The thresholds as the API writes them: shares as plain decimals."""
    return [{"threshold": _plain(row.threshold), "channels": row.channels} for row in budget.thresholds.all()]


def _plain(share: Decimal) -> str:
    return f"{share.normalize():f}"


def note_crossings(cursor: CursorWrapper, budgets: Collection[int], now: datetime) -> None:
    """Keeps what the open periods of these budgets have crossed; what was kept before stays as it was."""
    cursor.execute(NOTE_CROSSINGS, {"budgets": sorted(budgets), "now": now})
