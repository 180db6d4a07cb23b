"""Limits and hours in a budget's words: what was agreed to the cent, and times that are known by their hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wire.templatetags.moments import short_day
from wire.templatetags.money import NOTHING, agreed, in_words

register = template.Library()
CENT = Decimal("0.01")
HOUR = timedelta(hours=1)


@register.filter
def to_cent(amount: Decimal | None, cents: bool | None = None) -> str:
    """`{{ status.limit|to_cent:cents }}`: exact, "$60,000", "$14,000.50"; `cents` is the column's, left out for one
    alone. What was converted or carried over, and has more decimals than anybody agreed on, is said to the cent.
    """
    if amount is None:
        return NOTHING
    amount = Decimal(amount)
    if isinstance(cents, bool):
        return in_words(amount, cents=cents)
    return agreed(amount if abs(amount) < 1 else amount.quantize(CENT))


def limits_need_cents(amounts: Iterable[Decimal | None]) -> bool:
    """Whether a column of limits needs its cents: where one of them has some."""
    return any(amount.quantize(CENT) % 1 for amount in amounts if amount is not None)


@register.filter
def within_hour(hour: datetime | None) -> str | SafeString:
    """A `<time>` for what happened within an hour of the company's clock: "Mar 18, 16:00–17:00", or "since 16:00"."""
    if hour is None:
        return NOTHING
    begins, ends = timezone.localtime(hour), timezone.localtime(hour + HOUR)
    under_way = ends > timezone.localtime()
    hours = f"since {written(begins, 'H:i')}" if under_way else f"{written(begins, 'H:i')}–{written(ends, 'H:i')}"
    text = f"{short_day(begins.date())}, {hours}"
    exact = f"{written(begins, 'M j, Y')}, between {written(begins, 'H:i')} and {written(ends, 'H:i T')}"
    return format_html('<time datetime="{}" title="{}">{}</time>', begins.isoformat(), exact, text)
