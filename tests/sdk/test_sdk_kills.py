"""Programs that are killed, or leave without saying goodbye, lose nothing that they recorded."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from llm_cost_ops import CostTracker, Limits

from tests.sdk.seeing import eventually, finish, journalled
from tests.sdk.standin import StandIn

Make = Callable[..., CostTracker]
Start = Callable[[str], "subprocess.Popen[str]"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals of POSIX")


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 15)", "os._exit(1)"])
def test_a_program_that_dies_at_once_has_lost_nothing(
    server: StandIn, start: Start, make_tracker: Make, folder: Path, end: str, away: bool
) -> None:
    if away:
        server.stop()
    process = start(f"call(1000)\n{end}")
    process.communicate(timeout=30)
    assert process.returncode in (-signal.SIGKILL, -signal.SIGTERM, 1)
    if away:
        server.start()
    assert make_tracker().flush(20)
    assert len(server.events) == 1000
    assert list(folder.iterdir()) == []


def test_where_it_lies_is_told_though_nothing_of_its_own_was_written(
    server: StandIn, start: Start, make_tracker: Make, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    start("call(5)\nos.kill(os.getpid(), 9)").communicate(timeout=30)
    make_tracker()
    (said,) = eventually(lambda: [text for text in caplog.messages if "kept" in text])
    assert f"in {folder}" in said
    assert "in memory" not in said


def test_a_program_that_dies_while_the_server_hangs_has_lost_nothing(
    server: StandIn, start: Start, make_tracker: Make
) -> None:
    with server.holding() as hangs:
        process = start("call(1); sys.stdin.readline(); call(700); os.kill(os.getpid(), 9)")
        assert hangs.wait(20)
        process.communicate("go on\n", timeout=30)
    assert make_tracker().flush(20)
    assert len(server.events) == 701


def test_a_pool_that_is_left_by_with_loses_nothing_of_its_workers(
    server: StandIn, start: Start, make_tracker: Make
) -> None:
    """Leaving it sends SIGTERM to the workers. Newer Pythons start no thread at the end; then the next one sends."""
    finish(
        start("""
import multiprocessing
def work(number):
    call(1, f"part-{number}")
with multiprocessing.get_context("fork").Pool(4) as pool:
    pool.map(work, range(400))
""")
    )
    assert make_tracker().flush(20)
    assert {event["project"] for event in server.events.values()} == {f"part-{number}" for number in range(400)}
    assert len(server.events) == 400


def test_a_parent_that_flushes_sends_what_its_killed_workers_left(server: StandIn, start: Start) -> None:
    finish(
        start("""
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        call(100, f"child-{number}")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
assert tracker.flush(20)
""")
    )
    assert len(server.events) == 400


def test_a_journal_keeps_only_what_is_safe_nowhere_else(server: StandIn, make_tracker: Make, folder: Path) -> None:
    """In an outage the spool writer's files, which are synced, take over."""
    server.stop()
    tracker = make_tracker(limits=Limits(linger=0.05))
    for _ in range(3_000):
        tracker.record_usage("openai", "gpt-4", metadata={"note": "x" * 1_000})
    eventually(lambda: journalled(folder) == 0)
    assert len(list(folder.glob("*.journal"))) == 1
    assert sum(path.stat().st_size for path in folder.glob("*.jsonl")) > 3_000_000


def test_a_folder_that_vanishes_stops_nobody(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    ids = [tracker.record_usage("openai", "gpt-4")]
    assert tracker.flush(10)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    ids += [tracker.record_usage("openai", "gpt-4") for _ in range(100)]
    assert tracker.flush(10)
    tracker.close()
    assert set(server.events) == set(ids)
