"""What was agreed about prices, in words that people use."""

from __future__ import annotations

import re
from decimal import Decimal

from usage.domain.price_list import agreements_in
from usage.domain.pricing import RateCard
from usage.models import PriceOverride
from wire.money import exact

_OTHERS_LIST = re.compile(r"\((.+?)\)")

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


def priced_by(card: RateCard, called: str) -> str:
    """Where the price of a name is from, in few words: "List price of openai", "As gpt-4o, by an alias"."""
    alias, override = agreements_in(card.basis)
    if override:
        return "Contract price, through an alias" if alias else "Contract price"
    if alias:
        return f"As {card.model}, by an alias"
    whose = _OTHERS_LIST.search(card.basis)
    words = f"List price of {whose[1]}" if whose else "List price"
    return words if card.model.lower() == called.strip().lower() else f"{words}, as {card.model}"
