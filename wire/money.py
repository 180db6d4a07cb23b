"""Money on the wire and on the page: exact decimals, rounded only when shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}


def exact(amount: Decimal) -> str:
    """The amount in full, with at least two decimals and as many as it needs: "10000.00", "0.00021"."""
    _, digits, exponent = amount.normalize().as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{amount} is not an amount of money")
    places = max(2, -exponent)
    return f"{amount:.{places}f}" if any(digits) else "0.00"


def shown(amount: Decimal, currency: str = "USD", *, cents: bool | None = None) -> str:
    """The amount for people: "$12,345", with cents below a thousand, or as `cents` says; −$3.20 when negative.

    What would round to nothing is shown with the digits that it needs, so that no spend looks like none.
    """
    size = abs(amount)
    if cents is None:
        cents = size < 1000
    symbol = SYMBOLS.get(currency, f"{currency} ")
    if cents and 0 < size < CENT:
        text = exact(size)
    else:
        text = f"{size.quantize(CENT if cents else Decimal(1), ROUND_HALF_UP):,}"
    return f"{'−' if amount < 0 else ''}{symbol}{text}"
