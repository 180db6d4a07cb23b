"""Words of forecasts, as every page says them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from wire.templatetags.money import NOTHING, percent

register = template.Library()
EVEN = Decimal("0.0005")
METHODS = {
    "ensemble": "Several models, weighted",
    "short_history": "Few days, the latest counting most",
    "stopped": "Looks as if it stopped",
    "run_rate": "The average so far",
}


@register.filter
def method(name: str) -> str:
    """A method as people call it."""
    return METHODS.get(name, name.replace("_", " ").capitalize())


@register.filter
def leaning(bias: Decimal | None) -> str:
    """On which side forecasts were on average, as a share of what was spent: "1.2% too high", "even"."""
    if bias is None:
        return NOTHING
    return "even" if abs(bias) < EVEN else f"{percent(abs(bias))} too {'high' if bias > 0 else 'low'}"
