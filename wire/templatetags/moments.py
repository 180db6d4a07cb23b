"""Times on pages: short, in the company's time zone, with the exact time on hover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wire.days import TICK

register = template.Library()
HOUR = timedelta(hours=1)
TIME = '<time datetime="{}" title="{}">{}</time>'


def short_day(day: date, today: date | None = None) -> str:
    """ "Mar 18", with the year where it is another one than today's."""
    today = today or timezone.localdate()
    return written(day, "M j") if day.year == today.year else written(day, "M j, Y")


def days_and_hour(starts: datetime, ends: datetime) -> str:
    """The days of a stretch of time: "Oct 1 – 26"; with the hour at which it ends inside a day: "Oct 1 – 27, 01:00"."""
    until = timezone.localtime(ends)
    first = timezone.localtime(starts).date()
    last = max(first, timezone.localtime(ends - TICK).date())
    hour = f", {written(until, 'H:i')}" if until.date() == last else ""
    if first == last:
        return f"{short_day(first)}{', until' if hour else ''}{hour.removeprefix(',')}"
    alike = (first.year, first.month) == (last.year, last.month) and "," not in short_day(first)
    return f"{short_day(first)} – {last.day if alike else short_day(last)}{hour}"


@register.filter
def moment(instant: datetime | None) -> str | SafeString:
    """A `<time>` such as "Mar 18, 16:02"."""
    if instant is None:
        return "—"
    local = timezone.localtime(instant)
    return _element(local, f"{short_day(local.date())}, {written(local, 'H:i')}")


@register.filter
def on_day(instant: datetime | date | None) -> str | SafeString:
    """A `<time>` such as "Mar 18"."""
    if instant is None:
        return "—"
    if not isinstance(instant, datetime):
        return format_html('<time datetime="{}">{}</time>', instant.isoformat(), short_day(instant))
    local = timezone.localtime(instant)
    return _element(local, short_day(local.date()))


@register.filter
def at_hour(instant: datetime) -> SafeString:
    """A `<time>` such as "16:02", for a day that is known."""
    local = timezone.localtime(instant)
    return _element(local, written(local, "H:i"))


@register.filter
def within_hour(hour: datetime | None) -> str | SafeString:
    """A `<time>` for what is known by its hour: "Mar 18, between 16:00 and 17:00", "Mar 18, after 16:00" until 17:00.

    Where both ends would read alike, on an autumn night, they are told apart by their zones.
    """
    if hour is None:
        return "—"
    begins, ends = timezone.localtime(hour), timezone.localtime(hour + HOUR)
    first, last = written(begins, "H:i"), written(ends, "H:i")
    if first == last:
        first, last = f"{first} {begins.tzname()}", f"{last} {ends.tzname()}"
    last = "midnight" if last == "00:00" else last
    words = f"after {first}" if ends > timezone.localtime() else f"between {first} and {last}"
    zone = "" if " " in last else f" {ends.tzname()}"
    exact = f"{written(begins, 'M j, Y')}, between {first} and {last}{zone}"
    return format_html(TIME, begins.isoformat(), exact, f"{short_day(begins.date())}, {words}")


def _element(local: datetime, text: str) -> SafeString:
    exact = written(local, "M j, Y, H:i:s T")
    return format_html(TIME, local.isoformat(), exact, text)
