"""Words beside and within charts: none over another, none below the axis."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from budgets.drawing import LINE, PLOT, Edge, say_ends, say_limits
from wire.charts import empty_figure

sums = st.decimals(0, 1000, places=2)


def heights(figure: go.Figure) -> list[float]:
    """How high above the axis the words stand, in pixels."""
    top = figure.layout.yaxis.range[1]
    notes: Any = figure.layout.annotations
    return sorted(float(note.y) / float(top) * PLOT + note.yshift for note in notes)


def clear(figure: go.Figure) -> None:
    found = heights(figure)
    assert all(above - below > LINE - 2 for below, above in pairwise(found)), found
    assert found[0] > -2


@given(main=sums, others=st.lists(sums, max_size=8))
def test_sums_beside_the_right_end_are_clear_of_one_another(main: Decimal, others: list[Decimal]) -> None:
    figure = empty_figure([main, *others])
    edges = [Edge(amount, f"{place} {amount}") for place, amount in enumerate(others)]
    say_ends(figure, 0, Edge(main, "main"), edges)
    assert len(figure.layout.annotations) == 1 + len(others)
    clear(figure)


@given(limits=st.lists(sums, min_size=1, max_size=6))
def test_limits_are_named_once_and_clear_of_one_another(limits: list[Decimal]) -> None:
    figure = empty_figure(limits)
    say_limits(figure, [(place, amount, f"Limit {amount}") for place, amount in enumerate(limits)])
    assert len(figure.layout.annotations) == len({f"{amount}" for amount in limits})
    clear(figure)
