"""The figures of a budget's page: the course of a period against its limit, summed up and step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go

from budgets.axes import MINUTE, across, bars_of, ends_of, names_of, place_of
from budgets.bars import whole_percent
from budgets.domain.course import Course, Step, Unit
from budgets.domain.status import Status
from budgets.drawing import (
    ACTUAL,
    BESIDE,
    CLEAR,
    EARLIER,
    LEFT_ABOVE,
    LIMIT,
    LINE,
    PROJECTED,
    REST,
    RIGHT_ABOVE,
    RIGHT_BELOW,
    Edge,
    draw_band,
    draw_bars,
    draw_dots,
    draw_line,
    figure_for,
    mark_today,
    say,
    say_ends,
)
from budgets.hover import each_step, heading_by, spent_until
from budgets.templatetags.limits import to_cent
from wire.charts import Place, plain, words
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

BAND = "95% band"


class Crossing(NamedTuple):
    """A threshold, the sum that it stands for, the step in which the spend reached it, and when in it the line does."""

    threshold: Decimal
    goal: Decimal
    step: Step
    at: datetime


class Band(NamedTuple):
    """Between which sums the spend is expected to lie at each place."""

    places: list[Place]
    lows: list[Decimal]
    highs: list[Decimal]


def band_of(course: Course, ends: Sequence[Place], here: tuple[Place, Decimal]) -> Band | None:
    """The band of what will have been spent, from now on; None where there is none. `ends` are where all steps end."""
    found = Band([here[0]], [here[1]], [here[1]])
    for place, step in zip(ends, course.steps, strict=True):
        if step.ends > course.at and step.low is not None and step.high is not None:
            found.places.append(place)
            found.lows.append(step.low)
            found.highs.append(step.high)
    return found if len(found.places) > 1 else None


def cumulative(
    course: Course,
    status: Status,
    crossings: Sequence[Crossing],
    *,
    running: bool,
    cents: bool,
    earlier: Sequence[Sequence[Decimal]] = (),
) -> dict[str, Any]:
    """What was spent so far, the limit and, while the period is running, today and where it is heading.

    `cents` says whether spent and projected are named with their cents. `earlier` are the sums of periods before,
    drawn behind it step by step, the latest first.
    """
    steps, past, ends = course.steps, course.past, ends_of(course)
    start = place_of(course, course.period.starts)
    now = place_of(course, course.at)
    so_far = [ends[n] if step.ends <= course.at else now for n, step in enumerate(past)]
    here = so_far[-1] if so_far else start
    heading = running and status.rate.forecast > status.spent
    forecast = in_words(status.rate.forecast, cents) if heading else ""
    peaks = [other[-1] for other in earlier if other]
    limit = status.limit if status.agreed else Decimal(0)
    ahead = heading_by(course, ends) if heading else []
    band = band_of(course, ends, (here, status.spent)) if heading else None
    top = band.highs[-1] if band else status.rate.forecast
    beside = max(forecast, in_words(top, cents) if band else "", key=len)
    figure = figure_for(course, [limit, status.spent, top, *peaks], beside=beside)
    if course.unit is not Unit.DAY:
        figure.update_xaxes(type="linear", range=[0, len(steps)])
    figure.update_layout(meta=across(course))
    for other in reversed(earlier):
        sums = list(other[: len(ends)])
        draw_line(figure, "Earlier", EARLIER, [start, *ends[: len(sums)]], [Decimal(0), *sums])
    if status.agreed:
        draw_line(figure, "Limit", LIMIT, [start, ends[-1]], [limit] * 2)
    points = spent_until(course, so_far, running=running)
    if band:
        draw_band(figure, BAND, *band)
    if heading:
        places, sums = [here, *(found.place for found in ahead)], [status.spent, *(found.height for found in ahead)]
        draw_line(figure, "Projected", PROJECTED, places, sums)
        points += ahead
    if running:
        mark_today(figure, course, here)
    draw_line(figure, "Spent", ACTUAL, [start, *so_far], [Decimal(0), *(step.total for step in past)])
    words(figure, points)
    draw_dots(figure, [(place_of(course, found.at), found.goal) for found in crossings], (here, status.spent))
    early = running and len(past) * 6 < len(steps)  # today's line would cross the words at the left
    beginning = here if early else start
    low = limit * 4 < max(status.spent, status.rate.forecast)  # the spend begins among the words at the left
    place, corner = (ends[-1], LEFT_ABOVE) if low else (beginning, RIGHT_ABOVE)
    if status.agreed:
        say(figure, place, limit, f"Limit {to_cent(limit)}", "var(--limit-text)", corner)
    if heading:
        edges = [Edge(amount, in_words(amount, cents)) for amount in (band.lows[-1], band.highs[-1])] if band else []
        say_ends(figure, ends[-1], Edge(status.rate.forecast, forecast, "var(--projected-text)", 600), edges)
    highest = max(limit, status.spent, top, *peaks)
    at_foot = status.spent * 9 < highest  # below the point the words would lie on the axis
    corner = LEFT_ABOVE if 2 * len(past) > len(steps) else {**RIGHT_ABOVE, **CLEAR} if at_foot else RIGHT_BELOW
    # Just below the limit the words would lie on its line: they stand above it.
    near = corner is LEFT_ABOVE and 0 < (limit - status.spent) * 9 < highest
    height = limit if near else status.spent
    say(figure, here, height, in_words(status.spent, cents), "var(--ink)", corner, 600)
    _label_crossings(figure, course, status, crossings, here)
    return plain(figure)


def per_step(course: Course, status: Status, *, running: bool) -> dict[str, Any]:
    """What each step cost, what is still expected of it, and the limit spread evenly over the period."""
    steps, x = course.steps, bars_of(course)
    pace = _even_pace(course, status.limit) if status.agreed else []
    each = in_words(pace[-1]) if pace else ""
    figure = figure_for(course, [*pace, *(step.spent + step.projected for step in steps)], beside=each)
    figure.update_layout(meta=across(course, bars=True), barmode="stack", bargap=0.22)
    if course.unit is not Unit.DAY:
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=names_of(course))
    heading = running and status.rate.forecast > status.spent
    draw_bars(figure, "Spent", {"color": "var(--actual)"}, x, [step.spent for step in course.past])
    if heading:
        ahead = [(place, step.projected) for place, step in zip(x, steps, strict=True) if step.projected]
        draw_bars(figure, "Projected", REST, [place for place, _ in ahead], [projected for _, projected in ahead])
    if pace:
        draw_line(figure, "Limit, spread evenly", LIMIT, x, pace)
    words(figure, each_step(course, x, pace, heading=heading))
    if pace:
        say(figure, 1, pace[-1], each, "var(--limit-text)", {**BESIDE, "xref": "paper"})
    if course.unit is Unit.DAY and steps:
        half = timedelta(hours=12)
        first, last = (datetime.fromisoformat(place) for place in (x[0], x[-1]))
        figure.update_xaxes(range=[(first - half).isoformat(), (last + half).isoformat()])
    return plain(figure)


def crossings_of(course: Course, limit: Decimal, thresholds: Sequence[Decimal]) -> list[Crossing]:
    """For each threshold that the course reached: the step in which it did, and when, if that was spent evenly."""
    found = []
    for threshold in sorted(thresholds):
        goal = threshold * limit
        step = next((step for step in course.past if step.total >= goal), None) if limit > 0 else None
        if step is not None:
            ends = min(step.ends, course.at)
            share = (goal - (step.total - step.spent)) / step.spent if step.spent > 0 else Decimal(1)
            minutes = int((ends - step.starts) // MINUTE * min(max(share, Decimal(0)), Decimal(1)))
            found.append(Crossing(threshold, goal, step, step.starts + MINUTE * minutes))
    return found


def _even_pace(course: Course, limit: Decimal) -> list[Decimal]:
    """The limit over the steps: the same for each hour or day, by their length for months and years."""
    steps = course.steps
    if course.unit in (Unit.HOUR, Unit.DAY):
        return [limit / len(steps)] * len(steps)
    whole = course.period.ends - course.period.starts
    return [limit * Decimal((step.ends - step.starts) // MINUTE) / Decimal(whole // MINUTE) for step in steps]


def _label_crossings(
    figure: go.Figure, course: Course, status: Status, crossings: Sequence[Crossing], here: Place
) -> None:
    """Names each crossing. Names that would lie over one another stand in lines, those near today below its figure, and
    beyond today's line where they would lie on it.
    """
    steps, names = course.steps, names_of(course)
    height = max(status.limit, status.rate.forecast, status.spent)
    late = 2 * len(course.past) > len(steps)
    taken = [(len(course.past) - 1, status.spent)]
    for crossing in reversed(crossings):
        at, total = steps.index(crossing.step), crossing.goal
        near = [
            place for place in taken if abs(at - place[0]) * 6 <= len(steps) and abs(total - place[1]) * 9 <= height
        ]
        place = place_of(course, crossing.at)
        corner: dict[str, Any] = {**(LEFT_ABOVE if at * 4 > len(steps) else RIGHT_BELOW)}
        lines = len(near)
        if taken[0] in near:
            corner = {**(RIGHT_BELOW if late else LEFT_ABOVE)}
            lines -= 1
            if late and (taken[0][0] - at) * 12 <= len(steps):
                place = here
        corner["yshift"] += LINE * lines * (-1 if corner["yanchor"] == "top" else 1)
        taken.append((at, total))
        when = names[at] if course.unit is not Unit.DAY else short_day(crossing.step.day)
        corner["bgcolor"] = "var(--card)"  # breaks what it lies on
        say(figure, place, total, f"{whole_percent(crossing.threshold)}, {when}", "var(--muted)", corner)
