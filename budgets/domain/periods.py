"""Periods: which stretch of time a budget's amount is for, cut in the company's time zone.

A day begins at the first instant whose local date has reached it. So it begins at 01:00 where the clock skips midnight,
at the first of two midnights where it is turned back over one, and a date that a zone leaves out has no instant at all.
Everything else is built from such days, which is why every instant lies in exactly one period.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo

from wire.days import ONE_DAY, TICK, day_begins, day_of

PERIODS = ("daily", "weekly", "monthly", "quarterly", "yearly", "custom")
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2999, 12, 31)

# Written out, because strftime and the calendar module follow the locale of the process.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ANCHORS = {
    "weekly": (7, "a weekday from 1 (Monday) to 7 (Sunday)"),
    "monthly": (31, "a day of the month from 1 to 31, where 31 is the last day"),
    "quarterly": (12, "a month from 1 (January) to 12 (December)"),
    "yearly": (12, "a month from 1 (January) to 12 (December)"),
}


class PeriodError(ValueError):
    """The dates of a budget make no sense. `field` names what to change, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Period(NamedTuple):
    """A stretch of time, `starts` in it and `ends` not; both aware, in UTC."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the company counts time: its zone, and the month (1 to 12) that its fiscal year starts with."""

    zone: ZoneInfo
    fiscal_year_start: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.fiscal_year_start <= 12:
            raise ValueError(f"A fiscal year starts in a month from 1 to 12, not {self.fiscal_year_start}.")


def validate(kind: str, anchor: int | None, starts_on: date | None, ends_on: date | None) -> None:
    """Raises PeriodError, whose `field` is period, anchor, starts_on or ends_on, where these make no period."""
    if kind not in PERIODS:
        near = get_close_matches(str(kind), PERIODS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise PeriodError("period", f"{kind!r} is no period. Choose one of {', '.join(PERIODS)}.{hint}")
    _validate_anchor(kind, anchor)
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is None and kind == "custom":
            raise PeriodError(field, "A custom period needs both starts_on and ends_on.")
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise PeriodError(field, f"Choose a day from {FIRST_DAY} to {LAST_DAY}, not {day}.")
    if starts_on and ends_on and ends_on < starts_on:
        raise PeriodError(
            "ends_on", f"The last day ({ends_on}) is before the first ({starts_on}). Choose {starts_on} or later."
        )


def _validate_anchor(kind: str, anchor: int | None) -> None:
    if anchor is None:
        return
    if kind not in ANCHORS:
        raise PeriodError("anchor", f"A {kind} budget has no anchor. Leave it out.")
    highest, meaning = ANCHORS[kind]
    if isinstance(anchor, bool) or not 1 <= anchor <= highest:
        raise PeriodError("anchor", f"The anchor of a {kind} budget is {meaning}, not {anchor}.")


def day_bounds(day: date, zone: ZoneInfo) -> Period:
    """The local day: 23, 24 or 25 hours as a rule. Empty (`starts == ends`) where the zone leaves that date out."""
    return Period(day_begins(day, zone), day_begins(day + ONE_DAY, zone))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a budget's periods begin and end.

    `period` is one of PERIODS. `anchor` says where they begin: weekday (1 to 7) of weekly, day (31 = last) of monthly,
    month of quarterly and yearly; without it Monday, the 1st, the fiscal year's month. `starts_on` and `ends_on`, both
    inclusive, cut the first and the last period short. Raises PeriodError.
    """

    period: str
    anchor: int | None
    starts_on: date | None
    ends_on: date | None
    calendar: Calendar

    def __post_init__(self) -> None:
        validate(self.period, self.anchor, self.starts_on, self.ends_on)

    def applies(self) -> tuple[datetime | None, datetime | None]:
        """The instants (UTC) from which and until which the budget applies; None is open."""
        zone = self.calendar.zone
        starts = None if self.starts_on is None else day_begins(self.starts_on, zone)
        ends = None if self.ends_on is None else day_begins(self.ends_on + ONE_DAY, zone)
        return starts, ends

    def period_at(self, instant: datetime) -> Period | None:
        """The one period that holds the instant, None outside starts_on..ends_on.

        Raises PeriodError (field `instant`) outside the years that are kept, FIRST_DAY to LAST_DAY.
        """
        if not _kept(instant, self.calendar.zone):
            raise PeriodError("instant", f"Choose a time from {FIRST_DAY} to {LAST_DAY}, not {instant}.")
        return self._at(day_of(instant, self.calendar.zone))

    def period_on(self, day: date) -> Period | None:
        """The one period that holds the local day, None outside starts_on..ends_on and FIRST_DAY..LAST_DAY."""
        return self._at(day) if FIRST_DAY <= day <= LAST_DAY else None

    def period_beginning(self, day: date) -> Period | None:
        """The period that begins on the local day, None where none does."""
        period = self.period_on(day)
        return period if period is not None and day_of(period.starts, self.calendar.zone) == day else None

    def periods_between(self, start: datetime, end: datetime) -> Iterator[Period]:
        """Every period that shares an instant with [start, end), in order, whole (not cut at `start` and `end`)."""
        first, _ = self.applies()
        zone = self.calendar.zone
        period = self._from(max(start, first or start, day_begins(FIRST_DAY, zone)))
        while period is not None and period.starts < end and start < end:
            yield period
            period = self.next(period)

    def next(self, period: Period) -> Period | None:
        """The period that begins where this one ends, None after the last."""
        return self._from(period.ends)

    def previous(self, period: Period) -> Period | None:
        """The period that ends where this one begins, None before the first."""
        return self._from(period.starts - TICK)

    def days(self, period: Period) -> list[date]:
        """The local days that the period touches, in order, without dates that the zone leaves out."""
        zone = self.calendar.zone
        day, found = day_of(period.starts, zone), []
        while day_begins(day, zone) < period.ends:
            if day_begins(day, zone) < day_begins(day + ONE_DAY, zone):
                found.append(day)
            day += ONE_DAY
        return found

    def label(self, period: Period) -> str:
        """The period's name: "March 2025", "Q1 2025", "FY 2025" or its days, as in "Mar 3–9, 2025".

        A period that is cut short or does not follow the calendar is named by its days. A fiscal year is named after
        the year in which it ends; its quarters say so ("Q1 FY 2026") unless it is the calendar year.
        """
        zone = self.calendar.zone
        first, last = day_of(period.starts, zone), day_of(period.ends - TICK, zone)
        whole = self._bounds(*self._days_around(first)) == period
        begins = self._begins()
        fiscal = self.calendar.fiscal_year_start
        months_in = (first.month - fiscal) % 12
        year = first.year if fiscal == 1 or first.month < fiscal else first.year + 1
        if whole and self.period == "monthly" and begins == 1:
            return f"{MONTHS[first.month - 1]} {first.year}"
        if whole and self.period == "quarterly" and months_in % 3 == 0:
            return f"Q{months_in // 3 + 1} {'' if fiscal == 1 else 'FY '}{year}"
        if whole and self.period == "yearly" and begins == fiscal:
            return f"FY {year}"
        return _range_label(first, last)

    def _begins(self) -> int:
        if self.anchor is not None:
            return self.anchor
        return self.calendar.fiscal_year_start if self.period in ("quarterly", "yearly") else 1

    def _days_around(self, day: date) -> tuple[date, date]:
        """First day of the period around `day`, and of the one after it, as if the budget applied for ever."""
        begins = self._begins()
        if self.period == "daily":
            return day, day + ONE_DAY
        if self.period == "weekly":
            first = day - timedelta(days=(day.isoweekday() - begins) % 7)
            return first, first + timedelta(days=7)
        if self.period == "monthly":
            first = _in_month(day.year, day.month, begins)
            if day < first:
                return _in_month(day.year, day.month - 1, begins), first
            return first, _in_month(day.year, day.month + 1, begins)
        if self.period == "custom":
            assert self.starts_on is not None
            assert self.ends_on is not None
            return self.starts_on, self.ends_on + ONE_DAY
        length = 3 if self.period == "quarterly" else 12
        month = day.month - (day.month - begins) % length
        return _in_month(day.year, month, 1), _in_month(day.year, month + length, 1)

    def _at(self, day: date) -> Period | None:
        if (self.starts_on and day < self.starts_on) or (self.ends_on and day > self.ends_on):
            return None
        first, after = self._days_around(day)
        if self.starts_on:
            first = max(first, self.starts_on)
        if self.ends_on:
            after = min(after, self.ends_on + ONE_DAY)
        return self._bounds(first, after)

    def _from(self, instant: datetime) -> Period | None:
        zone = self.calendar.zone
        return self._at(day_of(instant, zone)) if _kept(instant, zone) else None

    def _bounds(self, first: date, after: date) -> Period:
        return Period(day_begins(first, self.calendar.zone), day_begins(after, self.calendar.zone))


def _kept(instant: datetime, zone: ZoneInfo) -> bool:
    return day_begins(FIRST_DAY, zone) <= instant < day_begins(LAST_DAY + ONE_DAY, zone)


def _in_month(year: int, month: int, day: int) -> date:
    """The day of that month, or its last; months below 1 and above 12 are in the years beside."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def _range_label(first: date, last: date) -> str:
    start, end = f"{MONTHS[first.month - 1][:3]} {first.day}", f"{MONTHS[last.month - 1][:3]} {last.day}"
    if first == last:
        return f"{start}, {first.year}"
    if first.year != last.year:
        return f"{start}, {first.year} – {end}, {last.year}"
    if first.month != last.month:
        return f"{start} – {end}, {first.year}"
    return f"{start}–{last.day}, {first.year}"
