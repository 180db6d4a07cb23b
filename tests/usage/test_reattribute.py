"""Attributing usage again: complete whoever names the same tag meanwhile, and in no one's way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import create_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetPeriod
from tests.usage.repricing import NOW, call, post
from usage.domain import books, reattribute
from usage.domain.reattribute import attribute_due

pytestmark = pytest.mark.django_db
SEARCH = {"tags": {"feature": ["search"]}}


def searching(days_ago: float) -> Any:
    return call(days_ago, tags={"feature": "search"}, cost=Decimal(1))


def make(name: str, *, all_history: bool = False, **fields: Any) -> Budget:
    return create_budget(
        Actor(None), {"name": name, "amount": 1000, "scope": SEARCH, **fields}, NOW, all_history=all_history
    )


class SomeoneMakesABudget:
    """A book at whose first posting someone makes a budget for all history of the same tag."""

    made: Budget | None = None

    def open_attributions(self, cursor: CursorWrapper, new: Sequence[books.NewAttribution], now: datetime) -> None:
        """Nothing."""

    def post(
        self, cursor: CursorWrapper, lines: Sequence[books.Line], now: datetime, *, repricing: int | None = None
    ) -> None:
        """Makes it once."""
        if self.made is None:
            self.made = make("All history", all_history=True, period="yearly")


def test_a_tag_whose_history_is_asked_for_while_a_job_works_on_the_open_period_gets_all_of_it():
    post(searching(1), searching(200))
    make("This month")
    someone = SomeoneMakesABudget()
    books._books.append(someone)
    try:
        assert attribute_due(NOW) == 1
    finally:
        books._books.remove(someone)

    assert attribute_due(NOW) == 1
    assert attribute_due(NOW) == 0, "the job does its work once"
    assert BudgetPeriod.objects.get(budget=someone.made, ends__gt=NOW, starts__lte=NOW).spent == 2
    assert check() == []


def test_events_are_looked_for_before_posts_have_to_wait_for_the_job():
    post(searching(1))
    make("This month")
    with CaptureQueriesContext(connection) as found:
        assert attribute_due(NOW) == 1
    looked, waited = (
        next(place for place, query in enumerate(found) if words in query["sql"])
        for words in ('FROM "usage_event"', "pg_advisory_xact_lock_shared")
    )
    assert looked < waited


def test_each_step_looks_behind_the_one_before(monkeypatch):
    monkeypatch.setattr(reattribute, "CHUNK", 2)
    at = [3, 2, 2, 2, 1]
    post(*[searching(days_ago) for days_ago in at])
    make("This month")
    with CaptureQueriesContext(connection) as found:
        assert attribute_due(NOW) == len(at)
    looked = [query["sql"] for query in found if 'FROM "usage_event"' in query["sql"]]
    since = [re.findall(r'"occurred_at" >= \'(\S+)', sql) for sql in looked]
    assert since == [["2025-11-01"], ["2025-11-17"], ["2025-11-17"]]
