"""Pages of single events: whatever is asked for, they are what a look at every event finds."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usage.domain import ground, partitions
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest
from usage.domain.listing import EventPlace, events
from usage.domain.selection import Selection
from usage.domain.visibility import everything

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 19, 16, 12, tzinfo=UTC)
AGO = st.one_of(st.integers(0, 180), st.integers(0, 80 * 24 * 60))
CALLS = st.lists(st.tuples(AGO, st.sampled_from(["a", "b", None])), min_size=1, max_size=40)
TEAMS = st.sampled_from([(), ("a",), ("b", ""), ("nobody",)])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=CALLS, teams=TEAMS, span=st.tuples(st.none() | AGO, st.none() | AGO), size=st.integers(1, 9))
def test_pages_there_and_back_hold_what_a_look_at_every_event_finds(calls, teams, span, size):
    with transaction.atomic():
        ingest(
            [
                Post(
                    [
                        Call(id=uuid.UUID(int=n + 1), occurred_at=ago(minutes), team=team, cost=Decimal(1))
                        for n, (minutes, team) in enumerate(calls)
                    ]
                )
            ],
            NOW,
        )
        start, end = (None if minutes is None else ago(minutes) for minutes in span)
        selection = Selection(start, end, {"team": teams} if teams else {})
        due = [
            (ago(minutes), uuid.UUID(int=n + 1))
            for n, (minutes, team) in enumerate(calls)
            if (not teams or (team or "") in teams)
            and (start is None or ago(minutes) >= start)
            and (end is None or ago(minutes) < end)
        ]
        due.sort(reverse=True)
        place = None
        for at in range(0, len(due) + 1, size):
            assert page(selection, place, size) == due[at : at + size]
            if due[at : at + size]:
                place = EventPlace(*due[at : at + size][-1])
            before = due[max(0, at - size) : at][::-1]
            if at < len(due):
                assert page(selection, EventPlace(*due[at]), size, backwards=True) == before
        transaction.set_rollback(True)
    for memory in (ground, partitions):
        memory.forget()


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def page(selection: Selection, place: EventPlace | None, size: int, *, backwards: bool = False) -> list[tuple]:
    found = events(everything(), selection, after=place, backwards=backwards, limit=size)
    return [(event.occurred_at, event.pk) for event in found]
