"""Whatever plans are applied in a row, with usage of months between them, every sum stays the sum of its parts."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.domain.plan.applying import PlanChanged, PlanRefused, apply_rows
from budgets.domain.plan.reading import read_plan
from budgets.domain.plan.writing import plan_table
from budgets.models import Budget, BudgetPeriod
from tests.budgets.test_invariants import FEW, NOW, PROJECTS, TEAMS, ZONES, Event, empty_ledger, events
from usage.domain.ingest import Post, ingest

pytestmark = pytest.mark.django_db
NAMES = ("A", "B", "C", "D")
CELLS = {
    "amount": st.sampled_from(("10.00", "0.00", "99.50")),
    "period": st.sampled_from(("daily", "weekly", "monthly", "quarterly")),
    "starts_on": st.sampled_from(("", "2025-01-01", "2025-04-01", "2025-09-15")),
    "ends_on": st.sampled_from(("", "2025-12-31", "2025-10-30")),
    "teams": st.sampled_from(("", *TEAMS)),
    "projects": st.sampled_from(("", *PROJECTS)),
    "rollover": st.sampled_from(("yes", "no")),
    "archived": st.sampled_from(("no", "no", "no", "yes")),
    "above": st.sampled_from(("", *NAMES)),
    "amount 2025-10-01": st.sampled_from(("", "", "7.00")),
}


@st.composite
def plans(draw: st.DrawFn) -> list[list[dict[str, str]]]:
    """A first plan that makes all budgets, then some that change a few things of each."""
    first = [
        {"name": name, "path": draw(st.sampled_from(("", *NAMES[:place]))), **_drawn(draw, "amount", "period", "teams")}
        for place, name in enumerate(NAMES)
    ]
    kinds = st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3, unique=True)
    later = draw(st.lists(st.dictionaries(st.sampled_from(NAMES), kinds, min_size=1), min_size=1, max_size=3))
    changes = [[{"name": name, **_drawn(draw, *cells)} for name, cells in plan.items()] for plan in later]
    return [first, *changes]


def _drawn(draw: st.DrawFn, *cells: str) -> dict[str, str]:
    return {cell: draw(CELLS[cell]) for cell in cells}


def _exported() -> list[dict[str, str]]:
    headings, rows = plan_table(None, archived=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def _changed(changes: list[dict[str, str]]) -> list[dict[str, str]]:
    """The plan as it is exported, with these cells in place of its own; `above` names another place."""
    rows = {row["name"]: row for row in _exported()}
    for change in changes:
        row = rows[change["name"]]
        row |= {cell: value for cell, value in change.items() if cell != "above"}
        if change.get("above") not in (None, row["name"]):
            above = rows.get(change["above"])
            row["parent_id"] = above["id"] if above else ""
            row["path"] = ""
            del row["path"]
    return list(rows.values())


def _written(rows: list[dict[str, str]]) -> str:
    with_paths = [row for row in rows if "path" in row or not row.get("id")]
    columns = dict.fromkeys(name for row in rows for name in row)
    if len(with_paths) < len(rows):
        columns.pop("path", None)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _apply(rows: list[dict[str, str]], now: datetime) -> Any:
    reading = read_plan(_written(rows), "USD", {"decimal": ".", "dates": "md"})
    try:
        return apply_rows(reading.rows, Actor(None, "the plan"), now)
    except (PlanRefused, PlanChanged) as refused:
        return refused


def _post(some: list[Event], now: datetime) -> None:
    if some:
        ingest([Post([event.call() for event in some])], now)


@pytest.mark.parametrize("zone", ZONES[:2])
def test_plans_and_usage_in_any_order_leave_the_books_in_agreement(zone: str) -> None:
    @FEW
    @given(events(), plans(), st.integers(0, 25))
    def holds(some: list[Event], drawn: list[list[dict[str, str]]], cut: int) -> None:
        with empty_ledger(zone):
            now = NOW - timedelta(days=40)
            early = [event for event in some if event.at <= now]
            _post(early[:cut], now)
            assert not isinstance(_apply(drawn[0], now), Exception)
            _post(early[cut:], now)
            for number, changes in enumerate(drawn[1:], 1):
                at = now + timedelta(days=13 * number)
                before = sorted(Budget.objects.values_list("pk", "version"))
                periods = sorted(BudgetPeriod.objects.values_list("pk", "amount", "spent"))
                if isinstance(_apply(_changed(changes), at), Exception):
                    assert sorted(Budget.objects.values_list("pk", "version")) == before
                    assert sorted(BudgetPeriod.objects.values_list("pk", "amount", "spent")) == periods
                assert check() == []
                _post([event for event in some if event.at <= at], at)
                assert check() == []

    holds()
