"""Recorded calls reach the server as they were, in batches, once, without holding up the caller."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from llm_cost_ops import CostTracker, Limits

from tests.sdk.seeing import eventually, journalled, lines_in
from tests.sdk.standin import Answer, Dropped, StandIn, refusal

Make = Callable[..., CostTracker]


def test_a_call_arrives_as_it_was_recorded(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    reservation = uuid.uuid4()
    event_id = tracker.record_usage(
        "anthropic",
        "claude-3-opus",
        input_tokens=1200,
        output_tokens=300,
        cached_input_tokens=1000,
        cache_write_1h_tokens=50,
        reasoning_tokens=7,
        web_searches=2,
        service_tier="batch",
        cost=Decimal("0.00021"),
        project="chat",
        environment="prod",
        department="",
        team="backend",
        user="a@example.com",
        tags={"feature": "search", "retry": 2, "beta": True, "none": None},
        reservation_id=reservation,
        metadata={"trace": ["a", 1, None]},
    )
    before = datetime.now(UTC)
    assert tracker.flush(10)

    event = server.events[event_id]
    assert abs(datetime.fromisoformat(event.pop("occurred_at")) - before) < timedelta(seconds=10)
    assert event == {
        "id": event_id,
        "provider": "anthropic",
        "model": "claude-3-opus",
        "input_tokens": 1200,
        "output_tokens": 300,
        "cached_input_tokens": 1000,
        "cache_write_1h_tokens": 50,
        "reasoning_tokens": 7,
        "web_searches": 2,
        "service_tier": "batch",
        "cost": "0.00021",
        "project": "chat",
        "environment": "prod",
        "team": "backend",
        "user": "a@example.com",
        "tags": {"feature": "search", "retry": 2, "beta": True},
        "reservation_id": str(reservation),
        "metadata": {"trace": ["a", 1, None]},
    }


def test_an_event_may_bring_its_own_identity(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    mine = uuid.uuid4()
    at = datetime(2025, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    for _ in range(2):
        assert tracker.record_usage("openai", "gpt-4", input_tokens=1, id=mine, occurred_at=at) == str(mine)
    assert tracker.flush(10)
    assert [event["occurred_at"] for event in server.events.values()] == ["2025-01-31T18:00:00+00:00"]


def test_what_the_caller_changes_afterwards_does_not_change_the_event(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    tags = {"feature": "search"}
    with server.holding():
        tracker.record_usage("openai", "gpt-4", tags=tags)
        event_id = tracker.record_usage("openai", "gpt-4", tags=tags)
        tags["feature"] = "other"
    assert tracker.flush(10)
    assert server.events[event_id]["tags"] == {"feature": "search"}


def test_many_calls_go_out_in_few_posts(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker(limits=Limits(linger=3600))
    with server.holding() as hangs:
        tracker.record_usage("openai", "gpt-4")
        assert hangs.wait(10)
        for _ in range(1500):
            tracker.record_usage("openai", "gpt-4", input_tokens=1)
    assert tracker.flush(10)
    assert len(server.events) == 1501
    assert max(size for _, size in server.posts) == 500
    assert len(server.posts) <= 6


def test_a_single_call_is_sent_at_once(server: StandIn, make_tracker: Make) -> None:
    make_tracker().record_usage("openai", "gpt-4")
    eventually(lambda: server.events)


def test_eight_threads_lose_and_double_nothing(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    ids: list[str] = []

    def work() -> None:
        ids.extend([tracker.record_usage("openai", "gpt-4", input_tokens=1) for _ in range(500)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tracker.flush(30)
    assert len(set(ids)) == 4000
    assert server.posted == dict.fromkeys(ids, 1)


def test_recording_goes_on_while_the_server_hangs(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    with server.holding() as hangs:
        tracker.record_usage("openai", "gpt-4")
        assert hangs.wait(10)
        for _ in range(1000):
            tracker.record_usage("openai", "gpt-4")
        assert tracker.flush(0.05) is False
        assert not server.events
    assert tracker.flush(10) is True
    assert len(server.events) == 1001


def test_flush_waits_for_what_was_recorded_before_only(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    stop = threading.Event()

    def keep_recording() -> None:
        while not stop.is_set():
            tracker.record_usage("openai", "gpt-4")

    busy = threading.Thread(target=keep_recording)
    busy.start()
    try:
        event_id = tracker.record_usage("openai", "gpt-4")
        assert tracker.flush(20) is True
        assert event_id in server.events
    finally:
        stop.set()
        busy.join()


def test_an_answer_that_is_lost_doubles_nothing(server: StandIn, make_tracker: Make) -> None:
    drops = iter([True, True])

    def drop(method: str, path: str) -> None:
        if next(drops, False):
            raise Dropped

    server.after = drop
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4") for _ in range(20)]
    assert tracker.flush(10)
    assert set(server.events) == set(ids)
    assert max(server.posted.values()) > 1, "some were posted again, and counted once"


def test_errors_of_the_server_are_tried_again(server: StandIn, make_tracker: Make) -> None:
    troubles = iter([500, 503, 429, 408])

    def trouble(method: str, path: str) -> Answer | None:
        status = next(troubles, None)
        return refusal(status, "trouble", "Later.") if status else None

    server.before = trouble
    tracker = make_tracker()
    event_id = tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10)
    assert set(server.events) == {event_id}


def test_the_time_that_the_server_asks_for_is_given(server: StandIn, make_tracker: Make) -> None:
    asked: list[float] = []

    def busy(method: str, path: str) -> Answer | None:
        asked.append(time.monotonic())
        return refusal(429, "throttled", "Too many.", Retry_After="0.4") if len(asked) == 1 else None

    server.before = busy
    tracker = make_tracker()
    tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10)
    assert asked[1] - asked[0] >= 0.4


def test_a_page_from_a_proxy_is_no_acceptance(server: StandIn, make_tracker: Make) -> None:
    pages = iter(
        [Answer(200, "<html>Please sign in</html>", {"Content-Type": "text/html"}), Answer(200, {"rejected": []}, {})]
    )
    server.before = lambda method, path: next(pages, None)
    tracker = make_tracker()
    event_id = tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10)
    assert set(server.events) == {event_id}


def test_nothing_stays_on_disk_while_the_server_answers(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker(limits=Limits())
    for _ in range(5_000):
        tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 400})
    assert tracker.flush(20)
    assert len(server.events) == 5_000
    eventually(lambda: journalled(folder) == 0 and not lines_in(folder))
    assert sorted(path.suffix for path in folder.iterdir()) == [".journal", ".lock"]
    tracker.close()
    assert list(folder.iterdir()) == []
