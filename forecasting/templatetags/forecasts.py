"""Words of forecasts, as every page says them."""

from __future__ import annotations

from django import template

register = template.Library()
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
