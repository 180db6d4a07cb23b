"""A pytest plugin that has PostgreSQL and Valkey running before Django reads its settings.

They are real, started fast and careless in a folder of their own, and end with the test run however that ends. A
DATABASE_URL, CELERY_BROKER_URL or CACHE_URL of the environment is used instead.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from costops.embedded import join

READY = "COSTOPS_TEST_SERVERS"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Comes before pytest-django, which reads the settings; the processes of xdist inherit what is set here."""
    if READY not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="costops-tests-"))
        (home / "static").mkdir()
        os.environ["COSTOPS_DATA_DIR"] = str(home)
        os.environ["COSTOPS_SECRET_KEY"] = "only-for-tests-only-for-tests-only-for-tests"
        os.environ.setdefault("COSTOPS_WEB_STATEMENT_SECONDS", "0")  # a busy machine is no fault of what is tested
        found = join(home, throwaway=True).as_environment()
        os.environ.update({name: url for name, url in found.items() if not os.environ.get(name)})
        os.environ[READY] = "1"
    return (yield)
