"""Estimates as money: the one place where floats become decimals, and where an amount to agree on is rounded. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

STEP = Decimal("0.0000000001")
CHANCE = Decimal("0.001")
ENOUGH = Decimal("0.9")
"""How likely an advised amount is enough."""


def as_money(amount: float) -> Decimal:
    """An estimate as money, to the last digit that is kept."""
    return Decimal(repr(float(amount))).quantize(STEP)


def as_chance(chance: float) -> Decimal:
    """How likely something is, as a share of 1, to a tenth of a percent."""
    return Decimal(repr(float(chance))).quantize(CHANCE)


def sensible(amount: Decimal) -> tuple[Decimal, Decimal]:
    """The amount rounded up to what people agree on, and the step that it was rounded up by: 10,212 is 10,500 by 500.

    The step is 5 in the second digit, so that nothing is rounded up by more than half.
    """
    if amount <= 0:
        return Decimal(0), Decimal(0)
    step = Decimal(5).scaleb(amount.adjusted() - 1)
    rounded = (amount / step).to_integral_value(ROUND_CEILING) * step
    return rounded.quantize(Decimal("0.01")) if step >= Decimal("0.01") else rounded, step
