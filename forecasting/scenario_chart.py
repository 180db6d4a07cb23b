"""The chart of scenarios: what was spent so far, and where each of them leads, against the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from budgets.axes import across, ends_of, names_of, place_of
from budgets.domain.course import Course, Step
from budgets.drawing import (
    ACTUAL,
    LIMIT,
    PROJECTED,
    Edge,
    draw_dots,
    draw_line,
    figure_for,
    mark_today,
    say_ends,
    say_limits,
)
from budgets.hover import spent_until
from budgets.templatetags.limits import to_cent
from forecasting.domain.scenarios import Outcome
from wire.charts import HoverText, Line, plain, words
from wire.templatetags.money import cents_in, in_words

# --c2 and --c3 are both teal, so that they do not follow one another; beyond five the dashes tell them apart.
COLOURS = ("var(--c1)", "var(--c4)", "var(--c2)", "var(--c5)", "var(--c3)")
DASHES = ("12px 3px", "9px 3px 2px 3px", "2px 3px", "7px 2px 2px 2px 2px 2px", "5px 2px")
DRAWN = 8


@dataclass(frozen=True)
class Drawn:
    """A scenario as the chart shows it: by a letter, a line of its own, and its totals at the ends of steps to come."""

    letter: str
    sign: str
    """The class of its line in the legend."""
    name: str
    outcome: Outcome
    totals: Sequence[Decimal]

    @property
    def line(self) -> dict[str, Any]:
        """How it is drawn."""
        if not self.letter:
            return PROJECTED
        place = ord(self.letter) - ord("A")
        dash = DASHES[(place + place // len(COLOURS)) % len(DASHES)]
        return {"color": COLOURS[place % len(COLOURS)], "width": 2, "dash": dash}


def ahead_in(course: Course) -> list[Step]:
    """The steps that are not over."""
    return [step for step in course.steps if step.ends > course.at]


def drawn(course: Course, outcomes: Sequence[Outcome]) -> list[Drawn]:
    """The scenarios with their lines; the first is the current rate, and has no letter."""
    ends = [step.ends for step in ahead_in(course)]
    found = []
    for place, outcome in enumerate(outcomes):
        known = {total.at: total.total for total in outcome.totals}
        letter = chr(ord("A") + place - 1) if place else ""
        sign = f"w{place}" if place else "line-projected"
        totals = [known.get(end, outcome.projected) for end in ends]
        found.append(Drawn(letter, sign, outcome.scenario.name, outcome, totals))
    return found


def compared(course: Course, scenarios: Sequence[Drawn], limit: Decimal, *, cents: bool) -> dict[str, Any]:
    """The figure. `limit` is the budget's own; another one that a scenario assumes has a line of its own."""
    steps, past, ends = course.steps, course.past, ends_of(course)
    start = place_of(course, course.period.starts)
    now = place_of(course, max(course.at, course.period.starts))
    so_far = [ends[n] if step.ends <= course.at else now for n, step in enumerate(past)]
    spent = past[-1].total if past else Decimal(0)
    places = [ends[n] for n, step in enumerate(steps) if step.ends > course.at]
    edges = [Edge(one.outcome.projected, _end(one, cents), *_tone(one)) for one in scenarios[: DRAWN + 1]]
    longest = max((edge.text for edge in edges), key=len, default="")
    limits = _limits(scenarios, limit)
    figure = figure_for(course, [*limits, spent, *(edge.amount for edge in edges)], beside=longest)
    figure.update_layout(meta=across(course))
    if course.unit != "day":
        figure.update_xaxes(type="linear", range=[0, len(steps)])
    for amount, text in limits.items():
        draw_line(figure, text, LIMIT, [start, ends[-1]], [amount] * 2)
    for one in reversed(scenarios[: DRAWN + 1]):
        draw_line(figure, one.name, one.line, [now, *places], [spent, *one.totals])
    draw_line(figure, "Spent", ACTUAL, [start, *so_far], [Decimal(0), *(step.total for step in past)])
    words(figure, [*spent_until(course, so_far, running=True), *_said(course, scenarios, cents)])
    if past:
        mark_today(figure, course, now)
        draw_dots(figure, [], (now, spent))
    say_limits(figure, [(start, amount, f"{text} {to_cent(amount)}") for amount, text in limits.items()])
    say_ends(figure, ends[-1], edges[0], edges[1:])
    return plain(figure)


def _limits(scenarios: Sequence[Drawn], own: Decimal) -> dict[Decimal, str]:
    """Each limit that is compared with, and whose it is: "Limit", "Limit of A, C"."""
    found: dict[Decimal, list[str]] = {own: []}
    for one in scenarios[: DRAWN + 1]:
        if one.outcome.limit is not None and one.outcome.limit != own:
            found.setdefault(one.outcome.limit, []).append(one.letter)
    return {amount: f"Limit of {', '.join(letters)}" if letters else "Limit" for amount, letters in found.items()}


def _end(one: Drawn, cents: bool) -> str:
    return f"{one.letter} {in_words(one.outcome.projected, cents)}".strip()


def _tone(one: Drawn) -> tuple[str, int]:
    return ("var(--ink)", 400) if one.letter else ("var(--projected-text)", 600)


def _said(course: Course, scenarios: Sequence[Drawn], cents: bool) -> list[HoverText]:
    names = dict(zip((step.starts for step in course.steps), names_of(course), strict=True))
    ends = dict(zip((step.starts for step in course.steps), ends_of(course), strict=True))
    found = []
    for number, step in enumerate(ahead_in(course)):
        lines = [
            Line(f"{one.letter} {one.name}".strip(), in_words(one.totals[number], cents), one.sign)
            for one in scenarios[: DRAWN + 1]
        ]
        found.append(HoverText(ends[step.starts], scenarios[0].totals[number], names[step.starts], lines))
    return found


def needs_cents(scenarios: Sequence[Drawn]) -> bool:
    """Whether the figures of the comparison are said with their cents, all of them or none."""
    return cents_in(one.outcome.projected for one in scenarios)
