"""The figures of a budget's page: the course of a period against its limit, summed up and step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go

from budgets.axes import MINUTE, across, bars_of, ends_of, local, names_of, place_of
from budgets.bars import whole_percent
from budgets.domain.course import Course, Step, Unit
from budgets.domain.status import Status
from budgets.hover import each_step, heading_by, spent_until
from budgets.templatetags.limits import to_cent
from wire.charts import Place, as_sum, empty_figure, plain, words
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

ACTUAL = {"color": "var(--actual)", "width": 2.25}
PROJECTED = {"color": "var(--projected)", "width": 2, "dash": "5px 5px"}
EARLIER = {"color": "var(--earlier)", "width": 1.25}
LIMIT = {"color": "var(--limit)", "width": 1.5, "dash": "3px 3px"}
REST = {"color": "var(--rest)", "line": {"color": "var(--projected)", "width": 1}}
# Where words stand: at which side of their point, and how far from it.
RIGHT_ABOVE = {"xanchor": "left", "yanchor": "bottom", "xshift": 4, "yshift": 2}
CENTRED_ABOVE = {"xanchor": "center", "yanchor": "bottom", "yshift": -2}
LEFT_ABOVE = {"xanchor": "right", "yanchor": "bottom", "xshift": -6, "yshift": 4}
RIGHT_BELOW = {"xanchor": "left", "yanchor": "top", "xshift": 8, "yshift": -2}
CLEAR = {"xshift": 8, "yshift": 6, "bgcolor": "var(--card)"}  # of the dot, and of the lines that go on from it
BESIDE = {"xanchor": "left", "yanchor": "middle", "xshift": 6}
LINE = 16  # pixels between two lines of words


class Crossing(NamedTuple):
    """A threshold, the sum that it stands for, the step in which the spend reached it, and when in it the line does."""

    threshold: Decimal
    goal: Decimal
    step: Step
    at: datetime


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
    figure = _figure(course, [limit, status.spent, status.rate.forecast, *peaks], beside=forecast)
    if course.unit is not Unit.DAY:
        figure.update_xaxes(type="linear", range=[0, len(steps)])
    figure.update_layout(meta=across(course))
    for other in reversed(earlier):
        sums = list(other[: len(ends)])
        _line(figure, "Earlier", EARLIER, [start, *ends[: len(sums)]], [Decimal(0), *sums])
    if status.agreed:
        _line(figure, "Limit", LIMIT, [start, ends[-1]], [limit] * 2)
    points = spent_until(course, so_far, running=running)
    if heading:
        ahead = heading_by(course, ends)
        places, sums = [here, *(found.place for found in ahead)], [status.spent, *(found.height for found in ahead)]
        _line(figure, "Projected", PROJECTED, places, sums)
        points += ahead
    if running:
        _today(figure, course, here)
    _line(figure, "Spent", ACTUAL, [start, *so_far], [Decimal(0), *(step.total for step in past)])
    words(figure, points)
    _dots(figure, [(place_of(course, found.at), found.goal) for found in crossings], (here, status.spent))
    early = running and len(past) * 6 < len(steps)  # today's line would cross the words at the left
    beginning = here if early else start
    low = limit * 4 < max(status.spent, status.rate.forecast)  # the spend begins among the words at the left
    place, corner = (ends[-1], LEFT_ABOVE) if low else (beginning, RIGHT_ABOVE)
    if status.agreed:
        _say(figure, place, limit, f"Limit {to_cent(limit)}", "var(--limit-text)", corner)
    if heading:
        _say(figure, ends[-1], status.rate.forecast, forecast, "var(--projected-text)", BESIDE, 600)
    highest = max(limit, status.spent, status.rate.forecast, *peaks)
    at_foot = status.spent * 9 < highest  # below the point the words would lie on the axis
    corner = LEFT_ABOVE if 2 * len(past) > len(steps) else {**RIGHT_ABOVE, **CLEAR} if at_foot else RIGHT_BELOW
    # Just below the limit the words would lie on its line: they stand above it.
    near = corner is LEFT_ABOVE and 0 < (limit - status.spent) * 9 < highest
    height = limit if near else status.spent
    _say(figure, here, height, in_words(status.spent, cents), "var(--ink)", corner, 600)
    _label_crossings(figure, course, status, crossings, here)
    return plain(figure)


def per_step(course: Course, status: Status, *, running: bool) -> dict[str, Any]:
    """What each step cost, what is still expected of it, and the limit spread evenly over the period."""
    steps, x = course.steps, bars_of(course)
    pace = _even_pace(course, status.limit) if status.agreed else []
    each = in_words(pace[-1]) if pace else ""
    figure = _figure(course, [*pace, *(step.spent + step.projected for step in steps)], beside=each)
    figure.update_layout(meta=across(course, bars=True), barmode="stack", bargap=0.22)
    if course.unit is not Unit.DAY:
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=names_of(course))
    heading = running and status.rate.forecast > status.spent
    _bars(figure, "Spent", {"color": "var(--actual)"}, x, [step.spent for step in course.past])
    if heading:
        ahead = [(place, step.projected) for place, step in zip(x, steps, strict=True) if step.projected]
        _bars(figure, "Projected", REST, [place for place, _ in ahead], [projected for _, projected in ahead])
    if pace:
        _line(figure, "Limit, spread evenly", LIMIT, x, pace)
    words(figure, each_step(course, x, pace, heading=heading))
    if pace:
        _say(figure, 1, pace[-1], each, "var(--limit-text)", {**BESIDE, "xref": "paper"})
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


def _figure(course: Course, heights: Sequence[Decimal], beside: str) -> go.Figure:
    figure = empty_figure(heights, beside)
    if course.unit is Unit.DAY:
        edges = [local(course.period.starts), local(course.period.ends - MINUTE)]
        figure.update_xaxes(type="date", range=edges)
    return figure


def _line(figure: go.Figure, name: str, line: dict[str, Any], x: Sequence[Place], sums: Sequence[Decimal]) -> None:
    y = [as_sum(amount) for amount in sums]
    figure.add_scatter(x=list(x), y=y, mode="lines", name=name, line=line, cliponaxis=False, hoverinfo="skip")


def _bars(figure: go.Figure, name: str, marker: dict[str, Any], x: Sequence[Place], sums: Sequence[Decimal]) -> None:
    y = [as_sum(amount) for amount in sums]
    figure.add_bar(x=list(x[: len(y)]), y=y, name=name, marker=marker, hoverinfo="skip")


def _dots(figure: go.Figure, crossed: Sequence[tuple[Place, Decimal]], here: tuple[Place, Decimal]) -> None:
    """A ring where a threshold was reached, a dot for now."""
    places, sums = zip(*crossed, here, strict=True)
    fill = [*("var(--card)" for _ in crossed), "var(--actual)"]
    marker = {"size": 8, "color": fill, "line": {"color": "var(--actual)", "width": 2}}
    y = [as_sum(amount) for amount in sums]
    figure.add_scatter(x=places, y=y, mode="markers", hoverinfo="skip", marker=marker, cliponaxis=False)


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
        _say(figure, place, total, f"{whole_percent(crossing.threshold)}, {when}", "var(--muted)", corner)


def _today(figure: go.Figure, course: Course, here: Place) -> None:
    line = {"color": "var(--control)", "width": 1}
    figure.add_shape(type="line", x0=here, x1=here, xref="x", yref="paper", y0=0, y1=1, line=line)
    word = "now" if course.unit is Unit.HOUR else "today"
    # Above the plot, where nothing else is said.
    _say(figure, here, Decimal(1), word, "var(--muted)", {**CENTRED_ABOVE, "yref": "paper"})


def _say(
    figure: go.Figure, x: Place, y: Decimal, text: str, color: str, corner: dict[str, Any], weight: int = 400
) -> None:
    font = {"color": color, "size": 12, "weight": weight}
    figure.add_annotation(x=x, y=as_sum(y), text=text, showarrow=False, font=font, **corner)
