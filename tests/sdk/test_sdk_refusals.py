"""What the server will not have is neither tried for ever nor lost in silence, and costs its neighbours nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llm_cost_ops import Backoff, CostTracker

from tests.sdk.seeing import QUICK, eventually, lines_in
from tests.sdk.standin import KEY, Answer, StandIn, refusal

Make = Callable[..., CostTracker]


def rejected_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]


def test_a_rejected_event_is_kept_told_and_logged(
    server: StandIn, make_tracker: Make, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[dict[str, Any], Any]] = []
    tracker = make_tracker(on_rejected=lambda event, errors: told.append((event, errors)))
    good = tracker.record_usage("openai", "gpt-4")
    bad = tracker.record_usage("openai", "no-such-model", project="chat")
    assert tracker.flush(10) is True, "nothing waits any more"

    assert set(server.events) == {good}
    assert server.posted[bad] == 1
    errors = {"model": ["is not one of ours"]}
    assert [(event["id"], event["project"], why) for event, why in told] == [(bad, "chat", errors)]
    (kept,) = rejected_in(folder)
    assert (kept["event"]["id"], kept["errors"]) == (bad, errors)
    assert [record.levelno for record in caplog.records if bad in record.getMessage()] == [logging.ERROR]


@pytest.mark.parametrize("spooled", [False, True])
def test_an_event_that_spoils_its_post_is_found(
    server: StandIn, make_tracker: Make, folder: Path, spooled: bool
) -> None:
    tracker = make_tracker()
    if spooled:
        server.stop()
    with server.holding():
        good, bad = [], []
        for index in range(120):
            spoils = index in (17, 90)
            event_id = tracker.record_usage("openai", "gpt-4", metadata={"poison": True} if spoils else None)
            (bad if spoils else good).append(event_id)
        if spooled:
            eventually(lambda: len(lines_in(folder)) == 120)
            server.start()
    assert tracker.flush(20) is True
    assert set(server.events) == set(good)
    assert {entry["event"]["id"] for entry in rejected_in(folder)} == set(bad)
    assert lines_in(folder) == []


def test_an_outage_while_the_spoiler_is_searched_loses_nothing(
    server: StandIn, make_tracker: Make, folder: Path
) -> None:
    tracker = make_tracker()
    posts: list[int] = []

    def flaky(method: str, path: str) -> Any:
        posts.append(1)
        return refusal(503, "away", "Later.") if len(posts) % 3 == 0 else None

    server.before = flaky
    with server.holding():
        good = [tracker.record_usage("openai", "gpt-4") for _ in range(60)]
        bad = tracker.record_usage("openai", "gpt-4", metadata={"poison": True})
        good += [tracker.record_usage("openai", "gpt-4") for _ in range(60)]
    assert tracker.flush(30)
    assert set(server.events) == set(good)
    assert [entry["event"]["id"] for entry in rejected_in(folder)] == [bad]
    assert lines_in(folder) == []


def test_posts_that_are_too_large_are_divided(server: StandIn, make_tracker: Make, folder: Path) -> None:
    server.max_bytes = 4_000
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 500}) for _ in range(50)]
    huge = tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 5_000})
    assert tracker.flush(20)
    assert set(server.events) == set(ids)
    assert [entry["event"]["id"] for entry in rejected_in(folder)] == [huge]


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_a_refused_tracker_says_so_once_and_keeps_its_usage(
    server: StandIn, make_tracker: Make, folder: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    asked: list[int] = []

    def refuse(method: str, path: str) -> Any:
        asked.append(1)
        return refusal(status, "refused", "Not you.")

    server.before = refuse
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4")]
    assert tracker.flush() is False, "there is nothing to wait for"
    ids += [tracker.record_usage("openai", "gpt-4") for _ in range(20)]
    tries = len(asked)
    eventually(lambda: len(lines_in(folder)) == 21)
    assert len(asked) == tries <= 2, "once by itself, and perhaps once more for flush"
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(said) == 1
    assert str(folder) in said[0]
    assert "Not you." in said[0]
    assert {event["id"] for event in lines_in(folder)} == set(ids)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_page_that_is_not_from_costops_rejects_no_event(
    server: StandIn, make_tracker: Make, folder: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    page = "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"
    server.before = lambda method, path: Answer(status, page, {"Content-Type": "text/html"})
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4") for _ in range(20)]
    assert tracker.flush(10) is False
    assert tracker.flush(10) is False
    eventually(lambda: {event["id"] for event in lines_in(folder)} == set(ids))
    assert not (folder / "rejected.jsonl").exists()
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(said) == 1
    assert f"The server answered {status}" in said[0]
    assert "not as CostOps does" in said[0]
    server.before = lambda method, path: None
    assert tracker.flush(10) is True
    assert server.posted.keys() == set(ids)


def test_a_proxy_that_finds_posts_too_large_gets_smaller_ones(
    server: StandIn, make_tracker: Make, folder: Path
) -> None:
    def proxy(method: str, path: str, size: int) -> Answer | None:
        return Answer(413, "<html>Request Entity Too Large</html>", {}) if size > 150_000 else None

    server.before_body = proxy
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 20_000}) for _ in range(30)]
    huge = tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 200_000})
    assert tracker.flush(20) is True
    assert set(server.events) == set(ids)
    assert [entry["event"]["id"] for entry in rejected_in(folder)] == [huge]


def test_asking_again_tries_a_refused_tracker_again(server: StandIn, make_tracker: Make) -> None:
    server.before = lambda method, path: refusal(403, "permission_denied", "Not you.")
    tracker = make_tracker()
    event_id = tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10) is False
    server.before = lambda method, path: None
    assert tracker.flush(10) is True
    assert set(server.events) == {event_id}


def test_a_refused_tracker_tries_again_by_itself_much_later(server: StandIn, make_tracker: Make) -> None:
    answers = iter([refusal(401, "not_authenticated", "Not you.")])
    server.before = lambda method, path: next(answers, None)
    tracker = make_tracker(backoff=Backoff(first=0.01, longest=0.05, held=0.1))
    event_id = tracker.record_usage("openai", "gpt-4")
    eventually(lambda: set(server.events) == {event_id})


def test_another_key_can_send_what_a_revoked_one_left(server: StandIn, make_tracker: Make, folder: Path) -> None:
    revoked = make_tracker(api_key="lcops_revoked")
    ids = [revoked.record_usage("openai", "gpt-4") for _ in range(3)]
    assert revoked.flush() is False
    revoked.close(0.0)
    assert make_tracker(api_key=KEY, spool_dir=folder, backoff=QUICK).flush(10)
    assert set(server.events) == set(ids)


def test_a_callback_that_raises_stops_nothing(
    server: StandIn, make_tracker: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: dict[str, Any], errors: Any) -> None:
        raise RuntimeError("the caller's own")

    tracker = make_tracker(on_rejected=broken)
    tracker.record_usage("openai", "no-such-model")
    assert tracker.flush(10)
    good = tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10)
    assert set(server.events) == {good}
    assert "the caller's own" in caplog.text


def test_posts_of_bad_events_alone_are_settled_in_few_posts(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    with server.holding():
        bad = [tracker.record_usage("openai", "no-such-model") for _ in range(400)]
    assert tracker.flush(20)
    assert {entry["event"]["id"] for entry in rejected_in(folder)} == set(bad)
    assert {str(entry["errors"]) for entry in rejected_in(folder)} == {str({"model": ["is not one of ours"]})}
    assert len(server.posts) < 20
