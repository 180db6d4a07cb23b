"""Request limits: what a key may send a minute, also when a process counts a slice by itself."""

from __future__ import annotations

import threading
import uuid

import pytest

from tests.factories import api
from wire import limits
from wire.limits import SLICES, seconds_to_wait


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["usage/", "budgets/"])
def test_a_key_beyond_its_limit_is_told_when_to_come_again(path):
    caller = api(requests_per_minute=3)
    answers = [caller.post(path, {}) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [400] * 3
    assert answers[3].status_code == 429
    assert 1 <= int(answers[3]["Retry-After"]) <= 120
    assert answers[3].json()["error"]["code"] == "throttled"


@pytest.mark.django_db
def test_keys_have_their_limits_each_and_share_one_between_addresses():
    first, second = api(requests_per_minute=2), api(requests_per_minute=2)
    assert first.post("usage/", {}).status_code == 400
    assert first.get("budgets/").status_code == 200
    assert first.get("budgets/").status_code == 429
    assert second.get("budgets/").status_code == 200


def test_a_high_limit_counted_in_slices_by_many_threads_is_never_passed(monkeypatch):
    monkeypatch.setattr(limits, "SLICE_SECONDS", 3600)
    caller, limit = f"test:{uuid.uuid4()}", SLICES * 5
    passed: list[int] = []

    def send() -> None:
        passed.append(sum(seconds_to_wait(caller, limit) == 0 for _ in range(limit // 4)))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == limit
    assert seconds_to_wait(caller, limit) >= 1


def test_without_a_limit_nothing_is_counted():
    caller = f"test:{uuid.uuid4()}"
    assert [seconds_to_wait(caller, 0) for _ in range(3)] == [0, 0, 0]
    assert seconds_to_wait(caller, 1) == 0


def test_when_the_cache_server_is_away_requests_pass(monkeypatch, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    limits._known_server.cache_clear()
    try:
        caller = f"test:{uuid.uuid4()}"
        assert [seconds_to_wait(caller, 1) for _ in range(3)] == [0, 0, 0]
        assert [seconds_to_wait(caller, 120_000) for _ in range(3)] == [0, 0, 0]
    finally:
        limits._known_server.cache_clear()
