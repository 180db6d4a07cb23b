"""Days and hours of a time zone as instants: when a local day begins, which day and which hour an instant lies in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)  # the smallest step of time that is kept: what ends at an instant, ends a tick before


@lru_cache(maxsize=16384)
def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC; of a date that the zone leaves out, that of the next."""
    midnight = datetime.combine(day, time(), zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).date() == day and start.astimezone(zone).time() == time():
        return start
    # The clock skips this midnight. PEP 495: the two folds give instants on either side of the change.
    before = midnight.replace(fold=1).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while start - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(start - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            start = middle
    return start


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day whose bounds hold the instant. Differs from the clock's date only where midnight comes twice."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no time zone.")
    day = instant.astimezone(zone).date()
    while instant >= day_begins(day + ONE_DAY, zone):
        day += ONE_DAY
    return day


@lru_cache(maxsize=1024)
def days_in(span: timedelta) -> Decimal:
    """A span in days, exact to the microsecond."""
    return Decimal(span // TICK) / Decimal(ONE_DAY // TICK)


def hour_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the local hour of `instant` begins.

    The same as PostgreSQL's date_trunc('hour', instant, zone): minutes and below are taken off the local time and the
    offset stays. In every zone and from 1999 on, all day bounds are hours too, so a period is a whole number of hours.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no time zone.")
    local = instant.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return instant.astimezone(UTC) - into
