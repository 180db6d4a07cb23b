"""What all tests share: each process of a parallel run has a cache of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.domain import keys
from budgets.domain import tree
from tests.live import LiveCostOps, costops_up
from usage.domain import ground, partitions

#: The files that take longest, longest first.
LONG = (
    "pages/test_every_page_in_browser.py",
    "pages/test_tour.py",
    "costops/test_up.py",
    "pages/test_five_and_five_hundred.py",
    "pages/test_people_pages_in_browser.py",
    "pages/test_on_paper.py",
    "pages/test_frame_in_browser.py",
    "costops/test_crash.py",
    "sdk/test_sdk_processes.py",
    "pages/test_permission_matrix.py",
    "costops/test_demo_days.py",
    "costops/test_demo_load.py",
    "costops/test_demo.py",
    "usage/test_import_traces.py",
    "wire/test_schema.py",
    "costops/test_embedded.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Gives process gw3 of pytest-xdist Valkey's database 5: 0 is the broker, 1 the cache of a run without xdist."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        cache = settings.CACHES["default"]
        number = 2 + int(worker.removeprefix("gw"))
        cache["LOCATION"] = re.sub(r"(db=|/)\d+$", rf"\g<1>{number}", cache["LOCATION"])
    # A quarter of a second for each password is for those who try many: here nobody does.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has the longest files begin first: at the end of a parallel run none works alone while the others wait.

    What a file says of the database for all of its tests does not hold for those that need it committed, and what puts
    the database back begins first: what begins first ends last, after the test's data is gone.
    """
    here = Path(__file__).parent
    order = {name: place for place, name in enumerate(LONG)}
    for item in items:
        if "committed" in item.fixturenames:
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)
            item.fixturenames.remove("as_migrated")
            item.fixturenames.insert(0, "as_migrated")
    items.sort(key=lambda item: order.get(item.path.relative_to(here).as_posix(), len(order)))


@pytest.fixture(scope="session")
def live_costops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCostOps]:
    """A real installation without the demo, for browsers and for tests that kill: it recovers, so all share it."""
    with costops_up(tmp_path_factory.mktemp("live") / "data", "--no-demo") as live:
        yield live


@pytest.fixture(autouse=True)
def forget_what_was_rolled_back() -> Iterator[None]:
    """What processes remember of the database is forgotten with each test's data."""
    yield
    forget()


def forget() -> None:
    ground.forget()
    tree.forget()
    partitions.forget()
    keys.forget()


@pytest.fixture(scope="module")
def one_company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What is made under it stays for the tests of a file, each of which undoes what it did itself."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        forget()


@pytest.fixture
def as_migrated(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Puts back what migrations put into the database, when the test that asked for it has emptied it."""
    yield
    with django_db_blocker.unblock():
        connection.creation.deserialize_db_from_string(connection._test_serialized_contents)


@pytest.fixture
def committed(as_migrated: None, transactional_db: None, django_db_serialized_rollback: None) -> Iterator[None]:
    """A database whose data other connections and processes see; as it was migrated before and afterwards.

    The ledger's tables are no models that Django would empty.
    """
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE usage_event, usage_hourly, usage_daily")
