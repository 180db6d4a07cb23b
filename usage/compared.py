"""What usage is compared with: the time before, as far as it goes, and whether all of it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from usage.domain.recording import recorded_since
from wire.days import TICK, day_of
from wire.templatetags.moments import days_and_hour


@dataclass(frozen=True)
class Compared:
    """The time before, in words: "October 2026", "Oct 1 – 27, 01:00".

    `since` is the day on which recording began, where that was later than the time did. A change against such a time is
    a sum, but no growth: nobody knows what was spent before.
    """

    words: str
    since: date | None = None


def compared(starts: datetime, until: datetime, name: str = "") -> Compared:
    """The time from `starts` until `until`, by its name where it has one."""
    began = recorded_since()
    since = day_of(began, settings.COSTOPS_ZONE) if began is not None and starts < began else None
    first, last = (day_of(edge, settings.COSTOPS_ZONE) for edge in (starts, max(starts, until - TICK)))
    if since == first < last:
        since = None  # of many days the first one's first call comes when it comes
    return Compared(name or days_and_hour(starts, until), since)
