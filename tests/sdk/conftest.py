"""What the SDK's tests share: a stand-in server, trackers that wait milliseconds, programs in their own processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llm_cost_ops import AsyncCostTracker, CostTracker

from tests.sdk.seeing import QUICK, QUICK_LIMITS, SOURCE
from tests.sdk.standin import KEY, StandIn


@pytest.fixture
def server() -> Iterator[StandIn]:
    standin = StandIn()
    yield standin
    standin.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def make_tracker(server: StandIn, folder: Path) -> Iterator[Callable[..., CostTracker]]:
    made: list[CostTracker] = []

    def make(**options: Any) -> CostTracker:
        usual = {"api_key": KEY, "endpoint": server.endpoint, "spool_dir": folder, "backoff": QUICK}
        tracker = CostTracker(**{**usual, "limits": QUICK_LIMITS, "close_timeout": 1.0, **options})
        made.append(tracker)
        return tracker

    yield make
    for tracker in made:
        tracker.close(0.0)


@pytest.fixture
def make_async_tracker(server: StandIn, folder: Path) -> Callable[..., AsyncCostTracker]:
    def make(**options: Any) -> AsyncCostTracker:
        usual = {"api_key": KEY, "endpoint": server.endpoint, "spool_dir": folder, "backoff": QUICK}
        return AsyncCostTracker(**{**usual, "limits": QUICK_LIMITS, "close_timeout": 1.0, **options})

    return make


@pytest.fixture
def start(server: StandIn, folder: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a Python program that finds `tracker` ready; its last words can be read from its output."""
    running: list[subprocess.Popen[str]] = []
    prelude = """
import glob, os, sys, time
from llm_cost_ops import Backoff, CostTracker, Limits
tracker = CostTracker(
    backoff=Backoff(first=0.01, longest=0.05), limits=Limits(linger=0.05, rescan=0.2), close_timeout=2.0,
    spool_dir=os.environ["SPOOL"],
)
def call(count, project="p"):
    for _ in range(count):
        tracker.record_usage("openai", "gpt-4", input_tokens=1, project=project)
def wait_for_files():
    while not glob.glob(os.environ["SPOOL"] + "/*.jsonl"):
        time.sleep(0.01)
"""

    def run(program: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "LCOPS_API_KEY": KEY,
            "LCOPS_ENDPOINT": server.endpoint,
            "SPOOL": str(folder),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", prelude + program],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
