"""Estimates as money: the one place where floats become decimals, and where an amount to agree on is rounded. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

STEP = Decimal("0.0000000001")
CHANCE = Decimal("0.001")
ENOUGH = Decimal("0.8")
"""How likely an advised amount is enough."""


def as_money(amount: float) -> Decimal:
    """An estimate as money, to the last digit that is kept."""
    return Decimal(repr(float(amount))).quantize(STEP)


def as_chance(chance: float) -> Decimal:
    """How likely something is, as a share of 1, to a tenth of a percent."""
    return Decimal(repr(float(chance))).quantize(CHANCE)


def sensible(amount: Decimal) -> tuple[Decimal, Decimal]:
    """The amount rounded up to what people agree on, and the step that it was rounded up by: 10,212 is 10,500 by 500.

    Two digits that say something, and between 10 and 20 of them halves, so that at most a twentieth or so is added.
    """
    if amount <= 0:
        return Decimal(0), Decimal(0)
    exponent = amount.adjusted()
    step = Decimal(5).scaleb(exponent - 2) if amount < Decimal(2).scaleb(exponent) else Decimal(1).scaleb(exponent - 1)
    rounded = (amount / step).to_integral_value(ROUND_CEILING) * step
    return rounded.quantize(min(step, Decimal(1))), step
