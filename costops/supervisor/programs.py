"""The programs of CostOps itself: web server, worker, beat, and those that run once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from costops.env import Environment
from costops.supervisor.child import Program

PYTHON = [sys.executable, "-P"]
CELERY = ["-m", "celery", "--app", "costops.celery:app", "--quiet"]
# Celery warns of root because of pickle, which is not accepted here; granian warns of more threads than processors,
# and ours wait for the database.
ROOT_IS_FINE = ["-W", "ignore:You're running the worker with superuser"]
MANY_THREADS_ARE_FINE = "Configuration allows spawning up to"
WEB_IS_READY_WITHIN = 180.0  # Seconds: a few are usual, and what answers otherwise than with 200 never will.
STOPPING = ("Warm shutdown", "Cold shutdown")


def web(env: Environment, environment: Mapping[str, str], cwd: Path) -> Program:
    """Granian with the WSGI application; works when it answers /healthz."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.host, env.host)  # noqa: S104

    async def answers() -> bool:
        try:
            reader, writer = await asyncio.open_connection(host, env.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status = await asyncio.wait_for(reader.readline(), 10)
            writer.close()
        except (OSError, TimeoutError):
            return False
        return b" 200 " in status

    options = {
        "interface": "wsgi",
        "host": env.host,
        "port": env.port,
        "workers": env.web_workers,
        "blocking-threads": env.web_threads,
        "workers-kill-timeout": 5,
        "respawn-interval": 0.2,
        "log-level": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return Program(
        name="web",
        command=[
            *PYTHON,
            "-m",
            "granian",
            *arguments,
            "--no-ws",
            "--respawn-failed-workers",
            "costops.wsgi:application",
        ],
        cwd=cwd,
        environment=environment,
        works=answers,
        ready_within=WEB_IS_READY_WITHIN,
        noise=(MANY_THREADS_ARE_FINE,),
    )


def worker(env: Environment, environment: Mapping[str, str], cwd: Path) -> Program:
    """The Celery worker. Orphaned it is killed: its tasks are delivered again, and asked nicely it may hang."""
    options = [
        "--without-gossip",
        "--without-mingle",
        "--queues",
        "celery,forecasts",
        "--concurrency",
        str(env.worker_processes),
    ]
    return Program(
        name="worker",
        command=[*PYTHON, *ROOT_IS_FINE, *CELERY, "worker", *options, "--loglevel", env.log_level],
        cwd=cwd,
        environment=environment,
        orphan_signal=signal.SIGKILL,
        noise=STOPPING,
    )


def beat(env: Environment, environment: Mapping[str, str], cwd: Path) -> Program:
    """Celery beat, which keeps no file: its schedule is in the database. Orphaned it would wait for that in vain."""
    return Program(
        name="beat",
        command=[*PYTHON, *CELERY, "beat", "--pidfile", "", "--loglevel", env.log_level],
        cwd=cwd,
        environment=environment,
        orphan_signal=signal.SIGKILL,
    )


def command(name: str, *arguments: str, environment: Mapping[str, str], cwd: Path) -> Program:
    """One of the `costops` commands."""
    return Program(
        name=name, command=[*PYTHON, "-m", "costops.cli", name, *arguments], cwd=cwd, environment=environment
    )
