"""What a budget's charts say where one points at them: a step's name and the figures that the table has for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.dateformat import format as written

from budgets.axes import names_of
from budgets.domain.course import Course, Step, Unit
from wire.charts import HoverText, Line, Place
from wire.templatetags.money import cents_in, in_words

# Their signs: of lines, and of what a bar still expects.
SPENT, PROJECTED, REST, LIMIT, BAND = "spent", "ahead", "rest", "limit", "band"


def step_cents(course: Course) -> bool:
    """Whether what single steps cost is said with cents, in the table as in the chart."""
    return cents_in(amount for step in course.steps for amount in (step.spent, step.projected))


def sum_cents(course: Course) -> bool:
    """Whether what was spent up to a step is said with cents, in the table as in the chart."""
    return cents_in(step.heading for step in course.steps[-1:])


def spent_until(course: Course, places: Sequence[Place], *, running: bool) -> list[HoverText]:
    """What was spent by the end of each step that has begun; `places` are where these steps end, or now."""
    cents, names = sum_cents(course), _headings(course)
    return [
        HoverText(place, step.total, name, [Line(_spent(course, step, running), in_words(step.total, cents), SPENT)])
        for place, step, name in zip(places, course.past, names, strict=False)
    ]


def heading_by(course: Course, ends: Sequence[Place]) -> list[HoverText]:
    """What will have been spent by the end of each step that is not over; `ends` are where all steps end."""
    cents = sum_cents(course)
    return [
        HoverText(place, step.heading, name, _heading(step, cents))
        for place, step, name in zip(ends, course.steps, _headings(course), strict=True)
        if step.ends > course.at
    ]


def _heading(step: Step, cents: bool) -> list[Line]:
    lines = [Line("Projected", in_words(step.heading, cents), PROJECTED)]
    if step.low is not None and step.high is not None:
        lines.append(Line("95% band", f"{in_words(step.low, cents)} to {in_words(step.high, cents)}", BAND))
    return lines


def each_step(course: Course, places: Sequence[Place], pace: Sequence[Decimal], *, heading: bool) -> list[HoverText]:
    """What each step cost, where it is `heading` somewhere what is still to come in it, and its part of the limit.

    `pace` are these parts; nothing where no limit was agreed.
    """
    cents, found = step_cents(course), []
    parts: Sequence[Decimal | None] = pace or [None] * len(course.steps)
    for place, step, limit, name in zip(places, course.steps, parts, _headings(course), strict=True):
        lines = []
        if step.starts <= course.at:
            lines.append(Line(_spent(course, step, heading), in_words(step.spent, cents), SPENT))
        if heading and step.projected:
            rest = " for the rest" if step.starts <= course.at else ""
            lines.append(Line(f"Projected{rest}", in_words(step.projected, cents), REST))
        if limit is not None:
            lines.append(Line("Limit, spread evenly", in_words(limit), LIMIT))
        height = step.spent + step.projected if limit is None else limit
        found.append(HoverText(place, height, name, lines))
    return found


def _spent(course: Course, step: Step, running: bool) -> str:
    return "Spent so far" if running and step.ends > course.at else "Spent"


def _headings(course: Course) -> list[str]:
    """What each step is called: "Fri, Nov 27", "14:00", "November 2026"."""
    return [written(step.day, "D, M j") for step in course.steps] if course.unit is Unit.DAY else names_of(course)
