"""Why spend changed: how much of it is volume, how much is mix, how much is price. Pure.

The usual price-volume-mix analysis of a variance, with tokens as units and models as products. Volume is the change in
tokens at the average cost that a token had before. Mix is what the move between models makes, each at its cost before;
a model that is new has none, so that all of it that is not volume is mix. Price is what a token of the same model costs
more or less than before; a list price that changed is in it, and so is a shift between input, output and cached input,
which cost apart. What was spent without tokens, such as on web searches, stands by itself. The parts add up exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from usage.domain.ranking import Ranked

STEP = Decimal("0.0000000001")
ZERO = Decimal(0)


class Effect(NamedTuple):
    """What one model did to the change: its own volume, mix and price add up to how its cost changed."""

    labels: tuple[str | None, ...]
    change: Decimal
    volume: Decimal
    mix: Decimal
    price: Decimal


class Effects(NamedTuple):
    """The parts of a change, in the company's currency, and what each model did to it, the most first."""

    change: Decimal
    volume: Decimal
    mix: Decimal
    price: Decimal
    without_tokens: Decimal
    models: list[Effect]


def effects(rows: Sequence[Ranked]) -> Effects | None:
    """The parts of the change of these groups, one a model; None where one side has no tokens to compare with."""
    counted = [row for row in rows if row.tokens or row.tokens_before]
    tokens = sum(row.tokens for row in counted)
    tokens_before = sum(row.tokens_before for row in counted)
    cost_before = sum((row.cost_before for row in counted), ZERO)
    if not tokens or not tokens_before:
        return None
    average = cost_before / tokens_before
    growth = Decimal(tokens) / tokens_before
    found = [_effect(row, average, growth) for row in counted]
    without = sum((row.change for row in rows), ZERO) - sum((row.change for row in counted), ZERO)
    found.sort(key=lambda effect: (-abs(effect.change), str(effect.labels)))
    return Effects(
        sum((row.change for row in rows), ZERO),
        sum((effect.volume for effect in found), ZERO),
        sum((effect.mix for effect in found), ZERO),
        sum((effect.price for effect in found), ZERO),
        without,
        found,
    )


def _effect(row: Ranked, average: Decimal, growth: Decimal) -> Effect:
    """One model's parts. Had it grown as all did, its tokens would be `expected`; mix is what is beyond that."""
    before = row.cost_before / row.tokens_before if row.tokens_before else None
    expected = growth * row.tokens_before
    volume = ((expected - row.tokens_before) * average).quantize(STEP)
    price = ZERO if before is None else (row.cost - before * row.tokens).quantize(STEP)
    return Effect(row.labels, row.change, volume, row.change - volume - price, price)
