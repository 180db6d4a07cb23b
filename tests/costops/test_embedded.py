"""The embedded servers live as long as somebody needs them, and start again after whatever happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest

from tests.live import environment, processes_of, until

JOIN = """
import sys
from pathlib import Path
from costops.embedded import join
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
print(join(folder).database_url, flush=True)
sys.stdin.read()
"""


class Joined:
    """A process that needs the servers of a folder until its stdin is closed."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", JOIN, str(folder)],
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Ends as a command does."""
        self.process.communicate()

    def one(self, sql: LiteralString) -> object:
        """The first value of a query; None of a statement that has no rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@contextmanager
def joined(folder: Path) -> Iterator[Joined]:
    client = Joined(folder)
    try:
        yield client
    finally:
        client.process.kill()
        client.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for process in processes_of(tmp_path / "data"):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_the_servers_end_with_the_last_who_needs_them_and_keep_the_data(folder: Path) -> None:
    with joined(folder) as first, joined(folder) as second:
        assert first.url == second.url
        first.one("CREATE TABLE kept AS SELECT 42 AS answer")
        first.leave()
        assert second.one("SELECT answer FROM kept") == 42
    until(lambda: processes_of(folder) == [], "the end of the servers")
    with joined(folder) as third:
        assert third.one("SELECT answer FROM kept") == 42


def test_a_command_that_is_killed_leaves_no_server(folder: Path) -> None:
    with joined(folder) as client:
        assert client.one("SELECT 1") == 1
        client.process.send_signal(signal.SIGKILL)
        until(lambda: processes_of(folder) == [], "the end of the servers")


def test_a_pid_file_from_before_a_power_cut_does_not_stop_the_next_start(folder: Path) -> None:
    """Its number is now that of a living process that is no PostgreSQL: this one."""
    with joined(folder) as client:
        client.leave()
    until(lambda: processes_of(folder) == [], "the end of the servers")
    pid_file = folder / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{folder}/postgres\n1700000000\n5432\n{folder}/run\n\n  1234 5678\nready\n")
    (folder / "lock").write_text(str(os.getpid()))
    (folder / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with joined(folder) as again:
        assert again.one("SELECT 1") == 1


def test_a_keeper_that_is_killed_leaves_servers_that_do_not_stop_the_next_start(folder: Path) -> None:
    with joined(folder) as client:
        (keeper,) = [process for process in processes_of(folder) if "costops.supervisor.keeper" in process.cmdline()]
        keeper.kill()
        client.leave()
    with joined(folder) as again:
        assert again.one("SELECT 1") == 1


def test_a_command_that_comes_while_postgres_starts_again_waits_for_it(folder: Path) -> None:
    with joined(folder):
        (postgres,) = [
            process for process in processes_of(folder) if process.name() == "postgres" and "-D" in process.cmdline()
        ]
        postgres.kill()
        with joined(folder) as late:
            assert late.one("SELECT 1") == 1


def test_nobody_else_may_use_the_sockets(folder: Path) -> None:
    with joined(folder) as client:
        sockets = Path(str(client.one("SHOW unix_socket_directories")))
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert (sockets / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700
        assert client.one("SHOW listen_addresses") == ""


def test_a_user_may_tune_the_server_and_no_start_undoes_it(folder: Path) -> None:
    with joined(folder) as client:
        assert client.one("SHOW max_connections") == "200"
        client.one("ALTER SYSTEM SET work_mem = '7MB'")
        client.leave()
    with joined(folder) as again:
        assert again.one("SHOW work_mem") == "7MB"
