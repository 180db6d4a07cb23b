"""Standing and bar of a budget, as every page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from budgets.bars import bar_of, whole_percent
from budgets.domain.outline import Standing
from budgets.domain.projection import RUN_RATE, Projection
from budgets.domain.scopes import describe
from budgets.domain.status import Status
from budgets.models import Budget
from wire.templatetags.moments import on_day
from wire.templatetags.money import NOTHING

register = template.Library()
ONE_PERCENT = Decimal("0.01")
register.filter("threshold", whole_percent)
WORDS = {
    Standing.EXCEEDED: ("past", "Exceeded"),
    Standing.CRITICAL: ("crit", "Will exceed"),
    Standing.OVERRUN: ("over", "Ended, exceeded"),
    Standing.WARNING: ("warn", "Close"),
    Standing.OK: ("ok", "On track"),
    Standing.WAITING: ("off", "Not begun"),
    Standing.ENDED: ("off", "Ended"),
    Standing.UNAGREED: ("off", "No limit agreed"),
    Standing.ARCHIVED: ("off", "Archived"),
}


def word_of(standing: Standing, *, over: bool = False) -> str:
    """The word for a standing; a period that is over is on no track any more."""
    return "Within limit" if over and standing is Standing.OK else WORDS[standing][1]


@register.inclusion_tag("parts/state.html")
def state(standing: Standing, more: str = "", *, over: bool = False) -> dict[str, Any]:
    """A chip: shape and word, then colour; `more` is said after the word, `over` where the period has ended."""
    return {"look": WORDS[standing][0], "word": word_of(standing, over=over), "more": more}


@register.filter
def look(standing: Standing) -> str:
    """The class that gives a standing its shape and colour, for other words than its own."""
    return WORDS[standing][0]


@register.inclusion_tag("parts/bar.html")
def bar(status: Status, thresholds: Iterable[Decimal] = ()) -> dict[str, Any]:
    """The bar, or words where there is no limit to measure against."""
    return {"bar": bar_of(status, thresholds), "status": status}


@register.filter
def so_far(rate: Projection) -> str | SafeString:
    """Over which time a rate is the average: "so far", or "since Jul 29" where recording began within the period."""
    return format_html("since {}", on_day(rate.since)) if rate.since else "so far"


@register.filter
def on_what(rate: Projection) -> str | SafeString:
    """What says where it is heading: the plain average, or how likely a forecast is that the limit is passed."""
    if rate.method == RUN_RATE or rate.exceed_probability is None:
        return format_html("at the average {}", so_far(rate))
    return f"{chance_in_words(rate.exceed_probability)} chance to exceed"


@register.filter("chance")
def chance_in_words(share: Decimal | None) -> str:
    """How likely something is, never surer than a forecast can be: "31%", "below 1%", "above 99%"."""
    if share is None:
        return NOTHING
    if share < ONE_PERCENT:
        return "below 1%"
    return "above 99%" if share > 1 - ONE_PERCENT else f"{share * 100:.0f}%"


@register.filter
def scope_words(budget: Budget) -> str:
    """What the budget is for, in words."""
    return describe(budget.scope)
