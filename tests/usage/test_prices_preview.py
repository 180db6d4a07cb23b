"""A preview looks through as many calls as it may and not one more, and says truly how far it came."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import api
from tests.usage.repricing import NOW, call, post
from usage.domain import anew, ground
from usage.domain.anew import Span, preview
from wire.times import rfc3339

pytestmark = pytest.mark.django_db
SPAN = Span(NOW - timedelta(days=1), NOW + timedelta(days=1))
MINUTE = timedelta(minutes=1)


def at(*minutes: int) -> None:
    post(*[call(occurred_at=NOW + minute * MINUTE) for minute in minutes])


@pytest.mark.parametrize("chunk", [2, 10_000])
def test_of_the_calls_of_one_hour_no_more_are_looked_at_than_may_be(monkeypatch, chunk):
    monkeypatch.setattr(anew, "PREVIEW_CHUNK", chunk)
    at(1, 2, 3, 4, 5, 6, 7)
    found = preview(SPAN, ground.current().prices, most=5)
    assert (found.expected, found.total.events, found.until) == (7, 5, NOW + 6 * MINUTE)


def test_all_was_looked_at_when_there_are_exactly_as_many(monkeypatch):
    monkeypatch.setattr(anew, "PREVIEW_CHUNK", 2)
    at(1, 2, 3, 70)
    found = preview(SPAN, ground.current().prices, most=4)
    assert (found.total.events, found.until) == (4, None)


def test_a_dry_run_tells_the_first_call_that_it_did_not_look_at(monkeypatch):
    from usage.api import corrections

    monkeypatch.setattr(corrections, "PREVIEW_MOST", 2)
    at(1, 2, 3)
    body = {"start": rfc3339(SPAN.start), "end": rfc3339(SPAN.end), "reason": "A look", "dry_run": True}
    told = api("finance").post("reprice-jobs/", body).json()
    assert (told["events"], told["complete"], told["looked_until"]) == (2, False, rfc3339(NOW + 3 * MINUTE))
