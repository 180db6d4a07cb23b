"""The bar that says it all: spent, projected and the limit, on one scale in every row, page and message.

The limit stands at 75 % of the width, so that limits line up down a column; what lies beyond 133 % of it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from budgets.domain.status import Status
from wire.templatetags.money import in_words, percent

LIMIT_AT = Decimal(75)
EDGE = Decimal("99.4")
HARDLY = Decimal("0.0005")


@dataclass(frozen=True)
class Mark:
    """A threshold on the bar: where, what it is called, and whether it was reached."""

    at: str
    text: str
    reached: bool


@dataclass(frozen=True)
class Bar:
    """Places and widths in percent of the bar's width, as SVG takes them; None where there is nothing to draw."""

    label: str
    spent: str
    past: str | None
    projected: str | None
    marks: tuple[Mark, ...] = ()


def bar_of(status: Status, thresholds: Iterable[Decimal] = ()) -> Bar | None:
    """The bar of a status; None where there is no limit to measure against. `thresholds` are shares of the limit."""
    limit = status.limit
    if limit <= 0 or status.share is None:
        return None
    spent, projected = status.share, status.rate.forecast / limit
    heading = projected - spent > HARDLY
    label = f"{percent(spent)} of {in_words(limit)} spent"
    return Bar(
        label=f"{label}, {percent(projected)} projected" if heading else label,
        spent=_place(min(spent, Decimal(1))),
        past=_width(min(spent * LIMIT_AT, Decimal(100)) - LIMIT_AT) if spent > 1 else None,
        projected=_place(projected, EDGE) if heading else None,
        marks=tuple(Mark(_place(share, EDGE), whole_percent(share), spent >= share) for share in sorted(thresholds)),
    )


def whole_percent(share: Decimal) -> str:
    """A threshold as people say it: 0.8 is "80%", 0.999 "99.9%"."""
    return f"{(share * 100).normalize():f}%"


def _place(share: Decimal, most: Decimal = Decimal(100)) -> str:
    return _width(min(max(share, Decimal(0)) * LIMIT_AT, most))


def _width(of_hundred: Decimal) -> str:
    return f"{of_hundred:.2f}%"
