"""What a budget's charts say where one points at them: a step's name and the figures that the table has for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from budgets.axes import names_of
from budgets.domain.course import Course, Step, Unit
from wire.charts import HoverText, Place
from wire.templatetags.money import cents_in, in_words

DAY = "%{x|%a, %b %-d}"  # as plotly.js writes a place on an axis of dates
SPENT, PROJECTED = "var(--actual)", "var(--projected)"


def step_cents(course: Course) -> bool:
    """Whether what single steps cost is said with cents, in the table as in the chart."""
    return cents_in(amount for step in course.steps for amount in (step.spent, step.projected))


def sum_cents(course: Course) -> bool:
    """Whether what was spent up to a step is said with cents, in the table as in the chart."""
    return cents_in(step.heading for step in course.steps[-1:])


def spent_until(course: Course, places: Sequence[Place], *, running: bool) -> list[HoverText]:
    """What was spent by the end of each step that has begun; `places` are where these steps end, or now."""
    cents, names = sum_cents(course), _prefixes(course)
    return [
        HoverText(place, step.total, f"{name}{_spent(course, step, running)}: {in_words(step.total, cents)}", SPENT)
        for place, step, name in zip(places, course.past, names, strict=False)
    ]


def heading_by(course: Course, ends: Sequence[Place]) -> list[HoverText]:
    """What will have been spent by the end of each step that is not over; `ends` are where all steps end."""
    cents = sum_cents(course)
    return [
        HoverText(place, step.heading, f"{name}Projected: {in_words(step.heading, cents)}", PROJECTED)
        for place, step, name in zip(ends, course.steps, _prefixes(course), strict=True)
        if step.ends > course.at
    ]


def each_step(course: Course, places: Sequence[Place], pace: Sequence[Decimal], *, heading: bool) -> list[HoverText]:
    """What each step cost, where it is `heading` somewhere what is still to come in it, and its part of the limit.

    `pace` are these parts; nothing where no limit was agreed.
    """
    cents, found = step_cents(course), []
    parts: Sequence[Decimal | None] = pace or [None] * len(course.steps)
    for place, step, limit in zip(places, course.steps, parts, strict=True):
        words = []
        if step.starts <= course.at:
            words.append(f"{_spent(course, step, heading)}: {in_words(step.spent, cents)}")
        if heading and step.projected:
            rest = " for the rest" if step.starts <= course.at else ""
            words.append(f"Projected{rest}: {in_words(step.projected, cents)}")
        if limit is not None:
            words.append(f"Limit, spread evenly: {in_words(limit)}")
        height = step.spent + step.projected if limit is None else limit
        found.append(HoverText(place, height, "<br>".join(words), SPENT if step.starts <= course.at else PROJECTED))
    return found


def _spent(course: Course, step: Step, running: bool) -> str:
    return "Spent so far" if running and step.ends > course.at else "Spent"


def _prefixes(course: Course) -> list[str]:
    """The step's name before its figure, where the axis itself does not say it."""
    return [""] * len(course.steps) if course.unit is Unit.DAY else [f"{name}<br>" for name in names_of(course)]
