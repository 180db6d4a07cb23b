"""The axes of a budget's charts: where each step of a period lies, and which of them are named.

Days lie on an axis of dates. Shorter and longer steps lie side by side, each one wide: an axis of dates would draw the
hour that comes twice on an autumn Sunday over itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.dateformat import format as written

from budgets.domain.course import Course, Unit
from wire.charts import Place, evenly, name_choices
from wire.templatetags.moments import short_day

MINUTE = timedelta(minutes=1)
MONTHLY = 140  # days from which on the axis names months


def place_of(course: Course, instant: datetime) -> Place:
    """Where an instant of the period lies on the axis of the cumulative chart."""
    if course.unit is Unit.DAY:
        return local(instant)
    for number, step in enumerate(course.steps):
        if instant <= step.ends:
            return number + max(timedelta(0), instant - step.starts) / (step.ends - step.starts)
    return float(len(course.steps))


def ends_of(course: Course) -> list[Place]:
    """Where each step ends; a day still within itself, so that pointing there names that day."""
    if course.unit is Unit.DAY:
        return [local(step.ends - MINUTE) for step in course.steps]
    return [float(number + 1) for number, _ in enumerate(course.steps)]


def bars_of(course: Course) -> list[str]:
    """What each step is called on the axis of bars."""
    return [step.day.isoformat() for step in course.steps] if course.unit is Unit.DAY else names_of(course)


def names_of(course: Course) -> list[str]:
    """Each step by its name; the hour that comes twice on an autumn Sunday tells which it is."""
    zone = settings.COSTOPS_ZONE
    if course.unit is Unit.DAY:
        return [short_day(step.day) for step in course.steps]
    names: list[str] = []
    for step in course.steps:
        begins = step.starts.astimezone(zone)
        text = {
            Unit.HOUR: begins.strftime("%H:%M"),
            Unit.MONTH: f"{short_day(step.day).split()[0]} {step.day.year}",
        }.get(course.unit, str(step.day.year))
        if course.unit is Unit.HOUR and begins.date() != course.steps[0].starts.astimezone(zone).date():
            text = f"{short_day(begins.date())} {text}"
        names.append(f"{text} {begins.tzname()}" if text in names else text)
    return names


def across(course: Course, *, bars: bool = False) -> dict[str, Any]:
    """Which steps the horizontal axis may name, from many to few."""
    places: Sequence[Place] = bars_of(course)
    if not bars and course.unit is not Unit.DAY:
        places = [float(number) for number, _ in enumerate(course.steps)]
    return name_choices(places, _short_names(course), lambda most: _named(course, most))


def _short_names(course: Course) -> list[str]:
    if course.unit is not Unit.DAY:
        return names_of(course)
    if len(course.steps) <= MONTHLY:
        return [written(step.day, "M j") for step in course.steps]
    first = course.steps[0].day
    return [written(s.day, "M Y" if s.day.month == 1 or s.day == first else "M") for s in course.steps]


def _named(course: Course, most: int) -> list[int]:
    """The numbers of the steps that are named, at most about so many, evenly apart."""
    if course.unit is Unit.DAY and len(course.steps) > MONTHLY:
        firsts = [n for n, step in enumerate(course.steps) if step.day.day == 1]
        return firsts[:: -(-len(firsts) // most)]
    return evenly(len(course.steps), most, to_the_end=course.unit is Unit.DAY)


def local(instant: datetime) -> str:
    """Plotly knows no zones: an instant as the company's clock shows it."""
    return instant.astimezone(settings.COSTOPS_ZONE).replace(tzinfo=None).isoformat(timespec="minutes")
