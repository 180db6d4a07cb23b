"""Invariant 1 of the design, after anything that may happen to a ledger and its tree, in any order.

Posts of calls with and without a price, edits of scope, place, schedule, dates and plans, archives, contract prices and
the jobs that follow them, across the weekends on which the clock is changed.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, note, settings
from hypothesis import strategies as st

from budgets.domain.changes import archive_budget, create_budget, edit_budget, restore_budget
from budgets.domain.check import check
from budgets.domain.errors import BudgetError
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.budgets.test_invariants import COSTS, FEW, PERIODS, PROJECTS, SCOPES, TEAMS, ZONES, empty_ledger, make, plans
from usage.domain.calls import Call
from usage.domain.errors import Refused
from usage.domain.ingest import Post, ingest
from usage.domain.overrides import create_override, draft_override
from usage.domain.reattribute import attribute_due
from usage.domain.reprice import run_waiting
from usage.models import HourlyUsage, RepriceJob, UsageEvent

pytestmark = pytest.mark.django_db
MODELS = ("gpt-4", "o3-mini", "nobody-knows")

# Anything that may happen to a ledger and a tree. Numbers choose among the budgets that are there.
WHICH = st.integers(0, 7)
AGO = st.one_of(st.integers(0, 3 * 24 * 60), st.integers(0, 45 * 24 * 60), st.integers(0, 240 * 24 * 60))
LABELS = (st.sampled_from((*TEAMS, None)), st.sampled_from((*PROJECTS, None)), st.sampled_from(("s", "t", None)))
REPORTED = st.tuples(AGO, *LABELS, COSTS, st.none())
PRICED = st.tuples(AGO, *LABELS, st.none(), st.sampled_from(MODELS))
POST = st.tuples(st.just("post"), st.lists(st.one_of(REPORTED, PRICED), min_size=1, max_size=10))
ANY_SCOPE = st.one_of(SCOPES, st.sampled_from(["s", "t"]).map(lambda value: {"tags": {"feature": value}}))
DATES = st.none() | st.dates(date(2025, 3, 1), date(2025, 10, 30))
STEPS = st.one_of(
    POST,
    st.tuples(st.just("create"), st.none() | WHICH, ANY_SCOPE, PERIODS, st.booleans(), st.booleans()),
    st.tuples(st.just("scope"), WHICH, ANY_SCOPE, st.booleans()),
    st.tuples(st.just("attribute")),
    st.tuples(st.just("agree"), st.integers(0, 200), st.sampled_from((*MODELS, "*")), st.integers(0, 100)),
    st.tuples(st.just("reprice")),
    st.tuples(st.just("move"), WHICH, st.none() | WHICH, st.booleans()),
    st.tuples(st.just("amount"), WHICH, st.integers(0, 500)),
    st.tuples(st.just("period"), WHICH, PERIODS),
    st.tuples(st.just("rollover"), WHICH, st.booleans(), st.booleans()),
    st.tuples(st.just("dates"), WHICH, DATES, DATES, st.booleans()),
    st.tuples(st.just("custom"), WHICH, st.dates(date(2025, 3, 1), date(2025, 10, 30)), st.integers(0, 100)),
    st.tuples(
        st.just("plan"), WHICH, st.dates(date(2025, 3, 1), date(2025, 10, 30)), st.integers(0, 100), st.booleans()
    ),
    st.tuples(st.just("archive"), WHICH),
    st.tuples(st.just("restore"), WHICH),
    st.tuples(st.just("later"), st.integers(1, 40 * 24)),
)


class World:
    """A company to which things happen."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.posted = 0
        self.reported = Decimal(0)

    def do(self, step: tuple) -> None:
        """One step; what the product refuses changes nothing."""
        kind, *arguments = step
        try:
            with transaction.atomic():
                getattr(self, kind)(*arguments)
        except (BudgetError, Refused) as refused:
            note(f"refused: {refused}")

    def _pick(self, which: int) -> Budget | None:
        budgets = list(Budget.objects.select_related("parent").order_by("pk"))
        return budgets[which % len(budgets)] if budgets else None

    def post(self, rows: list[tuple]) -> None:
        """Calls by how many minutes ago they were, each posted twice. They report a cost or name a model."""
        batch = [
            Call(
                id=uuid.UUID(int=self.posted + number + 1),
                occurred_at=self.now - timedelta(minutes=ago),
                team=team,
                project=project,
                tags=None if feature is None else {"feature": feature, "call": str(number)},
                cost=cost,
                provider="openai" if model else "",
                model=model or "",
                input_tokens=1_000 * number,
            )
            for number, (ago, team, project, feature, cost, model) in enumerate(rows)
        ]
        self.posted += len(batch)
        self.reported += sum(call.cost for call in batch if call.cost is not None)
        for _ in range(2):
            ingest([Post(batch)], self.now)

    def attribute(self) -> None:
        """The job that gives past usage the tags which scopes have named since."""
        attribute_due(self.now)

    def agree(self, days_ago: int, pattern: str, rate: int) -> None:
        """A contract price from some day on; usage since then waits to be priced again."""
        since = self.now - timedelta(days=days_ago)
        draft = draft_override(model_pattern=pattern, effective_from=since, rates={"input": Decimal(rate)})
        create_override(draft, None, self.now)

    def reprice(self) -> None:
        """The job that prices again."""
        run_waiting(self.now)

    def create(self, parent: int | None, scope: dict, period: str, rollover: bool, all_history: bool) -> None:
        above = None if parent is None else self._pick(parent)
        fields = {"name": "B", "amount": 50, "scope": scope, "period": period, "parent": above, "rollover": rollover}
        create_budget(Actor(None), fields, self.now, all_history=all_history)

    def _edit(self, which: int, all_history: bool = False, **fields: object) -> None:
        if budget := self._pick(which):
            edit_budget(budget, Actor(None), fields, self.now, all_history=all_history)

    def scope(self, which: int, scope: dict, all_history: bool) -> None:
        self._edit(which, all_history, scope=scope)

    def move(self, which: int, parent: int | None, all_history: bool) -> None:
        self._edit(which, all_history, parent=None if parent is None else self._pick(parent))

    def amount(self, which: int, amount: int) -> None:
        self._edit(which, amount=amount)

    def rollover(self, which: int, rollover: bool, all_history: bool) -> None:
        self._edit(which, all_history, rollover=rollover)

    def period(self, which: int, period: str) -> None:
        self._edit(which, period=period)

    def dates(self, which: int, starts_on: date | None, ends_on: date | None, all_history: bool) -> None:
        self._edit(which, all_history, starts_on=starts_on, ends_on=ends_on)

    def custom(self, which: int, starts_on: date, days: int) -> None:
        ends_on = starts_on + timedelta(days=days)
        self._edit(which, all_history=True, period="custom", starts_on=starts_on, ends_on=ends_on)

    def plan(self, which: int, day: date, amount: int, all_history: bool) -> None:
        self._edit(which, all_history, amounts={day.isoformat(): str(amount)})

    def archive(self, which: int) -> None:
        if budget := self._pick(which):
            archive_budget(budget, Actor(None), self.now)

    def restore(self, which: int) -> None:
        if budget := self._pick(which):
            restore_budget(budget, Actor(None), self.now)

    def later(self, hours: int) -> None:
        self.now += timedelta(hours=hours)


# In the middle of a month, and within the hours in which Berlin's clock was changed.
STARTS = st.sampled_from([datetime(2025, 8, 20, 9, 20), datetime(2025, 3, 30, 2, 40), datetime(2025, 10, 26, 1, 10)])  # noqa: DTZ001


@settings(FEW, max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    start=STARTS,
    made=plans(),
    posts=st.lists(POST, min_size=1, max_size=3),
    steps=st.lists(STEPS, min_size=3, max_size=20),
)
def test_the_books_agree_after_anything_that_may_happen_to_ledger_and_tree(zone, start, made, posts, steps):
    with empty_ledger(zone):
        world = World(start.replace(tzinfo=UTC))
        make(made)
        for step in (*posts, *steps):
            world.do(step)
        assert check() == []
        world.attribute()
        world.reprice()
        assert check() == []
        assert not RepriceJob.objects.exclude(state=RepriceJob.State.DONE).exists()
        events = UsageEvent.objects.values_list("cost_source", "cost")
        assert sum(cost for _, cost in events) == sum(HourlyUsage.objects.values_list("cost", flat=True))
        assert sum(cost for source, cost in events if source == "reported") == world.reported
