"""What a switch of models makes of what is to come: the usage of the last weeks, as the other model would cost it.

Read from rollups, which count input, cached input and output: cache writes are priced as input and reasoning as
output, and a long prompt at the price of a usual one. What was spent is scaled by what the same tokens would cost with
one model and with the other, at the same prices: discounts of a batch and calls without a price keep their proportion.
Models whose calls say no tokens cost what they cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from forecasting.domain.assumptions import ScenarioError, Switch
from forecasting.domain.scenarios import Switched
from usage.domain import ground
from usage.domain.pricing import PriceBook, RateCard
from usage.domain.selection import Selection
from usage.domain.summary import Total, summary
from usage.domain.visibility import Seen
from usage.rules import may_read_contracts

LOOKED_AT = timedelta(days=28)
MILLION, THOUSAND = Decimal(10) ** 6, Decimal(10) ** 3
ONE, ZERO = Decimal(1), Decimal(0)


def recent_usage(seen: Seen, labels: Mapping[str, tuple[str, ...]], at: datetime) -> list[Total]:
    """What the last 28 days cost by provider and model, in one query."""
    return summary(seen, Selection(at - LOOKED_AT, None, labels), ["provider", "model"])


def book_for(user: Any) -> PriceBook:
    """The prices that a person may reckon with: who may not read contract prices reckons with the lists."""
    if may_read_contracts(user):
        return ground.current().prices
    return PriceBook((), (), settings.COSTOPS_USD_RATE, settings.COSTOPS_ZONE)


def switched(switch: Switch, recent: Sequence[Total], book: PriceBook, at: datetime) -> Switched:
    """By what the switch scales spend. Raises ScenarioError, its field being model_switch.to, for an unknown price."""
    if book.card(None, switch.after, at) is None and not any(
        book.card(row.labels[0], switch.after, at) for row in recent
    ):
        raise _unknown(switch.after)
    if switch.before.casefold() == switch.after.casefold():
        return Switched(ONE, f"{switch.before} is switched to itself, so that this changes nothing.")
    whole = sum((row.cost for row in recent), ZERO)
    concerned = [row for row in recent if _is_of(row, switch.before, book, at)]
    if not concerned or whole <= 0:
        return Switched(ONE, f"None of the last 28 days' spend is of {switch.before}, so that this changes nothing.")
    scaled = [(row, _cost_after(row, switch.after, book, at)) for row in concerned]
    change = sum((after - row.cost for row, after in scaled if after is not None), ZERO)
    factor = max(ONE + switch.share * change / whole, ZERO)
    part = sum((row.cost for row in concerned), ZERO) / whole * 100
    share = "under 1%" if part < 1 else f"{part:.0f}%"
    note = f"{switch.before} was {share} of the last 28 days' spend."
    if all(after is None for _, after in scaled):
        note += " It has no tokens or no price to reckon with, so that this changes nothing."
    return Switched(factor, note)


def _is_of(row: Total, name: str, book: PriceBook, at: datetime) -> bool:
    """Whether a group of usage is of the model of this name, by that or by what it is priced as."""
    provider, model = row.labels
    if model is None or (row.unpriced and not row.cost):
        return False
    if model.casefold() == name.casefold():
        return True
    asked, found = book.card(None, name, at), book.card(provider, model, at)
    return asked is not None and found is not None and (asked.provider, asked.model) == (found.provider, found.model)


def _cost_after(row: Total, model: str, book: PriceBook, at: datetime) -> Decimal | None:
    """What a group of usage would have cost with another model; None without tokens or a price to compare with."""
    if not row.input_tokens and not row.output_tokens:
        return None
    card = book.card(row.labels[0], model, at) or book.card(None, model, at)
    if card is None:
        raise _unknown(model)
    after = _cost_with(row, card, model)
    before = _listed(row, book, at)
    if before:
        return row.cost * after / before
    return after if before is not None and not row.cost else None


def _listed(row: Total, book: PriceBook, at: datetime) -> Decimal | None:
    """What a group of usage costs with its own model by the prices; None where there is none."""
    provider, model = row.labels
    card = book.card(provider, model, at)
    try:
        return _cost_with(row, card, model or "") if card else None
    except ScenarioError:
        return None


def _cost_with(row: Total, card: RateCard, model: str) -> Decimal:
    cached = min(row.cached_input_tokens, row.input_tokens)
    kinds = (
        ("input", row.input_tokens - cached, MILLION),
        ("cached_input" if "cached_input" in card.rates else "input", cached, MILLION),
        ("output", row.output_tokens, MILLION),
        ("request", row.requests if "request" in card.rates else 0, THOUSAND),
    )
    priced = sum((_priced(card, kind, count, model) / unit for kind, count, unit in kinds), ZERO)
    return priced * settings.COSTOPS_USD_RATE


def _priced(card: RateCard, kind: str, count: int, model: str) -> Decimal:
    if not count:
        return ZERO
    rate = card.rates.get(kind)
    if rate is None or rate.base is None:
        # An embedding model has no price for output, and makes none: usage with output cannot be switched to it.
        raise _unknown(model, f" for {kind.replace('_', ' ')}")
    return rate.base * count


def _unknown(model: str, of: str = "") -> ScenarioError:
    sentence = f"Nobody knows a price of {model}{of}. Check the name, or have finance add a price."
    return ScenarioError({"assumptions.model_switch.to": [sentence]})
