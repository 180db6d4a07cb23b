"""Money and shares on pages, in the company's currency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wire.money import SYMBOLS, exact, in_percent
from wire.money import agreed as agreed_in
from wire.money import shown as shown_in

register = template.Library()
NOTHING = "—"
HALF = Decimal("0.5")
TEN_CENTS = Decimal("0.1")


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
def signed(amount: Decimal, cents: bool | None = None) -> str:
    """A change: "+$12.30", "−$0.40"; `cents` is the column's, but what would round to nothing is said with them."""
    cents = cents if isinstance(cents, bool) and abs(amount) >= HALF else None
    return f"{'+' if amount > 0 else ''}{in_words(amount, cents)}"


@register.filter
def exactly(amount: Decimal | None, cents: bool | None = None) -> str | SafeString:
    """`{{ row.cost|exactly:cents }}`: as `money` says it, with every digit on hover and for programs that read."""
    if amount is None:
        return NOTHING
    text, full = in_words(amount, cents if isinstance(cents, bool) else None), exact(Decimal(amount))
    return format_html('<data value="{}" title="{} {}">{}</data>', full, full, settings.COSTOPS_CURRENCY, text)


@register.filter
def average(amount: Decimal | None) -> str:
    """An average: to the cent, or below ten cents to three digits that say something: "$1.31", "$0.00369"."""
    if amount is None:
        return NOTHING
    amount = Decimal(amount)
    if 0 < abs(amount) < TEN_CENTS:
        amount = round(amount, 2 - amount.adjusted())
        return agreed(amount)
    return in_words(amount, cents=True if abs(amount) < 1000 else None)


@register.filter(name="exact")
def in_full(amount: Decimal | None) -> str:
    """Every digit that there is: "1.518435"."""
    return NOTHING if amount is None else exact(Decimal(amount))


@register.filter
def growth(share: Decimal | None) -> str:
    """A change as a share of what was before: "+12.3%", "−4%"; "new" where nothing was."""
    if share is None:
        return "new"
    percents = (share * 100).quantize(Decimal("0.1"))
    if abs(percents) >= 1000:
        return f"{'+' if share > 0 else '−'}{abs(percents):,.0f}%"
    return f"{'+' if percents > 0 else '−' if percents < 0 else ''}{abs(percents)}%"


@register.filter
def short_number(count: int | None) -> str:
    """A large count in short: "1.2M", "340K", "980"."""
    if count is None:
        return NOTHING
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if abs(count) >= size:
            return f"{Decimal(count) / size:.1f}{letter}" if abs(count) < 100 * size else f"{count // size:,}{letter}"
    return f"{count:,}"


@register.filter
def agreed(amount: Decimal | None) -> str:
    """`{{ budget.amount|agreed }}`: a limit, exact: "$60,000", "$14,000.50"."""
    return NOTHING if amount is None else agreed_in(Decimal(amount), settings.COSTOPS_CURRENCY)


@register.filter
def percent(share: Decimal | None) -> str:
    """A share of 1 as "60.5%", never 100.0% for what is below; "—" for none."""
    if share is None:
        return NOTHING
    return f"{in_percent(Decimal(share)):,}%".replace("-", "−")


@register.filter
def number(count: int | None) -> str:
    """A count with its thousands set apart."""
    return NOTHING if count is None else f"{count:,}"
