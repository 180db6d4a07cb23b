"""Words that several doors of budgets use."""

from __future__ import annotations

from django.conf import settings

from budgets.domain.periods import MONTHS, Period
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from wire.days import TICK, day_of
from wire.templatetags.moments import short_day

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def anchor_words(value: int | None, period: str) -> str:
    """Where periods begin, in words; empty when it was left to the calendar."""
    if value is None:
        return ""
    if period == "weekly":
        return f"on {WEEKDAYS[value - 1]}"
    if period in ("quarterly", "yearly"):
        return f"in {MONTHS[value - 1]}"
    return "on the last day of the month" if value == 31 else f"on day {value} of the month"


def period_words(budget: Budget, period: Period) -> str:
    """A period beside rows of another one: "Aug 17 – Dec 5", "daily, Nov 25", "quarterly, Q4 2026"."""
    first, last = (day_of(edge, settings.COSTOPS_ZONE) for edge in (period.starts, period.ends - TICK))
    if budget.period in (Budget.Kind.MONTHLY, Budget.Kind.QUARTERLY, Budget.Kind.YEARLY):
        dates = schedule_of(budget).label(period)
    else:
        dates = short_day(first) if first >= last else f"{short_day(first)} – {short_day(last)}"
    return dates if budget.period == Budget.Kind.CUSTOM else f"{budget.get_period_display()}, {dates}"
