"""Scenarios in words: what is assumed, and what they come to against the current rate and the limit."""

from __future__ import annotations

from decimal import Decimal

from budgets.templatetags.limits import limit_cell
from forecasting.domain.assumptions import Assumptions
from wire.templatetags.money import in_words

HUNDRED = Decimal(100)


def assumed_in_words(assumed: Assumptions) -> str:
    """What a scenario assumes, in the order in which it applies: "10% more each month · 30% cheaper"."""
    parts = []
    if assumed.growth_rate:
        parts.append(f"{_percent(abs(assumed.growth_rate))} {'more' if assumed.growth_rate > 0 else 'less'} each month")
    if assumed.model_switch:
        before, after, share = assumed.model_switch
        part = "" if share == 1 else f"{_percent(share)} of "
        parts.append(f"{part}{before} made with {after}")
    if assumed.cost_reduction:
        parts.append(f"{_percent(assumed.cost_reduction)} off what is to come")
    if assumed.added:
        each = in_words(assumed.average_cost, cents=True)
        parts.append(f"{assumed.additional_requests:,} more requests at {each}")
    if assumed.budget_amount is not None:
        parts.append(f"limit {limit_cell(assumed.budget_amount)}")
    return " · ".join(parts)


def _percent(share: Decimal) -> str:
    return f"{(share * HUNDRED).normalize():f}%"
