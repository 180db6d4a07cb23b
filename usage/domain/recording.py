"""Since when the installation records: what was spent before is not nothing, but unknown."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from usage.models import HourlyUsage


def recorded_since() -> datetime | None:
    """The hour of the first call that there is, sent or imported, whoever may see it; None before it."""
    first: datetime | None = HourlyUsage.objects.order_by().aggregate(first=Min("hour"))["first"]
    return first
