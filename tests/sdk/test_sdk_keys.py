"""Usage that waited for one key or one spelling of the server is found by the next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from llm_cost_ops import CostTracker

from tests.sdk.seeing import SOURCE, eventually, journalled, lines_in
from tests.sdk.standin import KEY, StandIn

Make = Callable[..., CostTracker]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def left_behind(server: StandIn, make_tracker: Make, **options: str) -> set[str]:
    """Events that a tracker could not send before it was closed."""
    server.stop()
    tracker = make_tracker(spool_dir=None, **options)
    ids = {tracker.record_usage("openai", "gpt-4") for _ in range(10)}
    tracker.close(0.0)
    server.start()
    return ids


@pytest.mark.parametrize("spelling", ["http://localhost:{}", "HTTP://127.0.0.1:{}", "http://127.0.0.1:{}/"])
def test_another_spelling_of_the_same_server_finds_what_waits(
    server: StandIn, make_tracker: Make, home: Path, spelling: str
) -> None:
    ids = left_behind(server, make_tracker)
    assert make_tracker(spool_dir=None, endpoint=spelling.format(server.port)).flush(10)
    assert set(server.events) == ids


def test_another_server_does_not_get_it(server: StandIn, make_tracker: Make, home: Path) -> None:
    left_behind(server, make_tracker)
    other = StandIn()
    try:
        assert make_tracker(spool_dir=None, endpoint=other.endpoint).flush(10)
        assert not other.events
    finally:
        other.stop()


def test_usage_of_a_rotated_key_is_named_and_sent_when_somebody_says_so(
    server: StandIn, make_tracker: Make, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = left_behind(server, make_tracker, api_key="lcops_before_rotation")
    for _ in range(2):
        tracker = make_tracker(spool_dir=None)
        assert tracker.flush(10)
        tracker.close()
    assert not server.events, "another key's defaults might say that it is somebody else's"
    said = [record.getMessage() for record in caplog.records if "another API key" in record.getMessage()]
    (folder,) = {path.parent for path in home.rglob("*.jsonl")}
    assert len(said) == 1
    assert said[0].startswith(f"10 usage event(s) for this server wait in {folder}")
    command = said[0][said[0].index("-m llm_cost_ops flush") :].split()
    assert flush(server, *command[3:]) == (0, "Nothing waits any more.\n")
    assert set(server.events) == ids
    assert list(folder.iterdir()) == []


def test_what_waits_for_another_key_is_counted_and_left_as_it_is(
    server: StandIn, make_tracker: Make, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its process was killed while it wrote a file anew, with a journal that was settled."""
    left_behind(server, make_tracker, api_key="lcops_before_rotation")
    segment = next(home.rglob("*.jsonl"))
    segment.with_name(segment.name + ".new").write_bytes(segment.read_bytes())
    segment.with_name(segment.name.partition(".")[0] + ".000009.journal").touch()
    before = {path: path.read_bytes() for path in segment.parent.iterdir()}
    make_tracker(spool_dir=None)
    waiting = len(lines_in(segment.parent))
    assert f" {waiting} usage event(s) for this server wait in {segment.parent}" in caplog.text
    assert {path: path.read_bytes() for path in segment.parent.iterdir()} == before
    assert flush(server, str(segment.parent))[0] == 0
    assert list(segment.parent.iterdir()) == []


def test_a_living_program_with_another_key_is_nobodys_business(
    server: StandIn, make_tracker: Make, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    make_tracker(spool_dir=None, api_key="lcops_of_another_program").record_usage("openai", "gpt-4")
    eventually(lambda: list(home.rglob("*.jsonl")))
    make_tracker(spool_dir=None)
    assert "another API key" not in caplog.text


def test_the_command_says_when_it_could_not_send(server: StandIn, make_tracker: Make, home: Path) -> None:
    left_behind(server, make_tracker)
    server.stop()
    assert flush(server, "--timeout", "0.1")[0] == 1
    assert flush(server, str(home / "nowhere"))[0] == 2
    server.start()
    assert flush(server)[0] == 0
    assert len(server.events) == 10


def test_the_command_says_what_programs_that_run_still_hold(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    server.stop()
    tracker.record_usage("openai", "gpt-4")
    eventually(lambda: lines_in(folder))
    status, said = flush(server, str(folder))
    assert status == 1
    assert said.startswith(f"Programs that still run hold usage in {folder}")
    assert len(lines_in(folder)) == 1, "it is theirs to send"


def test_a_program_that_runs_and_has_sent_everything_holds_nothing(
    server: StandIn, make_tracker: Make, folder: Path
) -> None:
    tracker = make_tracker()
    tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10)
    eventually(lambda: journalled(folder) == 0)
    assert len(list(folder.iterdir())) == 2, "its lock and its journal"
    assert flush(server, str(folder)) == (0, "Nothing waits any more.\n")


def flush(server: StandIn, *arguments: str) -> tuple[int, str]:
    """What `python -m llm_cost_ops flush` returns and prints."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "LCOPS_API_KEY": KEY, "LCOPS_ENDPOINT": server.endpoint}
    command = [sys.executable, "-m", "llm_cost_ops", "flush", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout
