"""Thresholds of a budget: set as a whole, read as the API writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from budgets.domain.errors import BudgetError
from budgets.models import Budget, BudgetThreshold

KINDS = ("email", "slack", "pagerduty", "sms", "phone", "webhook", "teams", "apprise")


def set_thresholds(budget: Budget, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Makes these the budget's thresholds. Raises BudgetError for a share out of (0, 10], one twice, or no channel."""
    rows: dict[Decimal, list[str]] = {}
    for index, item in enumerate(wanted):
        try:
            share = Decimal(str(item.get("threshold"))).quantize(Decimal("0.0001"))
        except InvalidOperation:
            raise BudgetError(
                f"alerts.{index}.threshold", "A threshold is a share of the limit: 0.8 is 80 %."
            ) from None
        if not share.is_finite() or not 0 < share <= 10:
            raise BudgetError(f"alerts.{index}.threshold", "A threshold lies above 0 and up to 10: 0.8 is 80 %.")
        if share in rows:
            raise BudgetError(f"alerts.{index}.threshold", f"{share:%} is there twice. Name each threshold once.")
        channels = list(item.get("channels") or [])
        unknown = [name for name in channels if name not in KINDS]
        if not channels or unknown:
            raise BudgetError(f"alerts.{index}.channels", f"Name at least one channel: {', '.join(KINDS)}.")
        rows[share] = channels
    budget.thresholds.all().delete()
    BudgetThreshold.objects.bulk_create(
        BudgetThreshold(budget=budget, threshold=share, channels=channels) for share, channels in sorted(rows.items())
    )


def thresholds_of(budget: Budget) -> list[dict[str, Any]]:
    """The thresholds as the API writes them: shares as plain decimals."""
    return [
        {"threshold": f"{row.threshold.normalize():f}", "channels": row.channels} for row in budget.thresholds.all()
    ]
