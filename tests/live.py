"""A real CostOps for tests: `costops up` in a folder of its own, with its own database, web server and jobs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

COSTOPS = [sys.executable, "-m", "costops.cli"]
# Does one command after the other in one process: to begin one takes a second or two each time.
CLERK = """
import json, sys
from click.testing import CliRunner
from costops.cli import costops
from django.db import connections
for line in sys.stdin:
    done = CliRunner().invoke(costops, json.loads(line))
    connections.close_all()  # a test may kill the database before the next command
    print(json.dumps([done.exit_code, done.stdout, done.stderr]), flush=True)
"""
PATIENCE = 120.0  # Seconds; a machine that runs other things too is slow.
NAMES = {
    "postgres": "bin/postgres",
    "valkey": "valkey-server",
    "web": "granian",
    "worker": " worker ",
    "beat": " beat ",
}


def until(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Returns when `true()` is; fails the test when it never is."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited {patience:.0f} s in vain for {what}"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a new user's shell would have: nothing of the test run's own servers."""
    ours = ("COSTOPS_", "DATABASE_URL", "CELERY_", "CACHE_URL", "DJANGO_", "PYTEST_", "PROMETHEUS_", "HOME", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    few = {"COSTOPS_WEB_WORKERS": "1", "COSTOPS_WORKER_PROCESSES": "1", "COSTOPS_WEB_THREADS": "8"}
    return kept | few | {"COSTOPS_DATA_DIR": str(folder), "HOME": str(folder / "no-home")} | more


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every living process that belongs to a data folder: it works in there, names it, or carries its mark."""
    found = []
    for process in psutil.process_iter():
        try:
            about = [process.cwd(), *process.cmdline(), process.environ().get("COSTOPS_SUPERVISED", "")]
            dead = process.status() == psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            continue
        if any(str(folder) in text for text in about) and not dead:
            found.append(process)
    return found


@dataclass
class LiveCostOps:
    """A running `costops up`."""

    folder: Path
    port: int
    supervisor: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    clerk: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a `costops` command against it: `live.run("user", "create", …)`."""
        return run(self.folder, *arguments, check=check)

    def do(self, *arguments: str) -> str:
        """What a `costops` command says that works with the data; in a process that is kept for all of them."""
        if self.clerk is None:
            command = [sys.executable, "-c", CLERK]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.clerk = subprocess.Popen(command, env=environment(self.folder), text=True, **pipes)
        assert self.clerk.stdin
        assert self.clerk.stdout
        print(json.dumps(arguments), file=self.clerk.stdin, flush=True)
        status, said, complaint = json.loads(self.clerk.stdout.readline())
        assert status == 0, complaint
        return str(said).strip()

    def send(self, key: str, method: str, path: str, body: Any = None) -> Any:
        """Calls the API with a key; what it answers, None when that is nothing."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def status(self, path: str, *, timeout: float = 30) -> int:
        """The HTTP status of a GET; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def pid(self, name: str) -> int | None:
        """The process of "postgres", "valkey", "web", "worker" or "beat"; None while it is down."""
        for child in psutil.Process(self.supervisor.pid).children():
            with suppress(psutil.NoSuchProcess):
                if NAMES[name] in " ".join(child.cmdline()):
                    return child.pid
        return None

    def kill(self, name: str) -> int:
        """`kill -9` of one of them; returns the number it had."""
        pid = self.pid(name)
        assert pid, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_with_children(self, name: str) -> None:
        """`kill -9` of one of them and of all that it started: a web server's workers would answer a moment longer."""
        pid = self.pid(name)
        assert pid, f"{name} is not running"
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()

    def said(self, text: str) -> bool:
        """Whether its console showed `text`."""
        return any(text in line for line in self.lines)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends it a signal and waits for its end; returns the exit status."""
        self.supervisor.send_signal(how)
        return self.supervisor.wait(PATIENCE)


def run(folder: Path, *arguments: str, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a `costops` command on a data folder."""
    done = subprocess.run(
        [*COSTOPS, *arguments], env=environment(folder, **more), capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done


@contextmanager
def costops_up(folder: Path, *options: str, until_said: str = "CostOps runs at", **more: str) -> Iterator[LiveCostOps]:
    """Runs `costops up` until the block ends, and makes sure that nothing is left of it whatever the test did.

    The block begins when its console shows `until_said`.
    """
    port = free_port()
    supervisor = subprocess.Popen(
        [*COSTOPS, "up", "--port", str(port), *options],
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    live = LiveCostOps(folder, port, supervisor)
    assert supervisor.stdout
    threading.Thread(target=live.lines.extend, args=(supervisor.stdout,), daemon=True).start()
    try:
        until(lambda: live.said(until_said) or supervisor.poll() is not None, "the start of costops up")
        assert supervisor.poll() is None, "".join(live.lines)
        yield live
    finally:
        if live.clerk:
            live.clerk.kill()
            live.clerk.communicate()
        if supervisor.poll() is None:
            supervisor.terminate()
            try:
                supervisor.wait(30)
            except subprocess.TimeoutExpired:
                supervisor.kill()
        for process in processes_of(folder):
            with suppress(psutil.NoSuchProcess):
                process.kill()
