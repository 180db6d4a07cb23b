"""Usage of many days, as the ledger records it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tests.factories import call
from usage.domain.ingest import Post, ingest


def spend_daily(costs: Sequence[float], until: datetime, hours: Sequence[int] = (9, 15), **labels: object) -> None:
    """Spends each of `costs` on a day, the last one on the day before `until`, in equal parts at these hours."""
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    calls = [
        call(Decimal(str(cost)) / len(hours), midnight - timedelta(days=back, hours=-hour), **labels)
        for back, cost in zip(range(len(costs), 0, -1), costs, strict=True)
        for hour in hours
    ]
    for start in range(0, len(calls), 4000):
        ingest([Post(calls[start : start + 4000])], until)


def spend_today(cost: float, at: datetime, **labels: object) -> None:
    """Spends at an instant."""
    ingest([Post([call(Decimal(str(cost)), at, **labels)])], at)
