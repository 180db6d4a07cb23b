"""Nothing is lost or doubled when processes end, fork or are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from llm_cost_ops import CostTracker

from tests.sdk.seeing import eventually, finish, journalled, lines_in
from tests.sdk.standin import StandIn, refusal

Make = Callable[..., CostTracker]
Start = Callable[[str], "subprocess.Popen[str]"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals of POSIX")


def projects(server: StandIn) -> dict[str, int]:
    """How many events each project has in the ledger."""
    counts: dict[str, int] = {}
    for event in list(server.events.values()):
        counts[event["project"]] = counts.get(event["project"], 0) + 1
    return counts


def once(server: StandIn) -> bool:
    return set(server.posted.values()) == {1}


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "import atexit; atexit.register(lambda: call(5, 'late'))"])
def test_a_program_that_just_ends_has_sent_everything(server: StandIn, start: Start, folder: Path, end: str) -> None:
    finish(start(f"call(700)\n{end}"))
    assert projects(server)["p"] == 700
    assert once(server)
    assert lines_in(folder) == []


@pytest.mark.parametrize("first", ["", "import atexit; atexit.register(lambda: call(1, 'late'))"])
def test_an_event_of_the_very_end_is_not_lost(
    server: StandIn, start: Start, make_tracker: Make, folder: Path, first: str
) -> None:
    """Nothing was recorded before; newer Pythons start no thread at the end, so it may be on disk then."""
    finish(start(f"{first}\nimport atexit; atexit.register(lambda: call(3, 'later'))"))
    assert make_tracker().flush(20)
    assert projects(server) == {"later": 3, **({"late": 1} if first else {})}


def test_a_program_that_dies_of_an_exception_has_sent_everything(server: StandIn, start: Start) -> None:
    process = start("call(700)\nraise RuntimeError('of its own')")
    _, err = process.communicate(timeout=30)
    assert "of its own" in err
    assert projects(server) == {"p": 700}


@pytest.mark.parametrize("trouble", ["away", "hangs"])
def test_a_program_ends_soon_though_the_server_is_gone_and_the_next_sends_its_usage(
    server: StandIn, start: Start, make_tracker: Make, folder: Path, trouble: str
) -> None:
    if trouble == "away":
        server.stop()
        finish(start("call(700)"))
        server.start()
    else:
        with server.holding():
            finish(start("call(700)"))
    assert len(lines_in(folder)) == 700
    assert make_tracker().flush(20)
    assert projects(server) == {"p": 700}
    assert lines_in(folder) == []


def test_a_killed_program_loses_nothing_that_was_put_aside(
    server: StandIn, start: Start, make_tracker: Make, folder: Path
) -> None:
    server.stop()
    process = start("call(1300); time.sleep(60)")
    eventually(lambda: len(lines_in(folder)) == 1300 and journalled(folder) == 0)
    process.kill()
    process.wait()
    server.start()
    assert make_tracker().flush(20)
    assert projects(server) == {"p": 1300}
    assert once(server)
    assert list(folder.iterdir()) == []


def test_a_living_program_sends_what_a_killed_one_left(
    server: StandIn, start: Start, make_tracker: Make, folder: Path
) -> None:
    server.stop()
    living = make_tracker()
    living.record_usage("openai", "gpt-4", project="living")
    process = start("call(20); time.sleep(60)")
    eventually(lambda: len(lines_in(folder)) == 21)
    process.kill()
    process.wait()
    server.start()
    eventually(lambda: projects(server) == {"living": 1, "p": 20})


def test_signal_handlers_that_record_start_one_sender_and_lose_nothing(server: StandIn, start: Start) -> None:
    """The timer is faster than the first event, so that handlers come in the midst of starting, again and again."""
    out = finish(
        start("""
import signal, threading
ids = []
def alarm(*_):
    if len(ids) < 200:
        ids.append(tracker.record_usage("openai", "gpt-4", project="p"))
signal.signal(signal.SIGALRM, alarm)
for _ in range(30):
    tracker = CostTracker(spool_dir=os.environ["SPOOL"], backoff=Backoff(first=0.01))
    ids.clear()
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    while len(ids) < 200:
        signal.pause()
    signal.setitimer(signal.ITIMER_REAL, 0)
    senders = sum(thread.name == "llm_cost_ops sender" for thread in threading.enumerate())
    assert tracker.flush(20)
    print(senders, *ids, flush=True)
    tracker.close()
    while any(thread.name.startswith("llm_cost_ops") for thread in threading.enumerate()):
        os.sched_yield()
"""),
        within=60,
    )
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows] == ["1"] * 30
    assert set(server.events) == {event_id for row in rows for event_id in row[1:]}


def test_background_threads_import_nothing(start: Start) -> None:
    """A fork during an import would leave the child waiting for ever for the import's lock."""
    out = finish(
        start("""
before = set(sys.modules)
call(3)
tracker.record_usage("openai", "no-such-model")
assert tracker.flush(20)
print(sorted(set(sys.modules) - before))
""")
    )
    assert out.strip() == "[]"


def test_a_forked_child_sends_its_own_and_leaves_the_parents_to_the_parent(
    server: StandIn, start: Start, folder: Path
) -> None:
    with server.holding() as hangs:
        process = start("""
call(600, "parent")
os.write(1, b"recorded\\n")
wait_for_files()
child = os.fork()
call(300, "child" if child == 0 else "parent")
os.write(1, b"forked\\n")
assert tracker.flush(20)
if child:
    assert os.waitpid(child, 0)[1] == 0
""")
        assert hangs.wait(20)
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(3)] == ["recorded", "forked", "forked"]
    finish(process)
    assert projects(server) == {"parent": 900, "child": 300}
    assert once(server)
    assert lines_in(folder) == []


def test_workers_forked_from_a_loaded_application_each_send_theirs(server: StandIn, start: Start) -> None:
    finish(
        start("""
call(10, "loading")
assert tracker.flush(20)
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        call(250, f"worker-{number}")
        sys.exit(0)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
""")
    )
    assert projects(server) == {"loading": 10, **{f"worker-{number}": 250 for number in range(4)}}
    assert once(server)


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.parametrize("left", [False, True])
def test_children_of_multiprocessing_end_without_losing_anything(
    server: StandIn, start: Start, tmp_path: Path, method: str, left: bool
) -> None:
    """`left`: what waits from before starts a tracker's threads while a spawned child still reads the program."""
    finish(
        start(f"""
import multiprocessing
{"call(1, 'parent')" if method == "fork" else ""}
context = multiprocessing.get_context({method!r})
sys.path.insert(0, {str(tmp_path)!r})
open({str(tmp_path / "work.py")!r}, "w").write('''
import os
from llm_cost_ops import CostTracker
tracker = CostTracker(spool_dir=os.environ["SPOOL"] + "/children")
def work():
    for _ in range(300):
        tracker.record_usage("openai", "gpt-4", project="child")
''')
import work
if {left}:
    os.makedirs(os.environ["SPOOL"] + "/children")
    with open(os.environ["SPOOL"] + "/children/1-00000000.000001.jsonl", "w") as file:
        file.write('{{"id": "left", "model": "gpt-4", "project": "left"}}\\n')
child = context.Process(target=work.work)
child.start()
child.join()
assert child.exitcode == 0
""")
    )
    assert projects(server)["child"] == 300
    assert projects(server).get("left") == (1 if left else None)
    assert once(server)


def test_a_child_leaves_the_files_of_its_living_parent_alone(server: StandIn, start: Start, folder: Path) -> None:
    server.before = lambda method, path: refusal(503, "away", "Later.", Retry_After="600")
    process = start("""
call(50, "parent")
wait_for_files()
child = os.fork()
if child == 0:
    sys.stdin.readline()
    call(50, "child")
    assert tracker.flush(20)
    os._exit(0)
os.waitpid(child, 0)
""")
    eventually(lambda: len(lines_in(folder)) == 50)
    server.before = lambda method, path: None
    finish(process, say="go on\n")
    # The parent was told to wait for ten minutes; when it ended it tried no more.
    assert projects(server) == {"child": 50}
    assert len(lines_in(folder)) == 50


def test_a_fork_in_an_outage_leaves_the_files_to_the_parent_while_it_lives(
    server: StandIn, start: Start, folder: Path
) -> None:
    server.stop()
    process = start("""
call(50, "parent")
wait_for_files()
child = os.fork()
if child == 0:
    call(50, "child")
else:
    print(child, flush=True)
time.sleep(60)
""")
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        eventually(lambda: len(lines_in(folder)) == 100)
        assert len(list(folder.glob("*.lock"))) == 2
        process.kill()
        process.wait()
        server.start()
        # The child lives on: it sends its own, and finds that its parent is gone.
        eventually(lambda: projects(server) == {"parent": 50, "child": 50})
        assert once(server)
    finally:
        os.kill(child, signal.SIGKILL)
