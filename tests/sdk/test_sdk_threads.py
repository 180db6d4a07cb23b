"""A system that has no thread to give for a while costs no event, and nobody's time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.sdk.seeing import finish, lines_in
from tests.sdk.standin import StandIn

Start = Callable[[str], "subprocess.Popen[str]"]

# As the standard library does when the system lets this user start no more threads. `may` says which of them start.
REFUSING = """
import threading
usual, asked = threading.Thread.start, []
def start(thread):
    asked.append(thread)
    if not may(len(asked)):
        raise RuntimeError("can't start new thread")
    usual(thread)
threading.Thread.start = start
"""


def test_once_threads_start_again_everything_arrives_once(server: StandIn, start: Start, folder: Path) -> None:
    out = finish(
        start(f"""{REFUSING}
may = lambda number: False
call(20)
assert tracker.flush() is False
call(20)
assert tracker.flush() is False
print(len(glob.glob(os.environ["SPOOL"] + "/*.jsonl")))
may = lambda number: True
assert tracker.flush(20)
call(20)
assert tracker.flush(20)
print(len(glob.glob(os.environ["SPOOL"] + "/*.jsonl")))
""")
    )
    assert out.split() == ["0", "0"], "files of the spool"
    assert len(server.posted) == 60
    assert set(server.posted.values()) == {1}
    assert list(folder.iterdir()) == []


def test_the_next_event_starts_them_too(server: StandIn, start: Start) -> None:
    finish(
        start(f"""{REFUSING}
may = lambda number: number > 2
call(1)
assert tracker.flush() is False
with_threads = threading.active_count() + 2
call(1)
assert threading.active_count() == with_threads
assert tracker.flush(20)
""")
    )
    assert list(server.posted.values()) == [1, 1]


def test_one_of_the_two_that_could_not_start_does_so_later(server: StandIn, start: Start) -> None:
    """With the sender alone an outage would fill memory, and nothing would go to disk."""
    server.stop()
    process = start(f"""{REFUSING}
may = lambda number: number != 2
call(2)
wait_for_files()
""")
    finish(process)


def test_without_threads_memory_is_bounded_by_going_to_disk(server: StandIn, start: Start, folder: Path) -> None:
    out = finish(
        start(f"""{REFUSING}
may = lambda number: False
tracker = CostTracker(spool_dir=os.environ["SPOOL"], limits=Limits(soft_records=100, hard_records=150))
call(1_050)
print(len(glob.glob(os.environ["SPOOL"] + "/*.jsonl")))
may = lambda number: True
assert tracker.flush(20)
""")
    )
    assert 1 <= int(out) <= 3, "hundreds of events share a file"
    assert len(server.posted) == 1_050
    assert lines_in(folder) == []


def test_without_threads_until_the_end_the_next_process_sends_it(server: StandIn, start: Start, folder: Path) -> None:
    finish(start(f"{REFUSING}\nmay = lambda number: False\ncall(30)"))
    assert len(lines_in(folder)) == 30
    finish(start("assert tracker.flush(20)"))
    assert len(server.posted) == 30
    assert list(folder.iterdir()) == []


def test_even_an_event_that_is_lost_for_lack_of_room_starts_them(server: StandIn, start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    finish(
        start(f"""{REFUSING}
may = lambda number: False
tracker = CostTracker(spool_dir={str(tmp_path / "file" / "spool")!r}, limits=Limits(soft_records=10, hard_records=50))
call(60)
may = lambda number: True
with_threads = threading.active_count() + 2
call(1)
assert threading.active_count() == with_threads
assert tracker.flush(20)
""")
    )
    assert len(server.posted) == 50


def test_ctrl_c_while_a_thread_starts_neither_stops_nor_doubles_the_work(server: StandIn, start: Start) -> None:
    """As a notebook does it to the cell that records first: the thread runs, though its start was broken off."""
    finish(
        start("""
import threading
usual = threading.Thread.start
def start(thread):
    usual(thread)
    if len(asked) < 2:
        asked.append(thread)
        raise KeyboardInterrupt
asked = []
threading.Thread.start = start
for _ in range(3):
    try:
        call(1)
    except KeyboardInterrupt:
        pass
assert tracker.flush(20)
call(1)
assert tracker.flush(20)
""")
    )
    assert list(server.posted.values()) == [1, 1, 1, 1]
