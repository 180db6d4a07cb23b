"""Whether a label set has any usage within some time: asked of days, which are few, and at the edges of hours."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, DateField, DateTimeField, Func, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import GreaterThan

from usage.models import DailyUsage, HourlyUsage


def has_usage(attribution: Any, start: Any = None, end: Any = None) -> GreaterThan:
    """What holds where the label set of this id has usage from `start` on and before `end`, both expressions or None.

    Where one of them is NULL, or not given, time is open. A value to compare rather than an EXISTS, which the planner
    would turn into a join with every hour there is.
    """
    days = DailyUsage.objects.order_by().filter(attribution_id=attribution)
    hours = HourlyUsage.objects.order_by().filter(attribution_id=attribution)
    if start is not None:
        days = days.filter(day__gt=Coalesce(_day(start), _never("-infinity", DateField())))
        hours = hours.filter(hour__gte=Coalesce(start, _never("-infinity", DateTimeField())))
    if end is not None:
        days = days.filter(day__lt=Coalesce(_day(end), _never("infinity", DateField())))
        hours = hours.filter(hour__lt=Coalesce(end, _never("infinity", DateTimeField())))
    found = [Subquery(rows.values("pk")[:1], output_field=BigIntegerField()) for rows in (days, hours)]
    return GreaterThan(Coalesce(*found), Value(0))


def _day(instant: Any) -> Cast:
    """The day of the company's calendar."""
    local = Func(Value(settings.COSTOPS_ZONE.key), instant, function="timezone", output_field=DateTimeField())
    return Cast(local, DateField())


def _never(when: str, kind: DateField | DateTimeField) -> Func:
    name = "date" if type(kind) is DateField else "timestamptz"
    return Func(template=f"'{when}'::{name}", output_field=kind)
