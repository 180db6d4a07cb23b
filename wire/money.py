"""Money on the wire and on the page: exact decimals, rounded only when shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")
LAST_BELOW = Decimal("99.9")
NAMES = {"USD": "dollars", "EUR": "euros", "GBP": "pounds", "JPY": "yen", "INR": "rupees"}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}


def in_percent(share: Decimal) -> Decimal:
    """A share of 1 in percent, rounded to a tenth; what is below 1 never reads 100.0, however near."""
    rounded = (share * 100).quantize(TENTH, ROUND_HALF_UP)
    return LAST_BELOW if rounded >= 100 > share * 100 else rounded


def exact(amount: Decimal) -> str:
    """The amount in full, with at least two decimals and as many as it needs: "10000.00", "0.00021"."""
    if not amount:
        return "0.00"
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount of money")
    whole, _, part = f"{amount:f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def signed(amount: Decimal) -> str:
    """A change in full: "+12.30", "-0.00021"."""
    return f"{'+' if amount > 0 else ''}{exact(amount)}"


def shown(amount: Decimal, currency: str = "USD", *, cents: bool | None = None) -> str:
    """The amount for people: "$12,345", with cents below a thousand, or as `cents` says; −$3.20 when negative.

    What would round to nothing is shown with the first three digits that say something, so that no spend looks like
    none.
    """
    size = abs(amount)
    if cents is None:
        cents = size < 1000
    symbol = SYMBOLS.get(currency, f"{currency} ")
    if cents and 0 < size < CENT:
        text = exact(round(size, 2 - size.adjusted()))
    else:
        text = f"{size.quantize(CENT if cents else Decimal(1), ROUND_HALF_UP):,}"
    return f"{'−' if amount < 0 else ''}{symbol}{text}"


def agreed(amount: Decimal, currency: str = "USD") -> str:
    """An amount that people agreed on, exact: "$60,000", "$14,000.50", "$0.75"."""
    if amount == amount.to_integral_value():
        return shown(amount, currency)
    whole, _, part = exact(abs(amount)).partition(".")
    return f"{'−' if amount < 0 else ''}{SYMBOLS.get(currency, f'{currency} ')}{int(whole):,}.{part}"
