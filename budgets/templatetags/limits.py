"""Limits in a budget's words: what was agreed, to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.conf import settings

from wire.money import NAMES
from wire.templatetags.money import NOTHING, agreed, cents_in, in_words

register = template.Library()
CENT = Decimal("0.01")
SMALL = Decimal(100)


@register.filter
def to_cent(amount: Decimal | None, cents: bool | None = None) -> str:
    """`{{ status.limit|to_cent:cents }}`: exact, "$60,000", "$14,000.50"; with `cents` as a boolean they are said or
    not, as it is. What was converted or carried over, and has more decimals than anybody agreed on, is said to the
    cent.
    """
    if amount is None:
        return NOTHING
    amount = Decimal(amount)
    if isinstance(cents, bool):
        return in_words(amount, cents=cents)
    return agreed(amount if abs(amount) < 1 else amount.quantize(CENT))


@register.filter
def limit_cell(limit: Decimal) -> str:
    """`{{ status.limit|limit_cell }}`: a limit in a column, exact; only those that were agreed with cents have them."""
    limit = limit if abs(limit) < 1 else limit.quantize(CENT)
    return in_words(limit, cents=bool(limit % 1))


def row_needs_cents(limit: Decimal, *amounts: Decimal) -> bool:
    """Whether the figures of one row need cents in a column of whole amounts: where a dollar is much of its limit."""
    return 0 < limit < SMALL and cents_in(amounts)


@register.simple_tag
def whole_amounts() -> str:
    """Under a table without cents: why its sums may be a dollar off."""
    currency = settings.COSTOPS_CURRENCY
    return f"Whole {NAMES.get(currency, currency)}; sums are of the exact amounts."


def limits_need_cents(amounts: Iterable[Decimal | None]) -> bool:
    """Whether figures that stand beside limits need cents: where one of these has some."""
    return any(amount.quantize(CENT) % 1 for amount in amounts if amount is not None)
