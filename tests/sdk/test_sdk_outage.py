"""While the server is away usage waits on disk, and afterwards all of it arrives, once."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from llm_cost_ops import CostTracker, Limits

from tests.sdk.seeing import QUICK_LIMITS, eventually, lines_in
from tests.sdk.standin import Answer, StandIn, refusal

Make = Callable[..., CostTracker]


def record(tracker: CostTracker, count: int, note: str = "") -> list[str]:
    return [tracker.record_usage("openai", "gpt-4", input_tokens=1, metadata={"note": note}) for _ in range(count)]


def test_ten_thousand_calls_of_an_outage_arrive_once(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    before = record(tracker, 10)
    assert tracker.flush(10)
    server.stop()
    during = record(tracker, 10_000)
    eventually(lambda: len(lines_in(folder)) == 10_000)
    assert tracker.flush(0.01) is False
    server.start()
    assert tracker.flush(60)
    assert server.posted == dict.fromkeys(before + during, 1)
    assert lines_in(folder) == []


def test_an_outage_from_the_first_call_on(server: StandIn, make_tracker: Make) -> None:
    server.stop()
    tracker = make_tracker()
    ids = record(tracker, 300)
    server.start()
    assert tracker.flush(20)
    assert set(server.events) == set(ids)


def test_the_server_goes_away_again_and_again(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    ids = []
    for _ in range(5):
        ids += record(tracker, 700)
        server.stop()
        ids += record(tracker, 700)
        server.start()
    assert tracker.flush(30)
    assert set(server.events) == set(ids)


def test_the_next_tracker_sends_what_the_last_ones_left(server: StandIn, make_tracker: Make, folder: Path) -> None:
    server.stop()
    ids = []
    for _ in range(4):
        tracker = make_tracker()
        ids += record(tracker, 600)
        tracker.close(0.0)
    assert len(lines_in(folder)) == 2400
    server.start()
    assert make_tracker().flush(20)
    assert server.posted == dict.fromkeys(ids, 1)
    assert list(folder.iterdir()) == [], "nothing is left behind"


def test_leftovers_are_sent_without_being_asked_for(server: StandIn, make_tracker: Make) -> None:
    server.stop()
    tracker = make_tracker()
    ids = record(tracker, 3)
    tracker.close(0.0)
    server.start()
    make_tracker()
    eventually(lambda: set(server.events) == set(ids))


def test_what_is_recorded_after_the_end_is_kept_for_the_next(server: StandIn, make_tracker: Make) -> None:
    tracker = make_tracker()
    tracker.close()
    ids = record(tracker, 2)
    assert not server.events
    # Its files are its own until the process ends; a copy of the folder is what the next process would find.
    assert tracker.flush(0.1) is False
    assert {event["id"] for event in lines_in(tracker._courier._spool.folder)} == set(ids)


def test_a_living_process_keeps_its_files(server: StandIn, make_tracker: Make, folder: Path) -> None:
    server.stop()
    first, second = make_tracker(), make_tracker()
    ids = record(first, 40)
    eventually(lambda: len(lines_in(folder)) == 40)
    ids += record(second, 40)
    eventually(lambda: len(lines_in(folder)) == 80)
    server.start()
    assert second.flush(20)
    assert first.flush(20)
    assert server.posted == dict.fromkeys(ids, 1)


def test_calls_that_trickle_in_share_a_file(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    server.before = lambda method, path: refusal(503, "away", "Later.", Retry_After="600")
    for count in range(1, 6):
        record(tracker, 1)
        eventually(lambda count=count: len(lines_in(folder)) == count)
    assert len(list(folder.glob("*-*.jsonl"))) <= 2, "the first may have been on its way when it was put aside"


def test_a_batch_that_hangs_on_the_way_is_on_disk_meanwhile(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker()
    with server.holding() as hangs:
        ids = record(tracker, 1)
        assert hangs.wait(10)
        eventually(lambda: [event["id"] for event in lines_in(folder)] == ids)
    assert tracker.flush(10)
    assert lines_in(folder) == []
    assert server.posted == {ids[0]: 1}


def test_memory_is_bounded_by_going_to_disk(server: StandIn, make_tracker: Make, folder: Path) -> None:
    tracker = make_tracker(limits=Limits(linger=3600, soft_records=100))
    with server.holding() as hangs:
        ids = record(tracker, 1)
        assert hangs.wait(10)
        ids += record(tracker, 2000)
        eventually(lambda: len(lines_in(folder)) >= 1900)
    assert tracker.flush(20)
    assert server.posted == dict.fromkeys(ids, 1)


def test_a_burst_goes_to_disk_with_few_syncs(server: StandIn, make_tracker: Make, folder: Path) -> None:
    """One or two for each file: a burst must not outrun a disk that takes long for each."""
    server.stop()
    tracker = make_tracker(limits=Limits(linger=3600, soft_records=10_000))
    ids = record(tracker, 12_000)
    eventually(lambda: len(lines_in(folder)) >= 10_000)
    assert len(list(folder.glob("*.jsonl"))) <= 2
    server.start()
    assert tracker.flush(60)
    assert server.posted.keys() == set(ids)
    assert max(size for _, size in server.posts) == 500


@contextmanager
def journal_into_pipe(server: StandIn, tracker: CostTracker, folder: Path) -> Iterator[tuple[Path, Path]]:
    """While the server hangs: the journal's first part, and its second, a pipe that whoever opens it waits for."""
    with server.holding() as hangs:
        record(tracker, 1)
        assert hangs.wait(10)
        (first,) = folder.glob("*.000001.journal")
        second = first.with_name(first.name.replace(".000001.", ".000002."))
        os.mkfifo(second)
        yield first, second


def test_a_write_to_disk_that_hangs_holds_up_neither_the_others_nor_the_sender(
    server: StandIn, make_tracker: Make, folder: Path
) -> None:
    """The others must wait neither for the one that hangs nor a second for each of their events: that takes minutes."""
    tracker = make_tracker(limits=Limits(linger=3600, disk_pause=1))
    threads = [threading.Thread(target=record, args=(tracker, 400, "x" * 1_000), daemon=True) for _ in range(5)]
    with journal_into_pipe(server, tracker, folder) as (_, second):
        for thread in threads:
            thread.start()
        eventually(lambda: sum(thread.is_alive() for thread in threads) == 1)
    try:
        assert tracker.flush(20)
        assert len(server.events) > 1 + 4 * 400
        assert sum(thread.is_alive() for thread in threads) == 1
    finally:
        os.close(os.open(second, os.O_RDONLY | os.O_NONBLOCK))  # lets it go on
        for thread in threads:
            thread.join(20)
    assert tracker.flush(20)
    assert len(server.events) == 1 + 5 * 400


def test_one_slow_write_takes_nothing_out_of_the_journal(server: StandIn, make_tracker: Make, folder: Path) -> None:
    """A third of a second passes until the pipe is read: one waits for it, the others for that one."""
    tracker = make_tracker(limits=Limits(linger=3600, disk_pause=3600))
    threads = [threading.Thread(target=record, args=(tracker, 300, "x" * 1_000), daemon=True) for _ in range(5)]
    with journal_into_pipe(server, tracker, folder) as (first, second):
        for thread in threads:
            thread.start()
        eventually(lambda: first.stat().st_size >= 1_000_000)
        time.sleep(0.3)
        lines = first.read_bytes().splitlines()
        with open(os.open(second, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
            rest = bytearray()
            eventually(lambda: rest.extend(pipe.read() or b"") or len(lines) + rest.count(b"\n") == 1 + 5 * 300)
        for thread in threads:
            thread.join(20)
    assert tracker.flush(20)


def test_what_another_user_left_does_not_hide_what_comes_after_it(
    server: StandIn, start: Callable[[str], subprocess.Popen[str]], make_tracker: Make, folder: Path
) -> None:
    server.stop()
    start("call(5)\nos.kill(os.getpid(), 9)").communicate(timeout=30)
    (folder / "1-00000000.lock").mkdir()  # opening it fails, also for root
    (folder / "1-00000000.000001.jsonl").write_text("{}\n")
    server.start()
    tracker = make_tracker()
    assert tracker.flush(20)
    assert len(server.events) == 5


def test_what_threads_record_while_the_tracker_closes_is_kept(
    server: StandIn, make_tracker: Make, folder: Path
) -> None:
    server.stop()
    for _ in range(30):
        tracker = make_tracker()
        ids: list[str] = []
        threads = [threading.Thread(target=lambda to=tracker, ids=ids: ids.extend(record(to, 20))) for _ in range(3)]
        for thread in threads:
            thread.start()
        tracker.close(0.0)
        for thread in threads:
            thread.join()
        kept = [path.read_bytes() for path in folder.iterdir() if path.suffix in (".jsonl", ".journal")]
        assert set(ids) <= {json.loads(line)["id"] for lines in kept for line in lines.splitlines()}


def test_without_a_disk_usage_waits_in_memory(
    server: StandIn, make_tracker: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    server.stop()
    tracker = make_tracker(spool_dir=tmp_path / "file" / "spool")
    ids = record(tracker, 1000)
    eventually(lambda: "cannot be put on disk" in caplog.text)
    ids += record(tracker, 1000)
    server.start()
    assert tracker.flush(20)
    assert set(server.events) == set(ids)
    assert caplog.text.count("cannot be put on disk") == 1


def test_without_disk_or_memory_the_loss_is_said_and_the_caller_goes_on(
    server: StandIn, make_tracker: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    limits = Limits(linger=0.05, soft_records=10, hard_records=50, disk_pause=0.05)
    server.stop()
    tracker = make_tracker(spool_dir=tmp_path / "file" / "spool", limits=limits)
    record(tracker, 200)
    assert "Usage is lost" in caplog.text
    server.start()
    assert tracker.flush(20)
    assert 50 <= len(server.events) < 200


def test_a_loss_is_said_once_though_others_lose_events_while_it_is_said(
    server: StandIn, make_tracker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler of the log may take long, and may wait for a thread that records."""
    tracker = make_tracker(limits=Limits(linger=3600, soft_records=1_000, hard_records=50))
    said: list[str] = []

    def filter_(entry: logging.LogRecord) -> bool:
        if "Usage is lost" in entry.getMessage():
            said.append(entry.getMessage())
            if len(said) == 1:
                other = threading.Thread(target=record, args=(tracker, 10), daemon=True)
                other.start()
                other.join(20)
                assert not other.is_alive()
        return True

    monkeypatch.setattr(logging.getLogger("llm_cost_ops"), "filters", [filter_])
    with server.holding() as hangs:
        record(tracker, 1)
        assert hangs.wait(10)
        record(tracker, 60)
    assert said == ["Usage is lost (1 events so far): neither server nor disk takes it"]


def test_a_line_torn_by_a_crash_costs_no_other(
    server: StandIn, make_tracker: Make, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    tracker = make_tracker()
    ids = record(tracker, 10)
    tracker.close(0.0)
    segment = next(folder.glob("*-*.jsonl"))
    torn = json.loads(segment.read_text().splitlines()[-1])["id"]
    segment.write_bytes(segment.read_bytes()[:-30])
    troubles = iter([refusal(503, "away", "Later.")] * 3)
    server.before = lambda method, path: next(troubles, None)
    server.start()
    assert make_tracker().flush(20)
    assert set(server.events) == set(ids) - {torn}
    assert (folder / "rejected.jsonl").read_text().count(torn) == 1
    assert caplog.text.count("torn by a crash") == 1


def test_others_cannot_read_what_waits(server: StandIn, make_tracker: Make, folder: Path) -> None:
    server.stop()
    tracker = make_tracker()
    record(tracker, 1)
    (segment,) = eventually(lambda: list(folder.glob("*-*.jsonl")))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(segment.stat().st_mode) == 0o600


def test_an_outage_is_said_once(server: StandIn, make_tracker: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "llm_cost_ops")
    attempts: list[int] = []

    def away(method: str, path: str) -> Answer | None:
        attempts.append(1)
        return refusal(503, "away", "Later.") if len(attempts) <= 5 else None

    server.before = away
    tracker = make_tracker()
    record(tracker, 1)
    assert tracker.flush(20)
    assert caplog.text.count("does not take usage now") == 1
    assert caplog.text.count("takes usage again") == 1


def test_state_folders_differ_by_key_and_server(
    server: StandIn, make_tracker: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    server.stop()
    trackers = [make_tracker(spool_dir=None), make_tracker(spool_dir=None, api_key="lcops_another")]
    for tracker in trackers:
        record(tracker, 1)
    assert len(eventually(lambda: found if len(found := list(tmp_path.rglob("*-*.jsonl"))) == 2 else None)) == 2
    assert len({path.parent for path in tmp_path.rglob("*-*.jsonl")}) == 2
    assert {path.parts[-4:-2] for path in tmp_path.rglob("*-*.jsonl")} == {("llm_cost_ops", "spool")}


def test_a_home_that_cannot_be_written_is_no_obstacle(
    server: StandIn, make_tracker: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("no folder")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    server.stop()
    tracker = make_tracker(spool_dir=None, limits=QUICK_LIMITS)
    record(tracker, 1)
    eventually(lambda: list(temporary.rglob("*-*.jsonl")))


def test_a_folder_of_somebody_else_where_all_may_write_is_not_used(
    server: StandIn, make_tracker: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that is somebody else's")
    tmp_path.chmod(0o1777)
    planted = tmp_path / "spool"
    planted.mkdir()
    os.chown(planted, 12345, 12345)
    server.stop()
    tracker = make_tracker(spool_dir=planted)
    record(tracker, 1)
    eventually(lambda: "belongs to somebody else" in caplog.text)
    assert list(planted.iterdir()) == []


@pytest.mark.parametrize("disk", [True, False])
def test_the_log_names_the_folder_that_is_used(
    server: StandIn,
    make_tracker: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    disk: bool,
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.write_text("no folder")
    if disk:
        temporary.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(temporary if disk else home))
    server.before = lambda method, path: refusal(401, "not_authenticated", "Not you.")
    tracker = make_tracker(spool_dir=None)
    record(tracker, 1)
    assert tracker.flush(10) is False
    (said,) = [entry.getMessage() for entry in caplog.records if "refuses" in entry.getMessage()]
    if disk:
        (folder,) = eventually(lambda: {path.parent for path in temporary.rglob("*-*.jsonl")})
        assert f"It is kept in {folder}:" in said
    else:
        assert "It is kept in memory" in said
    assert str(home) not in said


def test_a_batch_that_comes_back_is_not_put_on_disk_as_well(
    server: StandIn, make_tracker: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the log hears that the server is away, the batch is under way no more and not in the queue again yet."""
    server.before = lambda method, path: refusal(503, "unavailable", "Later.")
    tracker = make_tracker(limits=Limits(linger=3600, soft_records=5))
    stored: list[set[str]] = []

    def on_disk() -> set[str]:
        return {event["id"] for event in lines_in(folder)}

    def fill_memory(entry: logging.LogRecord) -> bool:
        if "does not take usage now" in str(entry.msg):
            later = set(record(tracker, 5))
            stored.append(eventually(lambda: later <= on_disk() and on_disk()))
            server.before = lambda method, path: None
        return True

    monkeypatch.setattr(logging.getLogger("llm_cost_ops"), "filters", [fill_memory])
    (first,) = record(tracker, 1)
    assert first not in eventually(lambda: stored)[0]
    assert tracker.flush(20)
    assert on_disk() == set()
    assert len(server.events) == 6
