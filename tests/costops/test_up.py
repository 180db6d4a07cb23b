"""`costops up`: one command that runs everything, recovers what dies and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from costops.supervisor.child import Child, ChildFailedError, Program
from costops.supervisor.console import Console
from tests.live import COSTOPS, LiveCostOps, costops_up, environment, free_port, processes_of, run, until


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCostOps]:
    """An installation whose folder has a long name with spaces, as some have."""
    folder = tmp_path_factory.mktemp("up") / ("a folder with a long name, longer than a socket may have " + "x" * 60)
    with costops_up(folder, "--no-demo") as live:
        yield live


def test_it_answers_and_soon_all_its_parts_work(up: LiveCostOps) -> None:
    assert up.status("/healthz") == 200
    until(lambda: up.status("/readyz") == 200, "readiness")


def test_it_tells_how_to_make_the_first_user(up: LiveCostOps) -> None:
    assert up.said("costops user create")


def test_commands_join_the_running_servers(up: LiveCostOps) -> None:
    before = up.pid("postgres")
    assert up.run("apikey", "list").stdout.startswith("KEY")
    assert up.pid("postgres") == before


def test_a_second_one_on_the_same_folder_is_refused_and_told_who_has_it(up: LiveCostOps) -> None:
    second = run(up.folder, "up", check=False)
    assert second.returncode == 1
    assert f"`costops up` (process {up.supervisor.pid})" in second.stdout


def test_a_port_in_use_is_told_in_one_sentence(up: LiveCostOps, tmp_path: Path) -> None:
    refused = run(tmp_path / "other", "up", "--port", str(up.port), check=False)
    assert refused.returncode == 1
    (line,) = refused.stdout.splitlines()
    assert "COSTOPS_PORT" in line
    assert os.listdir(tmp_path / "other") == ["lock"]


@pytest.mark.parametrize("name", ["web", "postgres", "valkey", "worker", "beat"])
def test_what_is_killed_is_started_again_and_said(up: LiveCostOps, name: str) -> None:
    until(lambda: up.status("/readyz") == 200, "readiness before")
    before = len(up.lines)
    killed = up.kill(name)
    until(lambda: up.pid(name) not in {None, killed}, f"another {name}")
    until(lambda: any(f"{name} is back" in line for line in up.lines[before:]), "word that it is back")
    assert any(f"{name} was killed (SIGKILL)" in line for line in up.lines[before:])
    until(lambda: up.status("/readyz") == 200, "readiness")


def test_a_web_server_that_is_killed_leaves_no_process_that_answers_with_old_code(up: LiveCostOps) -> None:
    old = psutil.Process(up.pid("web")).children()
    assert old
    up.kill("web")
    _gone, alive = psutil.wait_procs(old, timeout=30)
    assert not alive
    until(lambda: up.status("/healthz") == 200, "the next web server")


def test_data_outlives_a_killed_postgres(up: LiveCostOps) -> None:
    up.run("user", "create", "bob@example.com", "--role", "viewer")
    killed = up.kill("postgres")
    until(lambda: up.pid("postgres") not in {None, killed}, "another postgres")
    again = up.run("user", "create", "bob@example.com", "--role", "viewer", check=False)
    assert "already exists" in again.stderr


def test_postgres_comes_back_though_the_way_to_its_files_was_closed(up: LiveCostOps) -> None:
    up.folder.parent.chmod(0o700)  # as a second run of pytest does to the folder of all runs
    killed = up.kill("postgres")
    until(lambda: up.pid("postgres") not in {None, killed} and up.status("/readyz") == 200, "readiness")


def test_sigterm_stops_everything_and_a_killed_supervisor_leaves_nothing(up: LiveCostOps) -> None:
    up.run("user", "create", "eve@example.com", "--role", "viewer")
    assert up.stop(signal.SIGTERM) == 0
    assert processes_of(up.folder) == []
    (up.folder / "metrics").mkdir(exist_ok=True)
    (up.folder / "metrics" / "counter_77.db").touch()  # as a power cut leaves it
    with costops_up(up.folder, "--no-demo") as again:
        assert again.status("/metrics") == 200
        assert not again.said("costops user create")
        again.supervisor.kill()
        until(lambda: processes_of(up.folder) == [], "the end of all that it ran", patience=60)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_or_a_closed_terminal_in_the_middle_of_the_start_leaves_nothing(
    tmp_path: Path, how: signal.Signals
) -> None:
    with costops_up(tmp_path / "data", "--no-demo", until_said="Valkey is up") as up:
        assert up.stop(how) == 0
        assert processes_of(up.folder) == []


def test_a_closed_terminal_is_seen_behind_a_parent_that_keeps_it_to_itself(tmp_path: Path) -> None:
    """As `make` does, where it is the first process of a session."""
    folder = tmp_path / "data"
    pid, terminal = pty.fork()
    if pid == 0:
        script = f"trap : HUP; {shlex.join(COSTOPS)} up --no-demo --port {free_port()}; :"
        os.execve("/bin/sh", ["sh", "-c", script], environment(folder))
    seen = b""
    while b"Valkey is up" not in seen:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    until(lambda: processes_of(folder) == [], "the end of all that it ran")
    os.waitpid(pid, 0)


def test_it_waits_for_a_command_that_uses_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    script = "import sys; from costops.cli.connection import set_up; set_up(); print('here', flush=True); input()"
    command = subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout
    assert command.stdout.readline() == "here\n"
    with costops_up(folder, "--no-demo", until_said="Waiting for the costops commands") as up:
        assert not up.said("PostgreSQL is up")
        command.communicate("go\n")
        until(lambda: up.said("PostgreSQL is up"), "PostgreSQL")
    assert command.returncode == 0


def test_it_comes_up_where_only_the_companys_own_host_name_is_allowed(tmp_path: Path) -> None:
    with costops_up(tmp_path / "data", "--no-demo", COSTOPS_ALLOWED_HOSTS="costops.example.com") as up:

        def answer(host: str) -> int:
            connection = HTTPConnection("127.0.0.1", up.port, timeout=30)
            connection.request("GET", "/healthz", headers={"Host": host})
            return connection.getresponse().status

        assert (answer("costops.example.com"), answer("elsewhere.example.com")) == (200, 400)
        until(lambda: up.status("/readyz") == 200, "readiness")


def test_a_program_that_never_gets_ready_is_ended_and_told(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    command = ["/bin/sh", "-c", "echo Here I am; sleep 600"]
    child = Child(Program("web", command, tmp_path, os.environ, works=never, ready_within=1), Console())
    with pytest.raises(ChildFailedError, match=r"^web did not start: it was not ready within 1 s\.\nHere I am$"):
        asyncio.run(asyncio.wait_for(child.start(), 60))
    assert processes_of(tmp_path) == []
