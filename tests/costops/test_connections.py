"""Connections to the database: fewer than there are web threads, and still nobody waits in vain for one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from accounts.domain import keys
from tests.factories import Api, api
from tests.live import until
from usage.api import posting
from usage.domain.lock import LEDGER
from usage.models import UsageEvent

pytestmark = pytest.mark.usefixtures("committed")
GOOD = {"events": [{"cost": "1"}]}


@pytest.fixture
def statuses() -> list[int]:
    """What was answered, in the order of the answers."""
    return []


@pytest.fixture
def posting_thread(statuses: list[int]) -> Callable[[Api], threading.Thread]:
    """Posts one event in a thread of its own, which gives its connection back as a request does at its end."""

    def start(caller: Api) -> threading.Thread:
        twin = caller.again()

        def post() -> None:
            try:
                statuses.append(twin.post("usage/", GOOD).status_code)
            finally:
                connection.close()

        thread = threading.Thread(target=post)
        thread.start()
        return thread

    return start


def none_left(pool: ConnectionPool) -> bool:
    """Whether every connection is out and somebody waits for one."""
    counts = pool.get_stats()
    return counts["pool_size"] == counts["pool_max"] and counts.get("requests_waiting", 0) > 0


def test_more_posts_than_connections_wait_for_the_ledger_and_all_are_written(posting_thread, statuses, monkeypatch):
    monkeypatch.setattr(keys, "CACHE_SECONDS", 3600)
    hot = api("engineer")
    assert hot.post("usage/", GOOD).status_code == 202
    cold = [api("engineer") for _ in range(20)]
    pool = connection.pool
    options = connection.get_connection_params() | {"autocommit": False}
    connection.close()

    def waiting() -> int:
        return len(posting._coalescer._waiting)

    with psycopg.connect(**options) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER])
        threads = [posting_thread(hot)]
        until(lambda: posting._coalescer._led, "the post that writes")
        threads.append(posting_thread(hot))
        until(lambda: waiting() == 1, "the post that writes next")
        threads += [posting_thread(caller) for caller in cold]
        until(lambda: waiting() == 21 or none_left(pool), "all others")
        holder.commit()
    for thread in threads:
        thread.join(60)

    assert statuses == [202] * 22
    assert UsageEvent.objects.count() == 23
