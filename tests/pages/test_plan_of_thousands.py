"""A plan of two thousand new budgets is shown and applied in as many queries as one of two hundred, or nearly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.domain.check import check
from budgets.domain.placing import DEEPEST
from budgets.models import Budget
from tests.factories import call, spend
from tests.pages.planning import Planner

pytestmark = pytest.mark.django_db
Rows = list[dict[str, Any]]
FEW, MANY = 200, 2_000
A_LEVEL = 4  # statements for each level, and for each budget that usage is charged to
BATCHES = 10  # rows go in by the hundreds: more of them are a few statements more


def wide(count: int) -> Rows:
    """One budget with all others right below it."""
    below = [{"path": "Top", "name": f"Team {n}", "amount": 10, "teams": f"team {n}"} for n in range(1, count)]
    return [{"path": "", "name": "Top", "amount": 10**6, "teams": ""}, *below]


def deep(count: int) -> Rows:
    """Chains that are as long as a tree may be deep."""
    names = [[f"{chain}-{level}" for level in range(DEEPEST)] for chain in range(-(-count // DEEPEST))]
    rows = [
        {"path": " / ".join(chain[:level]), "name": chain[level], "amount": 100, "projects": chain[0]}
        for chain in names
        for level in range(DEEPEST)
    ]
    return rows[:count]


def too_deep(count: int) -> Rows:
    """A single chain of all of them, each row under as much of it as a cell tells."""
    return [
        {"path": " / ".join(f"L{above}" for above in range(max(0, n - 2 * DEEPEST), n)), "name": f"L{n}", "amount": 100}
        for n in range(count)
    ]


@contextmanager
def counted(counts: list[int]) -> Iterator[None]:
    """Adds the number of queries to the list."""
    with CaptureQueriesContext(connection) as queries:
        yield
    counts.append(len(queries))


@pytest.mark.parametrize("shape", [wide, deep])
def test_a_tree_of_thousands_is_shown_and_applied_in_a_few_queries(shape: Callable[[int], Rows]) -> None:
    spend(call(1, team="team 7", project="3-0"))
    shown: list[int] = []
    applied: list[int] = []
    for count in (FEW, MANY):
        Budget.objects.all().delete()
        planner = Planner()
        with counted(shown):
            planner.show(shape(count))
        assert planner.kept.counts == {"lines": count, "created": count}
        with counted(applied):
            words = planner.apply()
        assert f"{count:,} lines of the plan were applied." in words
        assert Budget.objects.count() == count
    assert shown[1] <= shown[0] + BATCHES, shown
    assert applied[1] <= applied[0] + BATCHES, applied
    assert shown[1] < 40, shown
    assert applied[1] < 100 + A_LEVEL * DEEPEST, applied
    assert check() == []


def test_a_chain_of_thousands_is_refused_in_a_few_queries() -> None:
    shown: list[int] = []
    for count in (FEW, MANY):
        planner = Planner()
        with counted(shown):
            page = planner.show(too_deep(count))
        assert planner.kept.counts["refused"] >= count - DEEPEST
        assert f"A tree has at most {DEEPEST} levels." in page.content.decode()
        assert "Nothing was changed" in planner.apply()
        assert not Budget.objects.exists()
    assert shown[1] <= shown[0] + BATCHES, shown
    assert shown[1] < 40, shown
