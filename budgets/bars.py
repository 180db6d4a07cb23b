"""The bar that says it all: spent, projected and the limit, on one scale in every row, page and message.

The limit stands at 75 % of the width, so that limits line up down a column. What lies beyond the end, at 133 % of the
limit, is cut there and gets an arrow instead of a mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from budgets.domain.status import Status
from budgets.templatetags.limits import to_cent
from wire.templatetags.money import percent

LIMIT_AT = Decimal(75)
END = Decimal(100) / LIMIT_AT
HARDLY = Decimal("0.0005")


@dataclass(frozen=True)
class Mark:
    """A threshold on the bar: where, what it is called, and whether it was reached."""

    at: str
    text: str
    reached: bool


class Span(NamedTuple):
    """A stretch of the bar."""

    at: str
    width: str


class Band(NamedTuple):
    """Between which shares of the limit the projection lies."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Bar:
    """Places and widths in percent of the bar's width, as SVG takes them; None where there is nothing to draw."""

    label: str
    spent: str
    past: str | None
    spent_beyond: bool
    projected: str | None
    beyond: str
    """What the projection is, where that lies beyond the bar's end."""
    band: Span | None = None
    """The 95 % band of the projection, as far as the bar goes."""
    marks: tuple[Mark, ...] = ()


def bar_for(
    spent: Decimal, projected: Decimal, limit: Decimal, low: Decimal | None = None, high: Decimal | None = None
) -> Bar | None:
    """The bar of sums that are no budget's status; None where there is no limit to measure against.

    `low` and `high` are the band of what is projected.
    """
    if limit <= 0:
        return None
    return _bar(spent / limit, projected / limit, limit, (), _band(low, high, limit))


def bar_of(status: Status, thresholds: Iterable[Decimal] = ()) -> Bar | None:
    """The bar of a status; None where there is, or was then, no limit to measure against.

    `thresholds` are shares of the limit.
    """
    if status.limit <= 0 or status.share is None or not status.agreed:
        return None
    rate, limit = status.rate, status.limit
    return _bar(status.share, rate.forecast / limit, limit, thresholds, _band(rate.low, rate.high, limit))


def _bar(spent: Decimal, projected: Decimal, limit: Decimal, thresholds: Iterable[Decimal], band: Band | None) -> Bar:
    heading = projected - spent > HARDLY
    band = band if heading else None
    beyond = heading and projected > END
    label = f"{percent(spent)} of {to_cent(limit)} spent"
    if heading:
        label += f", {percent(projected)} projected"
    if band:
        label += f", 95% band {band.low * 100:,.0f} to {band.high * 100:,.0f}%"
    return Bar(
        label=label,
        spent=_place(min(spent, Decimal(1))),
        past=_width(min(spent * LIMIT_AT, Decimal(100)) - LIMIT_AT) if spent > 1 else None,
        spent_beyond=spent > END,
        projected=_place(projected) if heading and not beyond else None,
        beyond=percent(projected) if beyond else "",
        band=_span(band) if band and band.low < END else None,
        marks=tuple(
            Mark(_place(share), whole_percent(share), spent >= share) for share in sorted(thresholds) if share <= END
        ),
    )


def arrows(shown: Iterable[Status]) -> frozenset[str]:
    """In which arrows the bars of these end, for their legend: "spent" and "projected" beyond the end of the bar."""
    bars = [bar for status in shown if (bar := bar_of(status))]
    kinds = ("spent" if bar.spent_beyond else "projected" if bar.beyond else "" for bar in bars)
    return frozenset(kinds) - {""}


def whole_percent(share: Decimal) -> str:
    """A threshold as people say it: 0.8 is "80%", 0.999 "99.9%"."""
    return f"{(share * 100).normalize():f}%"


def _band(low: Decimal | None, high: Decimal | None, limit: Decimal) -> Band | None:
    return None if low is None or high is None else Band(low / limit, high / limit)


def _span(band: Band) -> Span:
    low, high = (min(share, END) * LIMIT_AT for share in band)
    return Span(_width(low), _width(high - low))


def _place(share: Decimal) -> str:
    return _width(min(max(share, Decimal(0)) * LIMIT_AT, Decimal(100)))


def _width(of_hundred: Decimal) -> str:
    return f"{of_hundred:.2f}%"
