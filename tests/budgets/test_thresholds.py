"""When a threshold is reached: by usage, or because an edit makes what is spent a larger share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.budgets.changing import NOW, edit, make, spend

pytestmark = pytest.mark.django_db
HALF = [{"threshold": "0.5", "channels": ["email"]}]


@pytest.mark.parametrize("change", [{"amount": 50}, {"thresholds": [{"threshold": "0.3", "channels": ["email"]}]}])
def test_an_edit_that_makes_the_spend_reach_a_threshold_keeps_when(change: dict[str, object]) -> None:
    budget = make("Search", 100, scope={}, thresholds=HALF)
    spend(40)
    period = budget.periods.get()
    assert not period.crossings.exists()
    edit(budget, **change)
    crossing = period.crossings.get()
    assert (crossing.spent, crossing.crossed_at) == (40, NOW)


def test_a_scope_that_brings_in_more_keeps_what_it_crossed() -> None:
    budget = make("Search", 100, scope={"teams": ["a"]}, thresholds=HALF)
    spend(40, team="a")
    spend(30, team="b")
    edit(budget, scope={"teams": ["a", "b"]})
    crossing = budget.periods.get().crossings.get()
    assert (crossing.threshold, crossing.spent) == (Decimal("0.5"), 70)
