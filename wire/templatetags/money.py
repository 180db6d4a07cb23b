"""Money and shares on pages, in the company's currency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.conf import settings

from wire.money import SYMBOLS, in_percent
from wire.money import agreed as agreed_in
from wire.money import shown as shown_in

register = template.Library()
NOTHING = "—"
HALF = Decimal("0.5")


def cents_in(amounts: Iterable[Decimal | None]) -> bool:
    """Whether a column of these amounts needs its cents: only where every amount is below a thousand."""
    return all(abs(amount) < 1000 for amount in amounts if amount is not None)


def in_words(amount: Decimal | None, cents: bool | None = None) -> str:
    """An amount for people, "—" for none. Without cents, what would round to nothing is "<$1"."""
    if amount is None:
        return NOTHING
    amount = Decimal(amount)
    if cents is False and 0 < abs(amount) < HALF:
        return f"{'−' if amount < 0 else ''}<{SYMBOLS.get(settings.COSTOPS_CURRENCY, settings.COSTOPS_CURRENCY + ' ')}1"
    return shown_in(amount, settings.COSTOPS_CURRENCY, cents=cents)


@register.filter
def money(amount: Decimal | None, cents: bool | None = None) -> str:
    """`{{ row.spent|money:cents }}`: "$12,345", "$640.25"; `cents` is the column's, left out for a figure alone."""
    return in_words(amount, cents if isinstance(cents, bool) else None)


@register.filter
def signed(amount: Decimal) -> str:
    """A change: "+$12.30", "−$0.40"."""
    return f"{'+' if amount > 0 else ''}{in_words(amount)}"


@register.filter
def agreed(amount: Decimal | None) -> str:
    """`{{ budget.amount|agreed }}`: a limit, exact: "$60,000", "$14,000.50"."""
    return NOTHING if amount is None else agreed_in(Decimal(amount), settings.COSTOPS_CURRENCY)


@register.filter
def percent(share: Decimal | None) -> str:
    """A share of 1 as "60.5%", never 100.0% for what is below; "—" for none."""
    if share is None:
        return NOTHING
    return f"{in_percent(Decimal(share)):,}%"


@register.filter
def number(count: int | None) -> str:
    """A count with its thousands set apart."""
    return NOTHING if count is None else f"{count:,}"
