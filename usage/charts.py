"""The explorer's chart: what each day, week or month cost, or called for, stacked by one label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.dateformat import format as written

from wire.charts import HoverText, Line, as_sum, empty_figure, evenly, name_choices, plain, words
from wire.days import ONE_DAY, day_begins, hour_of
from wire.templatetags.money import in_words

# --c2 and --c3 are both teal: in this order one lies on the other only where the layer between has nothing.
COLOURS = ("var(--c1)", "var(--c2)", "var(--c4)", "var(--c3)", "var(--c5)")
OTHER = "var(--c6)"


class Layer(NamedTuple):
    """One value of the label: its name, its colour, what it adds up to, and its sum in each bar."""

    name: str
    colour: str
    total: Decimal
    sums: list[Decimal]

    @property
    def key(self) -> str:
        """The class that gives its sign in the legend the same colour."""
        return self.colour.replace("var(--c", "k").rstrip(")")


class Bar(NamedTuple):
    """An hour, day, week or month: its first day within what is looked at, its last, its name, and by what its sums are
    found: of an hour its first instant, otherwise the day on which it begins.
    """

    first: date
    last: date
    name: str
    key: date | datetime


def bars_of(first: date, last: date, interval: str) -> list[Bar]:
    """The bars from one day to another, both included; of one day its hours."""
    if interval == "hour":
        return _hours_of(first)
    bars, day = [], first
    while day <= last:
        if interval == "year":
            after = date(day.year + 1, 1, 1)
        elif interval == "month":
            after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            after = day + (timedelta(days=7 - day.weekday()) if interval == "week" else ONE_DAY)
        name = _name(day, interval, first.year != last.year)
        bars.append(Bar(day, min(after - ONE_DAY, last), name, _begins(day, interval)))
        day = after
    return bars


def layers_of(
    sums: Mapping[tuple[datetime, int], Decimal],
    bars: Sequence[Bar],
    interval: str,
    names: Sequence[str],
    other: str,
) -> list[Layer]:
    """The sums of `ranking.course` in the order of names, then what is none of them where there is something."""
    places = {bar.key: number for number, bar in enumerate(bars)}
    heights = [[Decimal(0)] * len(bars) for _ in range(len(names) + 1)]
    for (start, place), amount in sums.items():
        local = start.astimezone(settings.COSTOPS_ZONE)
        heights[place][places[start if interval == "hour" else local.date()]] += amount
    found = [
        Layer(name, COLOURS[number], sum(row, Decimal(0)), row)
        for number, (name, row) in enumerate(zip(names, heights, strict=False))
    ]
    if any(heights[-1]):
        found.append(Layer(other, OTHER, sum(heights[-1], Decimal(0)), heights[-1]))
    return found


def stacked(
    bars: Sequence[Bar],
    layers: Sequence[Layer],
    *,
    counted: bool,
    links: Sequence[str] = (),
    ahead: Sequence[Decimal] = (),
) -> dict[str, Any]:
    """The figure; `links` are where a click on each bar leads, `ahead` is what is projected on top of each."""
    totals = [sum((layer.sums[number] for layer in layers), Decimal(0)) for number, _ in enumerate(bars)]
    tops = [total + more for total, more in zip(totals, ahead, strict=True)] if ahead else totals
    figure = empty_figure(tops, counted=counted)
    names = [bar.name for bar in bars]
    choices = name_choices(names, names, lambda most: evenly(len(bars), most, to_the_end=True))
    figure.update_layout(
        meta={**choices, "links": list(links)}, barmode="stack", bargap=0.22 if len(bars) < 60 else 0.1
    )
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=names)
    for layer in layers:
        y = [as_sum(amount) for amount in layer.sums]
        figure.add_bar(x=names, y=y, name=layer.name, marker={"color": layer.colour}, hoverinfo="skip")
    if ahead:
        y = [as_sum(amount) for amount in ahead]
        figure.add_bar(x=names, y=y, name="Projected", marker={"color": "var(--rest)"}, hoverinfo="skip")
    said = [_said(bar, number, layers, totals[number], counted) for number, bar in enumerate(bars)]
    words(figure, [_with_ahead(one, more) for one, more in zip(said, ahead, strict=True)] if ahead else said)
    return plain(figure)


def amount_in_words(amount: Decimal, *, counted: bool, cents: bool | None = None) -> str:
    """A height of the chart as people read it."""
    return f"{int(amount):,}" if counted else in_words(amount, cents)


def _said(bar: Bar, number: int, layers: Sequence[Layer], total: Decimal, counted: bool) -> HoverText:
    lines = [
        Line(_short(layer.name), amount_in_words(layer.sums[number], counted=counted), layer.key)
        for layer in layers
        if layer.sums[number]
    ]
    if len(lines) != 1:
        lines.append(Line("All", amount_in_words(total, counted=counted)))
    return HoverText(bar.name, total, bar.name, lines)


def _with_ahead(said: HoverText, more: Decimal) -> HoverText:
    if not more:
        return said
    projected = Line("Projected", in_words(more), "rest")
    return said._replace(lines=[*said.lines, projected] if said.height else [projected])


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"


def _hours_of(day: date) -> list[Bar]:
    """The hours of a day: 24, or as many as there are where the clock is changed."""
    zone = settings.COSTOPS_ZONE
    at, ends = day_begins(day, zone), day_begins(day + ONE_DAY, zone)
    bars: list[Bar] = []
    while at < ends:
        name = f"{at.astimezone(zone):%H:%M}"
        again = any(bar.name == name for bar in bars)
        bars.append(Bar(day, day, f"{name} again" if again else name, at))
        at = hour_of(at + timedelta(hours=1), zone)
    return bars


def _begins(day: date, interval: str) -> date:
    """The first day of the interval that a day lies in, as sums are cut."""
    if interval == "year":
        return day.replace(month=1, day=1)
    if interval == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if interval == "week" else day


def _name(day: date, interval: str, with_year: bool) -> str:
    if interval == "year":
        return str(day.year)
    if interval == "month":
        return written(day, "M Y")
    text = written(day, "M j, Y" if with_year else "M j")
    return f"Week of {text}" if interval == "week" else text
