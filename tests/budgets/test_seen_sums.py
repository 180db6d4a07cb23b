"""Sums over whole days are those of the hours: for everyone, in every zone, and where a budget closes inside a day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.domain.changes import archive_budget, create_budget
from budgets.domain.history import Actor
from tests.budgets.test_invariants import empty_ledger
from tests.factories import person
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest
from usage.domain.selection import Selection
from usage.domain.summary import summary
from usage.rules import seen_by
from wire.days import day_of, hour_of

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 10, 29, 9, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONES = st.sampled_from(["UTC", "Asia/Kolkata", "America/Santiago", "Europe/Berlin", "America/Havana"])
MINUTES = st.integers(0, 3 * 24 * 4).map(lambda quarters: quarters * 15)
# Half of the selections reach over the last two days whole.
EDGES = st.one_of(st.tuples(MINUTES, MINUTES), st.tuples(st.integers(3, 5).map(lambda days: days * 1440), st.just(0)))
CALLS = st.lists(st.tuples(MINUTES, st.sampled_from(["a", "b", None])), min_size=10, max_size=30)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(zone=ZONES, calls=CALLS, closed=MINUTES, edges=EDGES, sees_all=st.sampled_from([False, False, True]))
def test_a_summary_by_day_is_what_single_calls_add_up_to(zone, calls, closed, edges, sees_all):
    tz = ZoneInfo(zone)
    start, end = sorted(hour_of(NOW - timedelta(minutes=minutes), tz) for minutes in edges)
    end += HOUR
    with empty_ledger(zone):
        viewer = person("finance" if sees_all else "viewer")
        fields = {"name": "A", "amount": Decimal(10), "scope": {"teams": ["a"]}, "owner": viewer}
        budget = create_budget(Actor(None), fields, NOW - timedelta(days=9))
        posted = [
            Call(id=uuid.UUID(int=n + 1), occurred_at=NOW - timedelta(minutes=ago), team=team, cost=Decimal(n + 1))
            for n, (ago, team) in enumerate(calls)
        ]
        ingest([Post(posted)], NOW)
        closes = NOW - timedelta(minutes=closed)
        archive_budget(budget, Actor(None), closes)
        last = hour_of(closes, tz) + (HOUR if hour_of(closes, tz) < closes else timedelta(0))
        due: dict[tuple[datetime, str | None], Decimal] = defaultdict(Decimal)
        for call in posted:
            assert call.occurred_at is not None
            assert call.cost is not None
            seen = sees_all or (call.team == "a" and call.occurred_at < last)
            if seen and start <= call.occurred_at < end:
                day = day_of(call.occurred_at, tz)
                due[_midnight(day, tz), call.team] += call.cost
        seen = seen_by(viewer)
        with_usage = set(seen.hours.values_list("attribution", flat=True))
        assert set(seen.label_sets.values_list("pk", flat=True)) == with_usage
        selection = Selection(start, end)
        found = summary(seen_by(viewer), selection, ["team"], "day")
        assert {(row.start, row.labels[0]): row.cost for row in found} == due
        (whole,) = summary(seen_by(viewer), selection)
        assert whole.cost == sum(due.values(), Decimal(0))
        by_hour = summary(seen_by(viewer), selection, [], "hour")
        assert sum((row.cost for row in by_hour), Decimal(0)) == whole.cost


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tz).astimezone(UTC)


@pytest.mark.parametrize("sees_all", [False, True])
def test_a_day_on_which_a_budget_closes_is_read_by_the_hour(settings, sees_all):
    viewer = person("finance" if sees_all else "viewer")
    fields = {"name": "A", "amount": Decimal(10), "scope": {"teams": ["a"]}, "owner": viewer}
    budget = create_budget(Actor(None), fields, NOW - timedelta(days=9))
    calls = [Call(occurred_at=NOW - timedelta(hours=ago), team="a", cost=Decimal(1)) for ago in (7, 5, 3, 1)]
    ingest([Post(calls)], NOW)
    archive_budget(budget, Actor(None), NOW - timedelta(hours=4, minutes=30))
    (whole,) = summary(seen_by(viewer), Selection(NOW.replace(hour=0, minute=0), None))
    assert whole.cost == (4 if sees_all else 2)
