"""Request limits while the cache server hangs: it costs each caller one wait, and none the wait of another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from wire import limits
from wire.limits import SLICES, seconds_to_wait


@pytest.fixture
def hanging(settings: Any) -> Iterator[None]:
    """A cache server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        location = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}
        limits._known_server.cache_clear()
        yield
        limits._known_server.cache_clear()


def waits_of(number: int, limit: int) -> list[float]:
    """How long so many callers wait that come at once, each the first time."""
    waits: list[float] = []

    def come() -> None:
        began = time.monotonic()
        assert seconds_to_wait(f"test:{uuid.uuid4()}", limit) == 0
        waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=come) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


@pytest.mark.parametrize("limit", [5, SLICES * 100])
def test_callers_wait_side_by_side_once_and_those_that_come_next_not_at_all(hanging: None, limit: int) -> None:
    first = waits_of(8, limit)
    assert len(first) == 8
    assert max(first) < 2 * min(first)
    assert max(waits_of(8, limit)) < min(first) / 4


def test_the_first_requests_of_a_process_may_come_all_at_once() -> None:
    script = (
        "import threading, django; django.setup(); from wire.limits import seconds_to_wait\n"
        "threads = [threading.Thread(target=seconds_to_wait, args=(f'test:{n}', 5)) for n in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "costops.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
