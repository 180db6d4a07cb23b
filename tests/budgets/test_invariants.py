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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.domain import tree
from budgets.domain.changes import create_budget
from budgets.domain.check import check
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
