"""The company's months, quarters and years, which pages look at: cut in its time zone, counted in its fiscal year.

Pure, but for the two settings that say what the company's calendar is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from wire.days import ONE_DAY, day_begins, day_of, hour_of

MONTH, QUARTER, YEAR = KINDS = ("month", "quarter", "year")
LENGTH = {MONTH: 1, QUARTER: 3, YEAR: 12}
#: Written out, because strftime follows the locale of the process.
NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FIRST_YEAR, LAST_YEAR = 2000, 2999
_WRITTEN = re.compile(r"(?P<year>\d{4})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?", re.ASCII)


@dataclass(frozen=True, order=True)
class Stretch:
    """A month, quarter or year of the company's calendar; `first` is its first day."""

    first: date
    kind: str

    @property
    def after(self) -> date:
        """The first day that is no longer in it."""
        return _months_on(self.first, LENGTH[self.kind])

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - ONE_DAY

    @property
    def starts(self) -> datetime:
        """Its first instant."""
        return day_begins(self.first, settings.COSTOPS_ZONE)

    @property
    def ends(self) -> datetime:
        """The first instant that is no longer in it."""
        return day_begins(self.after, settings.COSTOPS_ZONE)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.after - self.first).days

    @property
    def written(self) -> str:
        """How addresses name it: 2026-03, 2026-Q1 or 2026, the last two after the fiscal year."""
        if self.kind == MONTH:
            return f"{self.first.year}-{self.first.month:02d}"
        year = _fiscal_year(self.first)
        return f"{year}" if self.kind == YEAR else f"{year}-Q{_months_in(self.first) // 3 + 1}"

    @property
    def label(self) -> str:
        """How people name it: "March 2026", "Q1 2026", "FY 2026"; a fiscal year after the year in which it ends."""
        if self.kind == MONTH:
            return f"{NAMES[self.first.month - 1]} {self.first.year}"
        year = f"FY {_fiscal_year(self.first)}"
        if self.kind == YEAR:
            return year
        calendar_year = settings.COSTOPS_FISCAL_YEAR_START == 1
        return f"Q{_months_in(self.first) // 3 + 1} {self.first.year if calendar_year else year}"

    def moved(self, count: int) -> Stretch:
        """The one that many before (negative) or after it."""
        return Stretch(_months_on(self.first, LENGTH[self.kind] * count), self.kind)

    def day_number(self, at: datetime) -> int:
        """Which of its days an instant lies in, counted from 1 and kept within it."""
        return min(max((day_of(at, settings.COSTOPS_ZONE) - self.first).days + 1, 1), self.days)


def around(day: date, kind: str) -> Stretch:
    """The month, quarter or year that a day lies in."""
    if kind == MONTH:
        return Stretch(day.replace(day=1), kind)
    back = _months_in(day) % LENGTH[kind]
    return Stretch(_months_on(day.replace(day=1), -back), kind)


def present(kind: str, now: datetime) -> Stretch:
    """The one that an instant lies in."""
    return around(day_of(now, settings.COSTOPS_ZONE), kind)


def read(text: str) -> Stretch | None:
    """What an address names, None where it names none: 2026-03, 2026-Q1, 2026."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not FIRST_YEAR <= int(found["year"]) <= LAST_YEAR:
        return None
    year = int(found["year"])
    if found["month"]:
        return Stretch(date(year, int(found["month"]), 1), MONTH)
    begins = settings.COSTOPS_FISCAL_YEAR_START
    first = date(year if begins == 1 else year - 1, begins, 1)
    if found["quarter"]:
        return Stretch(_months_on(first, 3 * (int(found["quarter"]) - 1)), QUARTER)
    return Stretch(first, YEAR)


def same_day_before(stretch: Stretch, at: datetime) -> datetime:
    """How far the one before had come when it was as old as this is at an instant: no later than its end."""
    before = stretch.moved(-1)
    return before.ends if at >= stretch.ends else as_far(stretch.starts, before.starts, at, before.ends)


def as_far(begins: datetime, other: datetime, at: datetime, latest: datetime) -> datetime:
    """The instant at which what began at `other` was as old as what began at `begins` is at `at`: the one rule of all
    comparisons with a time before.

    The same time of the same day, counted from the first: the 19th at noon against the 19th at noon. It is a full hour,
    since sums are of full hours, and no later than `latest`.
    """
    zone = settings.COSTOPS_ZONE
    day = day_of(at, zone)
    days = day - day_of(begins, zone)
    into = at - max(day_begins(day, zone), begins)
    then = max(day_begins(day_of(other, zone) + days, zone), other) + min(into, timedelta(days=1))
    return min(hour_of(then, zone), latest)


def _months_in(day: date) -> int:
    """How many months of the fiscal year have passed before that of a day."""
    return (day.month - settings.COSTOPS_FISCAL_YEAR_START) % 12


def _fiscal_year(day: date) -> int:
    begins = settings.COSTOPS_FISCAL_YEAR_START
    return day.year if begins == 1 or day.month < begins else day.year + 1


def _months_on(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
