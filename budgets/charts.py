"""The figures of a budget's page, built here with Plotly and drawn in the browser.

Colours are written as var(--token) and looked up when drawn, so that both themes and paper work. Sums travel as
decimal text; nothing here adds or rounds them by floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go
from django.conf import settings

from budgets.bars import whole_percent
from budgets.domain.course import Course, Step, Unit
from budgets.domain.status import Status
from wire.money import SYMBOLS
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

CENT = Decimal("0.01")
HEADROOM = Decimal("1.14")
MINUTE = timedelta(minutes=1)
MONTHLY = 140  # days from which on the axis names months
ACTUAL = {"color": "var(--actual)", "width": 2.25}
PROJECTED = {"color": "var(--projected)", "width": 2, "dash": "5px 5px"}
LIMIT = {"color": "var(--limit)", "width": 1.5, "dash": "3px 3px"}
# Where words stand: at which side of their point, and how far from it.
RIGHT_ABOVE = {"xanchor": "left", "yanchor": "bottom", "xshift": 4, "yshift": 2}
LEFT_ABOVE = {"xanchor": "right", "yanchor": "bottom", "xshift": -6, "yshift": 4}
RIGHT_BELOW = {"xanchor": "left", "yanchor": "top", "xshift": 8, "yshift": -2}
BESIDE = {"xanchor": "left", "yanchor": "middle", "xshift": 6}


class Crossing(NamedTuple):
    """A threshold and the step in which the spend reached it."""

    threshold: Decimal
    step: Step


def cumulative(course: Course, status: Status, crossings: Sequence[Crossing]) -> dict[str, Any]:
    """What was spent so far, where it is heading and the limit."""
    steps, past, x = course.steps, course.past, _places(course)
    start = [_local(course.period.starts)] if course.unit is Unit.DAY else []
    so_far = [x[n] if step.ends <= course.at else _here(course, x[n]) for n, step in enumerate(past)]
    here = so_far[-1] if so_far else (start or x)[0]
    heading = _heads_on(course, status)
    figure = _figure(course, [status.limit, status.spent, status.rate.forecast])
    _line(figure, "Limit", LIMIT, [(start or x)[0], x[-1]], [status.limit] * 2)
    if heading:
        ahead = [(place, step.heading) for place, step in zip(x, steps, strict=True) if step.ends > course.at]
        places, sums = zip((here, status.spent), *ahead, strict=True)
        _line(figure, "Projected", PROJECTED, places, sums)
        _today(figure, course, here)
    _line(figure, "Spent", ACTUAL, [*start, *so_far], [*(Decimal(0) for _ in start), *(step.total for step in past)])
    _dots(figure, [(so_far[steps.index(found.step)], found.step.total) for found in crossings], (here, status.spent))
    early = heading and len(past) * 6 < len(steps)  # today's line would cross the words at the left
    beginning = x[len(x) // 4] if early else (start or x)[0]
    _say(figure, beginning, status.limit, f"Limit {in_words(status.limit)}", "var(--limit-text)", RIGHT_ABOVE)
    _label_crossings(figure, course, status, crossings, so_far)
    if heading:
        _say(figure, x[-1], status.rate.forecast, in_words(status.rate.forecast), "var(--projected-text)", BESIDE, 600)
    corner = LEFT_ABOVE if 2 * len(past) > len(steps) else RIGHT_BELOW
    _say(figure, here, status.spent, in_words(status.spent), "var(--ink)", corner, 600)
    return _plain(figure)


def per_step(course: Course, status: Status) -> dict[str, Any]:
    """What each step cost, what is still expected of it, and the limit spread evenly over the period."""
    steps = course.steps
    x = [step.day.isoformat() for step in steps] if course.unit is Unit.DAY else names_of(course)
    pace = _even_pace(course, status.limit)
    figure = _figure(course, [*pace, *(step.spent + step.projected for step in steps)])
    figure.add_bar(
        x=x,
        y=[_sum(step.spent) for step in steps],
        name="Spent",
        marker={"color": "var(--actual)"},
        hovertemplate=_hover("Spent"),
    )
    if _heads_on(course, status):
        ahead = [(place, step) for place, step in zip(x, steps, strict=True) if step.projected]
        figure.add_bar(
            x=[place for place, _ in ahead],
            y=[_sum(step.projected) for _, step in ahead],
            name="Projected",
            marker={"color": "var(--rest)"},
            hovertemplate=_hover("Projected"),
        )
    _line(figure, "Even pace", LIMIT, x, pace)
    if pace:
        _say(figure, x[-1], pace[-1], in_words(pace[-1]), "var(--limit-text)", {**BESIDE, "xshift": 18})
    figure.update_layout(barmode="stack", bargap=0.22)
    if course.unit is Unit.DAY and steps:
        half = timedelta(hours=12)
        first, last = (datetime.fromisoformat(place) for place in (x[0], x[-1]))
        figure.update_xaxes(range=[(first - half).isoformat(), (last + half).isoformat()])
    return _plain(figure)


def crossings_of(course: Course, limit: Decimal, thresholds: Sequence[Decimal]) -> list[Crossing]:
    """For each threshold that the course reached: the step in which it did."""
    found = []
    for threshold in sorted(thresholds):
        step = next((step for step in course.past if step.total >= threshold * limit), None) if limit > 0 else None
        if step is not None:
            found.append(Crossing(threshold, step))
    return found


def _heads_on(course: Course, status: Status) -> bool:
    ended = course.period.ends - course.at < MINUTE
    return bool(course.steps) and not ended and status.rate.forecast > status.spent


def _even_pace(course: Course, limit: Decimal) -> list[Decimal]:
    """The limit over the steps: the same for each hour or day, by their length for months and years."""
    steps = course.steps
    if course.unit in (Unit.HOUR, Unit.DAY):
        return [limit / len(steps)] * len(steps)
    whole = course.period.ends - course.period.starts
    return [limit * Decimal((step.ends - step.starts) // MINUTE) / Decimal(whole // MINUTE) for step in steps]


def _places(course: Course) -> list[str]:
    """Where each step ends on the axis."""
    if course.unit is Unit.DAY:
        return [_local(step.ends - MINUTE) for step in course.steps]
    return names_of(course)


def names_of(course: Course) -> list[str]:
    """Each step by its name; the hour that comes twice on an autumn Sunday tells which it is."""
    zone = settings.COSTOPS_ZONE
    if course.unit is Unit.DAY:
        return [short_day(step.day) for step in course.steps]
    names: list[str] = []
    for step in course.steps:
        local = step.starts.astimezone(zone)
        text = {
            Unit.HOUR: local.strftime("%H:%M"),
            Unit.MONTH: f"{short_day(step.day).split()[0]} {step.day.year}",
        }.get(course.unit, str(step.day.year))
        if course.unit is Unit.HOUR and local.date() != course.steps[0].starts.astimezone(zone).date():
            text = f"{short_day(local.date())} {text}"
        names.append(f"{text} {local.tzname()}" if text in names else text)
    return names


def _here(course: Course, place: str) -> str:
    return _local(course.at) if course.unit is Unit.DAY else place


def _local(instant: datetime) -> str:
    """Plotly knows no zones: an instant as the company's clock shows it."""
    return instant.astimezone(settings.COSTOPS_ZONE).replace(tzinfo=None).isoformat(timespec="minutes")


def _sum(amount: Decimal) -> str:
    """A sum as the axis takes it: to the cent, or as small as it is."""
    amount = Decimal(amount)
    return f"{amount.quantize(CENT) if abs(amount) >= 1 else amount.normalize():f}"


def _hover(name: str) -> str:
    symbol = SYMBOLS.get(settings.COSTOPS_CURRENCY, f"{settings.COSTOPS_CURRENCY} ")
    return f"{symbol}%{{y:,.2f}}<extra>{name}</extra>"


def _figure(course: Course, heights: Sequence[Decimal]) -> go.Figure:
    top = max([*(Decimal(height) for height in heights), Decimal("0.01")]) * HEADROOM
    figure = go.Figure()
    figure.update_layout(
        template=go.layout.Template(),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        dragmode=False,
        hovermode="x unified",
        font={"size": 12, "color": "var(--muted)"},
        hoverlabel={
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"color": "var(--ink)", "size": 12},
        },
        margin={"l": 58, "r": 8 * max(len(in_words(height)) for height in heights) + 14, "t": 16, "b": 28},
    )
    figure.update_xaxes(
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        linecolor="var(--line)",
        tickcolor="var(--line)",
        ticks="outside",
        ticklen=4,
        tickangle=0,
        spikecolor="var(--control)",
        spikethickness=1,
        spikedash="solid",
    )
    if course.unit is Unit.DAY:
        ends = _local(course.period.ends - MINUTE)
        count = len(course.steps)
        figure.update_xaxes(
            type="date",
            range=[_local(course.period.starts), ends],
            hoverformat="%a, %b %-d",
            tickformat="%b" if count > MONTHLY else "%b %-d",
        )
        figure.update_layout(meta={"wide": _every(count, 11), "narrow": _every(count, 4)})
        figure.update_xaxes(tick0=_local(course.period.starts))
    else:
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=names_of(course))
    small = top < 10
    figure.update_yaxes(
        type="linear",
        gridcolor="var(--hair)",
        zeroline=False,
        fixedrange=True,
        range=["0", _sum(top)],
        nticks=6,
        tickprefix=SYMBOLS.get(settings.COSTOPS_CURRENCY, ""),
        tickformat=",.2f" if small else ",.0f",
    )
    return figure


def _every(count: int, most: int) -> int | str:
    """The distance of the ticks, in milliseconds or months, so that there are not too many."""
    if count > MONTHLY:
        return f"M{-(-count // (30 * most))}"
    return -(-count // most) * 86_400_000


def _line(figure: go.Figure, name: str, line: dict[str, Any], x: Sequence[str], sums: Sequence[Decimal]) -> None:
    y = [_sum(amount) for amount in sums]
    figure.add_scatter(x=list(x), y=y, mode="lines", name=name, line=line, hovertemplate=_hover(name))


def _dots(figure: go.Figure, crossed: Sequence[tuple[str, Decimal]], here: tuple[str, Decimal]) -> None:
    """A ring where a threshold was reached, a dot for now."""
    places, sums = zip(*crossed, here, strict=True)
    fill = [*("var(--card)" for _ in crossed), "var(--actual)"]
    marker = {"size": 8, "color": fill, "line": {"color": "var(--actual)", "width": 2}}
    figure.add_scatter(x=places, y=[_sum(amount) for amount in sums], mode="markers", hoverinfo="skip", marker=marker)


def _label_crossings(
    figure: go.Figure, course: Course, status: Status, crossings: Sequence[Crossing], so_far: Sequence[str]
) -> None:
    """Names the crossings on the plot, but for those that would lie over the figure of today or another's name."""
    steps = course.steps
    taken = [(len(course.past) - 1, status.spent)]
    height = max(status.limit, status.rate.forecast, status.spent)
    for crossing in reversed(crossings):
        at, total = steps.index(crossing.step), crossing.step.total
        if all(abs(at - place) * 6 > len(steps) or abs(total - other) * 9 > height for place, other in taken):
            taken.append((at, total))
            when = so_far[at] if course.unit is Unit.HOUR else short_day(crossing.step.day)
            corner = LEFT_ABOVE if at * 4 > len(steps) else RIGHT_BELOW
            _say(figure, so_far[at], total, f"{whole_percent(crossing.threshold)}, {when}", "var(--muted)", corner)


def _today(figure: go.Figure, course: Course, here: str) -> None:
    line = {"color": "var(--control)", "width": 1}
    figure.add_shape(type="line", x0=here, x1=here, xref="x", yref="paper", y0=0, y1=1, line=line)
    word = "now" if course.unit is Unit.HOUR else "today"
    _say(figure, here, Decimal(1), word, "var(--muted)", {**RIGHT_BELOW, "xshift": 4, "yref": "paper"})


def _say(
    figure: go.Figure, x: str, y: Decimal, text: str, color: str, corner: dict[str, Any], weight: int = 400
) -> None:
    font = {"color": color, "size": 12, "weight": weight}
    figure.add_annotation(x=x, y=_sum(y), text=text, showarrow=False, font=font, **corner)


def _plain(figure: go.Figure) -> dict[str, Any]:
    """The figure as plain JSON."""
    plain: dict[str, Any] = figure.to_plotly_json()
    plain["layout"].pop("template", None)
    return plain
