"""The template of every chart: built here with Plotly, drawn in the browser.

Colours are written as var(--token) and looked up when drawn, so that both themes and paper work. Sums travel as
decimal text; nothing here adds or rounds them by floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import plotly.graph_objects as go
from django.conf import settings

from wire.money import SYMBOLS
from wire.templatetags.money import in_words

MOST_NAMES = (11, 8, 6, 4, 3, 2)
HEADROOM = Decimal("1.14")
CENT = Decimal("0.01")
THOUSAND, MILLION, BILLION = Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9
SIZES = ((BILLION, "B"), (MILLION, "M"), (THOUSAND, "K"))
NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
LETTER, BETWEEN = 7, 8  # pixels: of the widest digit at 12 px, and between two names

Place = str | float


class Line(NamedTuple):
    """A figure that the chart says: of what, the words for it, and its sign in the legend, a class; "" has none."""

    name: str
    amount: str
    sign: str = ""


class HoverText(NamedTuple):
    """A place in the chart, what it is called, and the figures that are said there."""

    place: Place
    height: Decimal
    heading: str
    lines: Sequence[Line]


def empty_figure(heights: Sequence[Decimal], beside: str = "", *, counted: bool = False) -> go.Figure:
    """A chart as high as the highest of these sums, with room for the words `beside` its right end.

    With `counted` the heights are numbers of things, not money.
    """
    highest = max((Decimal(height) for height in heights), default=Decimal(0))
    top = (max(highest, Decimal(4)) if counted else highest if highest > 0 else CENT) * HEADROOM
    sums = upwards(top, counted=counted)
    # Said at once: each update of a figure checks all of it again.
    return go.Figure(
        layout={
            "template": go.layout.Template(),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "dragmode": False,
            "hovermode": "x",
            "hoverdistance": -1,
            "font": {"size": 12, "color": "var(--muted)"},
            "margin": {"l": room_for(sums["ticktext"], 44), "r": room_for([beside], 30), "t": 20, "b": 28},
            "xaxis": {
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "linecolor": "var(--line)",
                "tickcolor": "var(--line)",
                "ticks": "outside",
                "ticklen": 4,
                "tickangle": 0,
                "showspikes": True,
                "spikemode": "across",
                "spikesnap": "hovered data",
                "spikecolor": "var(--control)",
                "spikethickness": 1,
                "spikedash": "solid",
            },
            "yaxis": {
                "type": "linear",
                "gridcolor": "var(--hair)",
                "zeroline": False,
                "fixedrange": True,
                "range": ["0", as_sum(top)],
                **sums,
            },
        }
    )


def words(figure: go.Figure, points: Sequence[HoverText]) -> None:
    """What the chart says where one points at it, shown by pointed.js. All of it is one trace: of several, each would
    add what it has nearest, though that is of another day.
    """
    figure.add_scatter(
        x=[point.place for point in points],
        y=[as_sum(point.height) for point in points],
        mode="markers",
        marker={"opacity": 0},
        text=[point.heading for point in points],
        customdata=[[list(line) for line in point.lines] for point in points],
        hoverinfo="none",
        cliponaxis=False,
    )


def plain(figure: go.Figure) -> dict[str, Any]:
    """The figure as plain JSON."""
    found: dict[str, Any] = figure.to_plotly_json()
    found["layout"].pop("template", None)
    return found


def name_choices(places: Sequence[Place], names: Sequence[str], named: Callable[[int], list[int]]) -> dict[str, Any]:
    """Which places the horizontal axis may name, from many to few; the browser takes the most that have room.

    `named` gives the numbers of those that are named when there is room for so many. `apart` is how far the nearest two
    of them lie from one another, as a share of the axis, and `pixels` what the longest needs.
    """
    choices = []
    for most in MOST_NAMES:
        chosen = named(most)
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


def evenly(count: int, most: int, *, to_the_end: bool) -> list[int]:
    """The numbers of at most so many of `count` places, all equally far apart, the first of them among them; with
    `to_the_end` the last, and the first too where a step that is not much wider leads from one to the other.
    """
    least, last = -(-count // most), count - 1
    if not to_the_end:
        return list(range(0, count, least))
    apart = next((step for step in range(least, least * 3 // 2 + 1) if last % step == 0), least)
    return list(range(last % apart, count, apart))


def upwards(top: Decimal, *, counted: bool = False) -> dict[str, Any]:
    """The sums that the vertical axis names, from 0 up to `top`, in short words: "$12,000", "$200K", "$2.5M"."""
    least = max(top / 6, Decimal(1)) if counted else top / 6
    ten = Decimal(10) ** least.adjusted()
    step = next(nice * ten for nice in NICE if nice * ten >= least and not (counted and (nice * ten) % 1))
    sums = [step * n for n in range(int(top / step) + 1)]
    texts = [_short(amount, step, top, counted) for amount in sums]
    return {"tickvals": [as_sum(amount) for amount in sums], "ticktext": texts}


def room_for(texts: Sequence[str], least: int = 0) -> int:
    """How many pixels these words need at the side of a chart."""
    return max(least, LETTER * max((len(text) for text in texts), default=0) + 16)


def as_sum(amount: Decimal) -> str:
    """A sum as the axis takes it: to the cent, or as small as it is."""
    amount = Decimal(amount)
    return f"{amount.quantize(CENT) if abs(amount) >= 1 else amount.normalize():f}"


def _short(amount: Decimal, step: Decimal, top: Decimal, counted: bool) -> str:
    symbol = "" if counted else SYMBOLS.get(settings.COSTOPS_CURRENCY, f"{settings.COSTOPS_CURRENCY} ")
    if top >= MILLION and amount >= THOUSAND:
        size, letter = next(found for found in SIZES if amount >= found[0])
        return f"{symbol}{_digits(amount / size)}{letter}"
    if counted:
        return f"{int(amount):,}"
    if step < CENT and amount:
        return f"{symbol}{_digits(amount)}"
    return in_words(amount, cents=step != step.to_integral_value())


def _digits(number: Decimal) -> str:
    return f"{number.normalize():f}"
