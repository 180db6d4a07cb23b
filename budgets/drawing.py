"""What the charts of budgets are drawn with: lines, bars, bands, dots and words, in the colours that mean the same
everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go

from budgets.axes import MINUTE, local
from budgets.domain.course import Course, Unit
from wire.charts import Place, as_sum, empty_figure

ACTUAL = {"color": "var(--actual)", "width": 2.25}
PROJECTED = {"color": "var(--projected)", "width": 2, "dash": "5px 5px"}
EARLIER = {"color": "var(--earlier)", "width": 1.25}
LIMIT = {"color": "var(--limit)", "width": 1.5, "dash": "3px 3px"}
REST = {"color": "var(--rest)", "line": {"color": "var(--projected)", "width": 1}}
# Where words stand: at which side of their point, and how far from it.
RIGHT_ABOVE: dict[str, Any] = {"xanchor": "left", "yanchor": "bottom", "xshift": 4, "yshift": 2}
CENTRED_ABOVE = {"xanchor": "center", "yanchor": "bottom", "yshift": -2}
LEFT_ABOVE = {"xanchor": "right", "yanchor": "bottom", "xshift": -6, "yshift": 4}
RIGHT_BELOW = {"xanchor": "left", "yanchor": "top", "xshift": 8, "yshift": -2}
CLEAR = {"xshift": 8, "yshift": 6, "bgcolor": "var(--card)"}  # of the dot, and of the lines that go on from it
BESIDE = {"xanchor": "left", "yanchor": "middle", "xshift": 6}
LINE = 16  # pixels between two lines of words
PLOT = 236  # pixels: as high as the plot is


class Edge(NamedTuple):
    """A sum that is named beside the right end of a chart."""

    amount: Decimal
    text: str
    color: str = "var(--muted)"
    weight: int = 400


def figure_for(course: Course, heights: Sequence[Decimal], beside: str) -> go.Figure:
    """An empty chart as high as the highest of these sums, as wide as the course."""
    figure = empty_figure(heights, beside)
    if course.unit is Unit.DAY:
        edges = [local(course.period.starts), local(course.period.ends - MINUTE)]
        figure.update_xaxes(type="date", range=edges)
    return figure


def draw_line(figure: go.Figure, name: str, line: dict[str, Any], x: Sequence[Place], sums: Sequence[Decimal]) -> None:
    """A line through these sums."""
    y = [as_sum(amount) for amount in sums]
    figure.add_scatter(x=list(x), y=y, mode="lines", name=name, line=line, cliponaxis=False, hoverinfo="skip")


def draw_bars(
    figure: go.Figure, name: str, marker: dict[str, Any], x: Sequence[Place], sums: Sequence[Decimal]
) -> None:
    """Bars of these sums."""
    y = [as_sum(amount) for amount in sums]
    figure.add_bar(x=list(x[: len(y)]), y=y, name=name, marker=marker, hoverinfo="skip")


def draw_band(
    figure: go.Figure, name: str, x: Sequence[Place], lows: Sequence[Decimal], highs: Sequence[Decimal]
) -> None:
    """The band between what is low and what is high."""
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[as_sum(amount) for amount in (*lows, *reversed(highs))],
        mode="lines",
        fill="toself",
        fillcolor="var(--band)",
        line={"width": 0},
        name=name,
        cliponaxis=False,
        hoverinfo="skip",
    )


def draw_dots(figure: go.Figure, crossed: Sequence[tuple[Place, Decimal]], here: tuple[Place, Decimal]) -> None:
    """A ring where a threshold was reached, a dot for now."""
    places, sums = zip(*crossed, here, strict=True)
    fill = [*("var(--card)" for _ in crossed), "var(--actual)"]
    marker = {"size": 8, "color": fill, "line": {"color": "var(--actual)", "width": 2}}
    y = [as_sum(amount) for amount in sums]
    figure.add_scatter(x=places, y=y, mode="markers", hoverinfo="skip", marker=marker, cliponaxis=False)


def mark_today(figure: go.Figure, course: Course, here: Place) -> None:
    """A line through now, with its word above the plot, where nothing else is said."""
    line = {"color": "var(--control)", "width": 1}
    figure.add_shape(type="line", x0=here, x1=here, xref="x", yref="paper", y0=0, y1=1, line=line)
    word = "now" if course.unit is Unit.HOUR else "today"
    say(figure, here, Decimal(1), word, "var(--muted)", {**CENTRED_ABOVE, "yref": "paper"})


def say(
    figure: go.Figure, x: Place, y: Decimal, text: str, color: str, corner: dict[str, Any], weight: int = 400
) -> None:
    """Words at a point of a chart."""
    font = {"color": color, "size": 12, "weight": weight}
    figure.add_annotation(x=x, y=as_sum(y), text=text, showarrow=False, font=font, **corner)


def say_ends(figure: go.Figure, x: Place, main: Edge, others: Sequence[Edge] = ()) -> None:
    """Names sums beside the right end: the main one where it is, the others clear of it and of one another. Where there
    is no room left above the axis, those at the bottom move up together.
    """
    scale = PLOT / Decimal(figure.layout.yaxis.range[1])
    others = [edge for edge in others if edge.text != main.text]
    above = sorted((edge for edge in others if edge.amount > main.amount), key=lambda edge: edge.amount)
    below = sorted((edge for edge in others if edge.amount <= main.amount), key=lambda edge: edge.amount)
    edges, middle = [*below, main, *above], len(below)
    heights = [edge.amount * scale for edge in edges]
    for n in range(middle + 1, len(edges)):
        heights[n] = max(heights[n], heights[n - 1] + LINE)
    for n in range(middle - 1, -1, -1):
        heights[n] = min(heights[n], heights[n + 1] - LINE)
    floor = Decimal(0)
    for n, edge in enumerate(edges):
        clear = max(heights[n], floor)
        floor = clear + LINE
        shift = {"yshift": int(clear - edge.amount * scale)}
        say(figure, x, edge.amount, edge.text, edge.color, {**BESIDE, **shift}, edge.weight)


def say_limits(figure: go.Figure, limits: Sequence[tuple[Place, Decimal, str]]) -> None:
    """Names limits above their lines, each from its place on; the same words once, and none over those of another."""
    scale = PLOT / Decimal(figure.layout.yaxis.range[1])
    said: set[str] = set()
    floor: Decimal | None = None
    for place, amount, text in sorted(limits, key=lambda limit: limit[1]):
        if text in said:
            continue
        said.add(text)
        clear = amount * scale if floor is None else max(amount * scale, floor)
        floor = clear + LINE
        corner = {**RIGHT_ABOVE, "yshift": RIGHT_ABOVE["yshift"] + int(clear - amount * scale)}
        say(figure, place, amount, text, "var(--limit-text)", corner)
