"""Invariants 1 and 2 of the design: budgets hold exactly what the ledger holds, whatever happens in whatever order.

Amounts, orders, duplicates, late calls, edits of scope, moves, archives and the weekends on which the clock is changed
come from hypothesis; the sums to compare with are made here, without the product.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from budgets.domain import tree
from budgets.domain.changes import archive_budget, create_budget, edit_budget, restore_budget
from budgets.domain.check import check
from budgets.domain.errors import BudgetError
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetPeriod
from usage.domain import ground, partitions
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest
from usage.models import HourlyUsage

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 10, 27, 9, 20, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/Santiago", "UTC")
TEAMS, PROJECTS = ("a", "b"), ("x", "y")
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def empty_ledger(zone: str) -> Iterator[None]:
    """A database without usage and budgets for one example, in a company of this time zone."""
    with override_settings(COSTOPS_ZONE=ZoneInfo(zone)), transaction.atomic():
        yield
        transaction.set_rollback(True)
    for memory in (ground, tree, partitions):
        memory.forget()


class Event(NamedTuple):
    """A call as the tests know it."""

    number: int
    at: datetime
    team: str | None
    project: str | None
    cost: Decimal

    def call(self) -> Call:
        fields = {"occurred_at": self.at, "team": self.team, "project": self.project, "cost": self.cost}
        return Call(id=uuid.UUID(int=self.number + 1), **fields)


# Late calls over months, with the hours around which Berlin and Santiago change their clocks drawn more often.
INSTANTS = st.one_of(
    st.datetimes(datetime(2025, 2, 25), datetime(2025, 10, 27, 9)),  # noqa: DTZ001
    st.datetimes(datetime(2025, 3, 29, 21), datetime(2025, 3, 30, 4)),  # noqa: DTZ001
    st.datetimes(datetime(2025, 10, 25, 21), datetime(2025, 10, 26, 4)),  # noqa: DTZ001
    st.datetimes(datetime(2025, 9, 7, 2), datetime(2025, 9, 7, 6)),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=UTC))
COSTS = st.decimals(0, 100, places=10, allow_nan=False)


@st.composite
def events(draw: st.DrawFn, most: int = 25) -> list[Event]:
    rows = draw(
        st.lists(
            st.tuples(INSTANTS, st.sampled_from((*TEAMS, None)), st.sampled_from((*PROJECTS, None)), COSTS),
            min_size=1,
            max_size=most,
        )
    )
    return [Event(number, *row) for number, row in enumerate(rows)]


SCOPES = st.one_of(
    st.just({}),
    st.sampled_from(TEAMS).map(lambda team: {"teams": [team]}),
    st.sampled_from(PROJECTS).map(lambda project: {"projects": [project]}),
    st.tuples(st.sampled_from(TEAMS), st.sampled_from(PROJECTS)).map(lambda p: {"teams": [p[0]], "projects": [p[1]]}),
)
PERIODS = st.sampled_from(("daily", "weekly", "monthly"))


class Plan(NamedTuple):
    """A budget to make: its parent is one of those made before it, or none."""

    scope: dict
    period: str
    parent: int | None
    rollover: bool


@st.composite
def plans(draw: st.DrawFn) -> list[Plan]:
    count = draw(st.integers(1, 6))
    return [
        Plan(
            draw(SCOPES),
            draw(PERIODS),
            draw(st.none() | st.integers(0, number - 1)) if number else None,
            draw(st.booleans()),
        )
        for number in range(count)
    ]


def make(plans: Sequence[Plan]) -> list[Budget]:
    made: list[Budget] = []
    for number, plan in enumerate(plans):
        parent = None if plan.parent is None else made[plan.parent]
        fields = {"name": f"B{number}", "amount": 50, "scope": plan.scope, "period": plan.period, "parent": parent}
        made.append(create_budget(Actor(None), {**fields, "rollover": plan.rollover}, NOW, all_history=True))
    return made


def post(batch: Sequence[Event]) -> None:
    if batch:
        ingest([Post([event.call() for event in batch])], NOW)


# The independent model: no table, no interval, no hour; one call at a time.


def charged(plans: Sequence[Plan], event: Event) -> set[int]:
    """The budgets whose scope, or that of one below, names the call."""
    found = set()
    for number, plan in enumerate(plans):
        named = event.team in plan.scope.get("teams", [event.team]) and event.project in plan.scope.get(
            "projects", [event.project]
        )
        up: int | None = number
        while named and up is not None:
            found.add(up)
            up = plans[up].parent
    return found


def first_day(period: str, day: date) -> date:
    if period == "monthly":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period == "weekly" else day


def expected(plans: Sequence[Plan], events: Sequence[Event], zone: str) -> dict[tuple[str, date], tuple[Decimal, int]]:
    """Spent and requests by budget and first day of the period."""
    sums: dict[tuple[str, date], tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))
    for event in events:
        day = event.at.astimezone(ZoneInfo(zone)).date()
        for number in charged(plans, event):
            place = (f"B{number}", first_day(plans[number].period, day))
            spent, requests = sums[place]
            sums[place] = (spent + event.cost, requests + 1)
    return dict(sums)


def found(zone: str) -> dict[tuple[str, date], tuple[Decimal, int]]:
    return {
        (period.budget.name, period.starts.astimezone(ZoneInfo(zone)).date()): (period.spent, period.requests)
        for period in BudgetPeriod.objects.select_related("budget")
        if period.requests
    }


@FEW
@given(data=st.data(), zone=st.sampled_from(ZONES), plans=plans(), events=events())
def test_budgets_hold_what_an_independent_sum_says_after_posts_in_any_order_pieces_and_repetition(
    data, zone, plans, events
):
    with empty_ledger(zone):
        before = data.draw(st.integers(0, len(events)), label="posted before the budgets were made")
        order = data.draw(st.permutations(events + events[: data.draw(st.integers(0, len(events)))]))
        cuts = sorted(data.draw(st.sets(st.integers(0, len(order)), max_size=5)))
        post(events[:before])
        make(plans)
        for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
            post(order[start:end])
        assert found(zone) == expected(plans, events, zone)
        assert check() == []


@FEW
@given(zone=st.sampled_from(ZONES), events=events(), other=COSTS)
def test_an_id_posted_again_with_another_content_leaves_the_first_as_it_was(zone, events, other):
    with empty_ledger(zone):
        post(events)
        before = sorted(HourlyUsage.objects.values_list("hour", "attribution_id", "cost", "requests"))
        post([event._replace(cost=other, team="b") for event in reversed(events)])
        assert sorted(HourlyUsage.objects.values_list("hour", "attribution_id", "cost", "requests")) == before
        assert sum(row[2] for row in before) == sum(event.cost for event in events)


# Anything that may happen to a ledger and a tree. Numbers choose among the budgets that are there.
WHICH = st.integers(0, 7)
AGO = st.one_of(st.integers(0, 3 * 24 * 60), st.integers(0, 45 * 24 * 60), st.integers(0, 240 * 24 * 60))
LABELLED = st.tuples(AGO, st.sampled_from((*TEAMS, None)), st.sampled_from((*PROJECTS, None)), COSTS)
POST = st.tuples(st.just("post"), st.lists(LABELLED, min_size=1, max_size=10))
STEPS = st.one_of(
    POST,
    st.tuples(st.just("create"), st.none() | WHICH, SCOPES, PERIODS, st.booleans(), st.booleans()),
    st.tuples(st.just("scope"), WHICH, SCOPES, st.booleans()),
    st.tuples(st.just("move"), WHICH, st.none() | WHICH, st.booleans()),
    st.tuples(st.just("amount"), WHICH, st.integers(0, 500)),
    st.tuples(st.just("period"), WHICH, PERIODS),
    st.tuples(st.just("dates"), WHICH, st.none() | st.dates(date(2025, 3, 1), date(2025, 10, 30))),
    st.tuples(st.just("archive"), WHICH),
    st.tuples(st.just("restore"), WHICH),
    st.tuples(st.just("later"), st.integers(1, 40 * 24)),
)


class World:
    """A company to which things happen."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.posted = 0
        self.total = Decimal(0)

    def do(self, step: tuple) -> None:
        """One step; what the product refuses changes nothing."""
        kind, *arguments = step
        try:
            with transaction.atomic():
                getattr(self, kind)(*arguments)
        except BudgetError as refused:
            note(f"refused: {refused}")

    def _pick(self, which: int) -> Budget | None:
        budgets = list(Budget.objects.select_related("parent").order_by("pk"))
        return budgets[which % len(budgets)] if budgets else None

    def post(self, rows: list[tuple]) -> None:
        """Calls by how many minutes ago they were, each posted twice."""
        batch = [
            Event(self.posted + number, self.now - timedelta(minutes=ago), *row)
            for number, (ago, *row) in enumerate(rows)
        ]
        self.posted += len(batch)
        self.total += sum(event.cost for event in batch)
        for _ in range(2):
            post(batch)

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

    def period(self, which: int, period: str) -> None:
        self._edit(which, period=period)

    def dates(self, which: int, starts_on: date | None) -> None:
        self._edit(which, starts_on=starts_on)

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
        assert sum(HourlyUsage.objects.values_list("cost", flat=True)) == world.total
