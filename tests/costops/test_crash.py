"""Power cuts in the middle of posting: after the caller's retries nothing is lost and nothing is there twice."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path

import pytest
from llm_cost_ops import CostTracker

from tests.live import LiveCostOps, until

POSTS, THREADS, EVENTS_A_POST = 100, 4, 7
COST = Decimal("0.000123")


@pytest.fixture(scope="module")
def live(live_costops: LiveCostOps) -> LiveCostOps:
    live_costops.do("user", "create", "crash@company.com", "--role", "admin")
    until(lambda: live_costops.status("/readyz") == 200, "readiness")
    return live_costops


@pytest.fixture(scope="module")
def key(live: LiveCostOps) -> str:
    return live.do("apikey", "create", "--user", "crash@company.com", "--name", "crash")


def call(live: LiveCostOps, key: str, path: str, body: object = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(live.url + path, data, headers), timeout=20) as answer:
        return json.load(answer)


class Poster(threading.Thread):
    """Posts until each post was answered, as any careful client does."""

    def __init__(self, live: LiveCostOps, key: str, project: str, posts: int) -> None:
        super().__init__(daemon=True)
        self.live, self.key, self.project, self.left = live, key, project, posts
        self.after_the_fifth: Callable[[], object] = lambda: None

    def run(self) -> None:
        while self.left:
            now = datetime.now(UTC).isoformat()
            one = {"provider": "openai", "model": "gpt-4", "project": self.project, "cost": str(COST)}
            events = [{**one, "id": str(uuid.uuid4()), "occurred_at": now} for _ in range(EVENTS_A_POST)]
            while not self._posted(events):
                threading.Event().wait(0.2)
            self.left -= 1
            if self.left == POSTS // THREADS - 5:
                self.after_the_fifth()

    def _posted(self, events: list[dict]) -> bool:
        try:
            answer = call(self.live, self.key, "/api/v1/usage/", {"events": events})
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
            return False
        except (OSError, HTTPException):
            return False
        assert answer["accepted"] + answer["duplicates"] == EVENTS_A_POST
        return True


@pytest.mark.parametrize("name", ["web", "postgres"])
def test_a_kill_in_the_middle_of_a_hundred_posts_loses_and_doubles_nothing(
    live: LiveCostOps, key: str, name: str
) -> None:
    project = f"killed-{name}"
    scope = {"projects": [project]}
    budget = call(live, key, "/api/v1/budgets/", {"name": name, "amount": 10, "period": "monthly", "scope": scope})
    posters = [Poster(live, key, project, POSTS // THREADS) for _ in range(THREADS)]
    left_at_the_kill: list[int] = []

    def kill() -> None:
        live.kill_with_children(name)
        left_at_the_kill.extend(poster.left for poster in posters)

    posters[0].after_the_fifth = kill
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join(180)

    assert all(left_at_the_kill)
    assert not any(poster.left for poster in posters)
    status = call(live, key, f"/api/v1/budgets/{budget['id']}/status/")
    assert (Decimal(status["current"]), status["requests"]) == (POSTS * EVENTS_A_POST * COST, POSTS * EVENTS_A_POST)
    checked = live.run("check", check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_the_sdk_records_while_the_server_is_stopped_arrives_once(
    live: LiveCostOps, key: str, tmp_path: Path
) -> None:
    with CostTracker(key, live.url, spool_dir=tmp_path) as tracker:
        budget = tracker.create_budget(name="SDK", amount=10, period="monthly", scope={"projects": ["stopped"]})
        live.kill_with_children("web")
        for _ in range(10_000):
            tracker.record_usage(provider="openai", model="gpt-4", input_tokens=100, cost=COST, project="stopped")
        assert tracker.flush(180)
        status = tracker.get_budget_status(budget.id)
    assert Decimal(status.current) == 10_000 * COST
