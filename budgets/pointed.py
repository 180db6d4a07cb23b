"""What a budget's charts say where one points at them: a step's name and the figures that the table has for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from budgets.axes import Place, names_of
from budgets.domain.course import Course, Step, Unit
from wire.templatetags.money import cents_in, in_words

DAY = "%{x|%a, %b %-d}"  # as plotly.js writes a place on an axis of dates


class Pointed(NamedTuple):
    """A place in the chart and the words for it."""

    place: Place
    height: Decimal
    words: str


def step_cents(course: Course) -> bool:
    """Whether what single steps cost is said with cents, in the table as in the chart."""
    return cents_in(amount for step in course.steps for amount in (step.spent, step.projected))


def sum_cents(course: Course) -> bool:
    """Whether what was spent up to a step is said with cents, in the table as in the chart."""
    return cents_in(step.heading for step in course.steps[-1:])


def spent_until(course: Course, places: Sequence[Place], *, running: bool) -> list[Pointed]:
    """What was spent by the end of each step that has begun; `places` are where these steps end, or now."""
    cents, names = sum_cents(course), _prefixes(course)
    return [
        Pointed(place, step.total, f"{name}{_spent(course, step, running)}: {in_words(step.total, cents)}")
        for place, step, name in zip(places, course.past, names, strict=False)
    ]


def heading_by(course: Course, ends: Sequence[Place]) -> list[Pointed]:
    """What will have been spent by the end of each step that is not over; `ends` are where all steps end."""
    cents = sum_cents(course)
    return [
        Pointed(place, step.heading, f"{name}Projected: {in_words(step.heading, cents)}")
        for place, step, name in zip(ends, course.steps, _prefixes(course), strict=True)
        if step.ends > course.at
    ]


def spent_in(course: Course, *, running: bool) -> list[str]:
    """What each step that has begun cost, in words."""
    cents = step_cents(course)
    return [f"{_spent(course, step, running)}: {in_words(step.spent, cents)}" for step in course.past]


def projected_in(course: Course, steps: Sequence[Step]) -> list[str]:
    """What is still to come in each of these steps, in words."""
    cents = step_cents(course)
    return [
        f"Projected{'' if step.starts > course.at else ' for the rest'}: {in_words(step.projected, cents)}"
        for step in steps
    ]


def _spent(course: Course, step: Step, running: bool) -> str:
    return "Spent so far" if running and step.ends > course.at else "Spent"


def _prefixes(course: Course) -> list[str]:
    """The step's name before its figure, where the axis itself does not say it."""
    return [""] * len(course.steps) if course.unit is Unit.DAY else [f"{name}<br>" for name in names_of(course)]
