"""What all tests share: each process of a parallel run has a cache of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from accounts.domain import keys
from budgets.domain import tree
from tests.live import LiveCostOps, costops_up
from usage.domain import ground, partitions


def pytest_configure(config: pytest.Config) -> None:
    """Gives process gw3 of pytest-xdist Valkey's database 5: 0 is the broker, 1 the cache of a run without xdist."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        cache = settings.CACHES["default"]
        number = 2 + int(worker.removeprefix("gw"))
        cache["LOCATION"] = re.sub(r"(db=|/)\d+$", rf"\g<1>{number}", cache["LOCATION"])


@pytest.fixture(scope="session")
def live_costops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCostOps]:
    """A real installation without the demo, for browsers and for tests that kill: it recovers, so all share it."""
    with costops_up(tmp_path_factory.mktemp("live") / "data", "--no-demo") as live:
        yield live


@pytest.fixture(autouse=True)
def forget_what_was_rolled_back() -> Iterator[None]:
    """What processes remember of the database is forgotten with each test's data."""
    yield
    ground.forget()
    tree.forget()
    partitions.forget()
    keys.forget()


@pytest.fixture
def committed(transactional_db: None, django_db_serialized_rollback: None) -> Iterator[None]:
    """A database whose data other connections and processes see; emptied afterwards.

    What migrations put there is there again. The ledger's tables are no models that Django would empty.
    """
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE usage_event, usage_hourly, usage_daily")
