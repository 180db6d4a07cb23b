"""What was agreed about prices, and where the cost of a call is from, in words that people use."""

from __future__ import annotations

import re
from decimal import Decimal

from usage.domain.price_list import agreements_in
from usage.models import PriceOverride, UsageEvent
from usage.models.event import CostSource
from wire.money import exact

#: The model in a basis such as "genai-prices:azure/gpt-4o (openai) batch at 0.92", and whose list it is on.
_LISTED = re.compile(
    r"[:>]?[^/:>]+/(?P<name>.+?)(?: \((?P<whose>[^()]+)\))?(?: (?:batch|flex|priority))?(?: at [\d.]+)?$"
)

#: The kinds of what is charged, in the order in which people ask for them.
KINDS = {
    "input": "input",
    "output": "output",
    "cached_input": "cached input",
    "cache_write": "cache write, 5 min",
    "cache_write_1h": "cache write, 1 h",
    "reasoning": "reasoning",
    "audio_input": "audio input",
    "audio_output": "audio output",
    "web_search": "web searches, per 1,000",
    "request": "requests, per 1,000",
}


def dollars(rate: Decimal) -> str:
    """A rate to its last digit: "$0.075"."""
    return f"${exact(rate)}"


def agreed_price(row: PriceOverride) -> str:
    """What a contract price says: "15% off", or "$2.10 input · $8.40 output"."""
    if row.percent_off is not None:
        return f"{row.percent_off.normalize():f}% off"
    rates = row.rates or {}
    return " · ".join(f"{dollars(Decimal(rates[kind]))} {word}" for kind, word in KINDS.items() if kind in rates)


def price_words(basis: str, called: str | None) -> str:
    """Where a price is from, in few words: "List price of openai", "As gpt-4o, by an alias"; "" for no basis.

    `basis` is what a call keeps of its price, and `called` the name that it was made by.
    """
    if not basis:
        return ""
    alias, override = agreements_in(basis)
    if override:
        return "Contract price, through an alias" if alias else "Contract price"
    listed = _LISTED.search(basis)
    name, whose = (listed["name"], listed["whose"]) if listed else ("", None)
    if alias:
        return f"As {name}, by an alias"
    words = f"List price of {whose}" if whose else "List price"
    return words if not name or name.lower() == (called or "").strip().lower() else f"{words}, as {name}"


#: Where the cost of a call is from, where no price says more.
COSTS = {
    CostSource.PRICED: "Priced",
    CostSource.REPORTED: "As the call reported it",
    CostSource.IMPORTED: "As the imported file says",
    CostSource.UNPRICED: "No price",
}


def cost_words(call: UsageEvent, called: str | None) -> str:
    """Where the cost of a call is from: the words of its price, or who told the cost."""
    priced = call.cost_source == CostSource.PRICED and price_words(call.price_basis, called)
    return priced or COSTS[CostSource(call.cost_source)]
