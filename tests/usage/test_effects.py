"""Price, volume and mix: the parts of a change mean what their names say, and add up to it to the last digit."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from usage.domain.effects import effects
from usage.domain.ranking import Ranked


def model(name: str, *, tokens: int, cost: object, tokens_before: int, cost_before: object) -> Ranked:
    counts = (1, 0, tokens, 0, 0)
    return Ranked((name,), Decimal(str(cost)), *counts, Decimal(str(cost_before)), 1, tokens_before)


def test_twice_the_tokens_at_the_same_price_are_volume():
    found = effects([model("a", tokens=200, cost=20, tokens_before=100, cost_before=10)])
    assert (found.volume, found.mix, found.price) == (10, 0, 0)


def test_a_dearer_token_of_the_same_model_is_price():
    found = effects([model("a", tokens=100, cost=15, tokens_before=100, cost_before=10)])
    assert (found.volume, found.mix, found.price) == (0, 0, 5)


def test_a_move_to_a_cheaper_model_is_mix():
    dear = model("dear", tokens=50, cost=10, tokens_before=100, cost_before=20)
    cheap = model("cheap", tokens=150, cost=15, tokens_before=100, cost_before=10)
    found = effects([dear, cheap])
    assert (found.change, found.volume, found.mix, found.price) == (-5, 0, -5, 0)


def test_a_new_model_has_no_price_before_and_is_mix_beside_what_is_volume():
    old = model("old", tokens=100, cost=10, tokens_before=100, cost_before=10)
    new = model("new", tokens=100, cost=30, tokens_before=0, cost_before=0)
    found = effects([old, new])
    assert (found.change, found.volume, found.mix, found.price) == (30, 10, 20, 0)


def test_what_is_spent_without_tokens_stands_by_itself():
    searches = model("searches", tokens=0, cost=7, tokens_before=0, cost_before=4)
    found = effects([searches, model("a", tokens=100, cost=10, tokens_before=100, cost_before=10)])
    assert (found.change, found.without_tokens, found.volume + found.mix + found.price) == (3, 3, 0)


def test_without_tokens_on_one_side_there_is_nothing_to_compare():
    assert effects([model("a", tokens=100, cost=10, tokens_before=0, cost_before=0)]) is None
    assert effects([]) is None


COSTS = st.decimals(0, 10_000, places=10)
MODELS = st.builds(
    lambda tokens, cost, tokens_before, cost_before: model(
        "m", tokens=tokens, cost=cost, tokens_before=tokens_before, cost_before=cost_before
    ),
    st.integers(0, 10**12),
    COSTS,
    st.integers(0, 10**12),
    COSTS,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MODELS, max_size=12))
def test_the_parts_add_up_to_the_change(rows):
    found = effects(rows)
    if found is None:
        return
    assert found.volume + found.mix + found.price + found.without_tokens == found.change
    assert found.change == sum((row.change for row in rows), Decimal(0))
    assert all(one.volume + one.mix + one.price == one.change for one in found.models)
