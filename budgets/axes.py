"""The axes of a budget's charts: where each step of a period lies, which of them are named, and what the sums read.

Days lie on an axis of dates. Shorter and longer steps lie side by side, each one wide: an axis of dates would draw the
hour that comes twice on an autumn Sunday over itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.dateformat import format as written

from budgets.domain.course import Course, Unit
from wire.money import SYMBOLS
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

MINUTE = timedelta(minutes=1)
MONTHLY = 140  # days from which on the axis names months
MOST_NAMES = (11, 8, 6, 4, 3, 2)
CENT = Decimal("0.01")
THOUSAND, MILLION, BILLION = Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9
SIZES = ((BILLION, "B"), (MILLION, "M"), (THOUSAND, "K"))
NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
LETTER, BETWEEN = 7, 8  # pixels: of the widest digit at 12 px, and between two names

Place = str | float


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
    """Which steps the horizontal axis may name, from many to few; the browser takes the most that have room.

    `apart` is how far the nearest two of them lie from one another, as a share of the axis, and `pixels` what the
    longest needs.
    """
    places: Sequence[Place] = bars_of(course)
    if not bars and course.unit is not Unit.DAY:
        places = [float(number) for number, _ in enumerate(course.steps)]
    names = _short_names(course)
    choices = []
    for most in MOST_NAMES:
        chosen = _named(course, most)
        nearest = min((after - before for before, after in pairwise(chosen)), default=len(names))
        texts = [names[n] for n in chosen]
        choices.append(
            {
                "tickvals": [places[n] for n in chosen],
                "ticktext": texts,
                "apart": nearest / max(1, len(names)),
                "pixels": LETTER * max(map(len, texts), default=0) + BETWEEN,
            }
        )
    return {"names": choices}


def _short_names(course: Course) -> list[str]:
    if course.unit is not Unit.DAY:
        return names_of(course)
    if len(course.steps) <= MONTHLY:
        return [written(step.day, "M j") for step in course.steps]
    first = course.steps[0].day
    return [written(s.day, "M Y" if s.day.month == 1 or s.day == first else "M") for s in course.steps]


def _named(course: Course, most: int) -> list[int]:
    """The numbers of the steps that are named, at most about so many, evenly apart."""
    last = len(course.steps) - 1
    if course.unit is Unit.DAY and last >= MONTHLY:
        firsts = [n for n, step in enumerate(course.steps) if step.day.day == 1]
        return firsts[:: -(-len(firsts) // most)]
    apart = -(-(last + 1) // most)
    chosen = list(range(0, last + 1, apart))
    if course.unit is Unit.DAY and chosen[-1] != last:
        if 2 * (last - chosen[-1]) <= apart and len(chosen) > 1:
            chosen.pop()
        chosen.append(last)
    return chosen


def upwards(top: Decimal) -> dict[str, Any]:
    """The sums that the vertical axis names, from 0 up to `top`, in short words: "$12,000", "$200K", "$2.5M"."""
    least = top / 6
    ten = Decimal(10) ** least.adjusted()
    step = next(nice * ten for nice in NICE if nice * ten >= least)
    sums = [step * n for n in range(int(top / step) + 1)]
    texts = [_short(amount, step, top) for amount in sums]
    return {"tickvals": [as_sum(amount) for amount in sums], "ticktext": texts}


def room_for(texts: Sequence[str], least: int = 0) -> int:
    """How many pixels these words need at the side of a chart."""
    return max(least, LETTER * max((len(text) for text in texts), default=0) + 16)


def _short(amount: Decimal, step: Decimal, top: Decimal) -> str:
    symbol = SYMBOLS.get(settings.COSTOPS_CURRENCY, f"{settings.COSTOPS_CURRENCY} ")
    if top >= MILLION and amount >= THOUSAND:
        size, letter = next(found for found in SIZES if amount >= found[0])
        return f"{symbol}{_plain(amount / size)}{letter}"
    if step < CENT and amount:
        return f"{symbol}{_plain(amount)}"
    return in_words(amount, cents=step != step.to_integral_value())


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def as_sum(amount: Decimal) -> str:
    """A sum as the axis takes it: to the cent, or as small as it is."""
    amount = Decimal(amount)
    return f"{amount.quantize(CENT) if abs(amount) >= 1 else amount.normalize():f}"


def local(instant: datetime) -> str:
    """Plotly knows no zones: an instant as the company's clock shows it."""
    return instant.astimezone(settings.COSTOPS_ZONE).replace(tzinfo=None).isoformat(timespec="minutes")
