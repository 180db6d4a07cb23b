"""Posts that race: programs that send the same events at once, while budgets change, lose and double nothing."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from budgets.domain.check import check
from tests.factories import api, budget, now
from usage.models import UsageEvent

pytestmark = pytest.mark.usefixtures("committed")


def together(*works: Callable[[], None]) -> None:
    """Runs them at once, each in a thread with a database connection of its own; raises what one of them raised."""
    failed: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if failed:
        raise failed[0]


def test_overlapping_posts_while_scopes_and_places_change_add_up_to_the_last_digit():
    finance = api("finance")
    top, other = budget("Top"), budget("Other", scope={"teams": ["none"]})
    team = budget("Team", parent=top, scope={"teams": ["a"]})
    at = now().isoformat()
    events = [
        {"id": str(uuid.uuid4()), "occurred_at": at, "cost": f"0.{n + 1:010}", "team": "ab"[n % 2]} for n in range(60)
    ]
    answers: list[dict[str, int]] = []

    def post(seed: int) -> Callable[[], None]:
        caller = finance.again()
        mixed = random.Random(seed).sample(events, len(events))

        def work() -> None:
            for start in range(0, len(mixed), 7):
                response = caller.post("usage/", {"events": mixed[start : start + 7]})
                assert response.status_code == 202, response.content
                answers.append(response.json())

        return work

    def change() -> None:
        caller = finance.again()
        for n in range(6):
            scope = {"teams": ["a", "b"][: n % 2 + 1]}
            place = (other if n % 2 else top).pk
            response = caller.patch(f"budgets/{team.pk}/", {"scope": scope, "parent_budget": place})
            assert response.status_code == 200, response.content

    together(*(post(seed) for seed in range(4)), change)

    whole = sum((Decimal(event["cost"]) for event in events), Decimal(0))
    assert sum(answer["accepted"] for answer in answers) == UsageEvent.objects.count() == 60
    assert sum(answer["duplicates"] for answer in answers) == 3 * 60
    assert Decimal(finance.get(f"budgets/{top.pk}/status/").json()["current"]) == whole
    assert Decimal(finance.get(f"budgets/{team.pk}/status/").json()["current"]) == whole
    assert Decimal(finance.get("usage/summary/").json()["results"][0]["cost"]) == whole
    assert check() == []


def test_a_bad_post_never_fails_its_neighbours():
    caller = api("engineer")
    statuses: list[int] = []

    def send(body: dict[str, object]) -> Callable[[], None]:
        own = caller.again()
        return lambda: statuses.append(own.post("usage/", body).status_code)

    good, bad = {"events": [{"cost": "1"}]}, {"events": [{"cost": "-1"}]}
    together(*(send(bad if n % 4 == 0 else good) for n in range(16)))
    assert sorted(statuses) == [202] * 12 + [400] * 4
    assert UsageEvent.objects.count() == 12
