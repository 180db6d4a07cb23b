"""Times at the doors: RFC 3339 in and out, bare dates as midnight in the company's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class TimeError(ValueError):
    """The text is neither an RFC 3339 instant nor a date."""


def instant(text: str, zone: ZoneInfo) -> datetime:
    """Reads an instant: RFC 3339 with its offset, or a bare date, which means midnight in `zone`. Returns UTC."""
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # beyond the years 1 to 9999 in UTC
        raise TimeError(f"{text!r} is not a time. Write 2025-03-01T09:30:00Z or 2025-03-01.") from None
    raise TimeError(f"{text!r} names no time zone. Write 2025-03-01T09:30:00Z, or a bare date.")


def rfc3339(moment: datetime) -> str:
    """The instant as UTC text: 2025-03-01T09:30:00Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
