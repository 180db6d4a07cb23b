"""Words that several doors of budgets use."""

from __future__ import annotations

from budgets.domain.periods import MONTHS

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
