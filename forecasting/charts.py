"""The figures of a budget's forecast: actual, projected, band, limit and today, summed up or day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go
from django.utils.dateformat import format as written

from budgets.axes import across, ends_of, local, names_of, place_of
from budgets.domain.course import Unit, day_count
from budgets.domain.status import Status
from budgets.drawing import (
    ACTUAL,
    LEFT_ABOVE,
    LIMIT,
    PROJECTED,
    RIGHT_BELOW,
    Edge,
    draw_band,
    draw_dots,
    draw_line,
    figure_for,
    mark_today,
    say,
    say_ends,
    say_limits,
)
from budgets.templatetags.limits import to_cent
from forecasting.domain.ranges import Leg, Range, Row, Seen
from wire.charts import HoverText, Line, Place, plain, words
from wire.templatetags.money import in_words

ZERO = Decimal(0)
HALF_A_DAY = timedelta(hours=12)


def figure_of(seen: Seen, status: Status, *, cents: bool) -> dict[str, Any]:
    """The figure of a range; `cents` says whether its sums are named with their cents."""
    return _day_by_day(seen, status, cents) if seen.kind is Range.PAST else _summed_up(seen, status, cents)


def band_name(confidence: Decimal) -> str:
    """What the band is called: "95% band"."""
    return f"{(confidence * 100).normalize():f}% band"


def step_names(seen: Seen) -> list[str]:
    """What each step is called where one points at it: "Fri, Nov 27", "14:00"."""
    if seen.course.unit is Unit.DAY:
        return [written(row.step.day, "D, M j") for row in seen.rows]
    return names_of(seen.course)


def _summed_up(seen: Seen, status: Status, cents: bool) -> dict[str, Any]:
    course, ends = seen.course, ends_of(seen.course)
    here = place_of(course, course.at)
    last = seen.rows[-1].step
    main, most, least = (in_words(amount, cents) for amount in (last.heading, last.high, last.low))
    tops = [row.step.high or row.step.heading for row in seen.rows]
    figure = figure_for(course, [*tops, *(leg.limit for leg in seen.legs)], max(main, most, least, key=len))
    if course.unit is not Unit.DAY:
        figure.update_xaxes(type="linear", range=[0, len(course.steps)])
    figure.update_layout(meta=across(course))
    for leg in seen.legs:
        _draw_leg(figure, seen, leg, ends, status)
    named = [(place_of(course, leg.period.starts), leg.limit, f"Limit {to_cent(leg.limit)}") for leg in seen.legs]
    say_limits(figure, named)
    past = [(ends[n] if row.step.ends <= course.at else here) for n, row in enumerate(seen.rows) if _began(row, seen)]
    sums = [row.step.spent for row in seen.rows if _began(row, seen)]
    running = list(accumulate(sums))
    draw_line(figure, "Actual", ACTUAL, [place_of(course, course.period.starts), *past], [ZERO, *running])
    words(figure, _sums_said(seen, ends, past, running, cents))
    edges = [Edge(edge, text) for edge, text in ((last.high, most), (last.low, least)) if edge is not None]
    say_ends(figure, ends[-1], Edge(last.heading, main, "var(--projected-text)", 600), edges)
    if past:
        _say_today(figure, seen, status, here, [*tops, *(leg.limit for leg in seen.legs)], cents)
    return plain(figure)


def _say_today(
    figure: go.Figure, seen: Seen, status: Status, here: Place, heights: Sequence[Decimal], cents: bool
) -> None:
    """A dot where the spend is now, and what it is."""
    mark_today(figure, seen.course, here)
    draw_dots(figure, [], (here, status.spent))
    began = sum(_began(row, seen) for row in seen.rows)
    corner = LEFT_ABOVE if 2 * began > len(seen.rows) else RIGHT_BELOW
    limit, highest = status.limit, max(heights)
    # Just below the limit the words would lie on its line: they stand above it.
    near = corner is LEFT_ABOVE and 0 < (limit - status.spent) * 9 < highest
    height = limit if near else status.spent
    say(figure, here, height, in_words(status.spent, cents), "var(--ink)", corner, 600)


def _draw_leg(figure: go.Figure, seen: Seen, leg: Leg, ends: Sequence[Place], status: Status) -> None:
    """One period's limit, band and projection; of the one to come the projection begins with nothing."""
    course = seen.course
    begins = place_of(course, max(leg.period.starts, course.at))
    spent = status.spent if leg.period.starts <= course.at else ZERO
    within = [
        (place, row.step)
        for place, row in zip(ends, seen.rows, strict=True)
        if row.projected is not None and leg.period.starts <= row.step.starts < leg.period.ends
    ]
    places = [begins, *(place for place, _ in within)]
    limits = [place_of(course, leg.period.starts), places[-1]]
    draw_line(figure, "Limit", LIMIT, limits, [leg.limit] * 2)
    lows = [spent, *(step.heading if step.low is None else step.low for _, step in within)]
    highs = [spent, *(step.heading if step.high is None else step.high for _, step in within)]
    draw_band(figure, band_name(seen.confidence), places, lows, highs)
    draw_line(figure, "Projected", PROJECTED, places, [spent, *(step.heading for _, step in within)])


def _began(row: Row, seen: Seen) -> bool:
    return row.step.starts <= seen.course.at


def _sums_said(
    seen: Seen, ends: Sequence[Place], past: Sequence[Place], running: Sequence[Decimal], cents: bool
) -> list[HoverText]:
    names, found = step_names(seen), []
    for place, total, name, row in zip(past, running, names, seen.rows, strict=False):
        said = "Spent so far" if row.step.ends > seen.course.at else "Spent"
        found.append(HoverText(place, total, name, [Line(said, in_words(total, cents), "spent")]))
    for place, name, row in zip(ends, names, seen.rows, strict=True):
        if row.projected is not None:
            step = row.step
            lines = _ahead_said(seen, step.heading, step.low, step.high, cents)
            found.append(HoverText(place, step.heading, name, lines))
    return found


def _ahead_said(seen: Seen, projected: Decimal, low: Decimal | None, high: Decimal | None, cents: bool) -> list[Line]:
    lines = [Line("Projected", in_words(projected, cents), "ahead")]
    if low is not None and high is not None:
        text = f"{in_words(low, cents)} to {in_words(high, cents)}"
        lines.append(Line(band_name(seen.confidence), text, "band"))
    return lines


def _day_by_day(seen: Seen, status: Status, cents: bool) -> dict[str, Any]:
    course = seen.course
    places: list[Place] = [local(row.step.starts) for row in seen.rows]
    [leg] = seen.legs[:1]
    pace = leg.limit / day_count(leg.period)
    heights = [row.high or row.projected or row.step.spent for row in seen.rows]
    figure = figure_for(course, [*heights, pace], beside=in_words(pace))
    edges = [course.steps[0].starts - HALF_A_DAY, course.steps[-1].starts + HALF_A_DAY]
    figure.update_xaxes(type="date", range=[local(edge) for edge in edges])
    figure.update_layout(meta=across(course, bars=True))
    over = [(place, row.step.spent) for place, row in zip(places, seen.rows, strict=True) if row.projected is None]
    ahead = [
        (
            place,
            row.projected,
            row.projected if row.low is None else row.low,
            row.projected if row.high is None else row.high,
        )
        for place, row in zip(places, seen.rows, strict=True)
        if row.projected is not None
    ]
    before = [(place, spent, spent, spent) for place, spent in over[-1:]]  # the lines join
    x, expected, lows, highs = zip(*before, *ahead, strict=True)
    draw_band(figure, band_name(seen.confidence), x, lows, highs)
    draw_line(figure, "Projected", PROJECTED, x, expected)
    in_period = [
        place
        for place, row in zip(places, seen.rows, strict=True)
        if leg.period.starts <= row.step.starts < leg.period.ends
    ]
    draw_line(figure, "Limit, spread evenly", LIMIT, in_period, [pace] * len(in_period))
    draw_line(figure, "Actual", ACTUAL, [place for place, _ in over], [spent for _, spent in over])
    mark_today(
        figure, course, next(place for place, row in zip(places, seen.rows, strict=True) if row.projected is not None)
    )
    words(figure, _days_said(seen, places, cents))
    say_ends(figure, places[-1], Edge(pace, in_words(pace), "var(--limit-text)"))
    return plain(figure)


def _days_said(seen: Seen, places: Sequence[Place], cents: bool) -> list[HoverText]:
    found = []
    for place, name, row in zip(places, step_names(seen), seen.rows, strict=True):
        lines = []
        if row.step.starts <= seen.course.at:
            said = "Spent" if row.projected is None else "Spent so far"
            lines.append(Line(said, in_words(row.step.spent, cents), "spent"))
        if row.projected is not None:
            lines += _ahead_said(seen, row.projected, row.low, row.high, cents)
        height = row.step.spent if row.projected is None else row.projected
        found.append(HoverText(place, height, name, lines))
    return found
