"""All of `costops up`: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket

import psycopg

from costops.cli import commands
from costops.embedded import why_unreachable
from costops.env import Environment
from costops.supervisor import programs
from costops.supervisor.child import Child, ChildFailedError, Program, ended
from costops.supervisor.console import Console
from costops.supervisor.folder import MARK, DataFolder, HeldError, Holder
from costops.supervisor.keeper import WHO as A_COMMAND
from costops.supervisor.postgres import PostgresError
from costops.supervisor.server_user import NoServerUserError
from costops.supervisor.servers import Servers

WHO = "costops up"
METRICS = "metrics"


class CannotRunError(Exception):
    """CostOps cannot run; the message says why and what to do."""


class Installation:
    """The processes of one data folder."""

    def __init__(self, env: Environment, folder: DataFolder, console: Console, *, demo: bool) -> None:
        self._env = env
        self._folder = folder
        self._console = console
        self._demo = demo
        self._servers = Servers(folder, console)
        self._children: list[Child] = []
        self._holds = self._began = False

    async def run(self) -> int:
        """Starts everything and stops it on SIGINT, SIGTERM, SIGHUP or a closed terminal; returns the exit status."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        asked = asyncio.create_task(stop.wait())
        closed = asyncio.create_task(self._console.closed())
        closed.add_done_callback(lambda _: stop.set())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait({asked, starting}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await asked
        except (CannotRunError, ChildFailedError, PostgresError, NoServerUserError) as error:
            self._console.step(str(error))
            return 1
        finally:
            closed.cancel()
            starting.cancel()
            await asyncio.gather(starting, closed, return_exceptions=True)
            await self._stop()
        return 0

    async def _start(self) -> None:
        env, say = self._env, self._console.step
        await self._hold_folder()
        self._check_port()
        if env.database_url and (why := await asyncio.to_thread(why_unreachable, env.database_url)):
            raise CannotRunError(why)
        self._began = True
        await asyncio.to_thread(self._folder.end_leftovers, say)
        self._empty_metrics()
        await asyncio.gather(self._start_database(), self._once("collectstatic"))
        self._folder.record(Holder(os.getpid(), WHO, ready=True, **self._servers.addresses.__dict__))
        environment = self._environment()
        await self._keep(programs.web(env, environment, self._folder.path))
        say(f"Web server is up at {self._address()}")
        await self._keep(programs.worker(env, environment, self._folder.path))
        await self._keep(programs.beat(env, environment, self._folder.path))
        say("Worker and beat are started")
        await self._welcome()

    def _empty_metrics(self) -> None:
        """Counters of processes that are gone: a power cut leaves them, perhaps half written."""
        shutil.rmtree(self._folder.path / METRICS, ignore_errors=True)
        (self._folder.path / METRICS).mkdir(exist_ok=True)

    async def _hold_folder(self) -> None:
        """Takes the data folder, after the commands that use its servers just now. Raises CannotRunError."""
        said = False
        while True:
            try:
                self._folder.hold(WHO)
            except HeldError as error:
                if error.holder is None or error.holder.who != A_COMMAND:
                    raise CannotRunError(str(error)) from None
                if not said:
                    self._console.step("Waiting for the costops commands that use this data folder to finish")
                    said = True
            else:
                self._holds = True
                return
            await asyncio.sleep(0.2)

    def _check_port(self) -> None:
        env = self._env
        try:
            family, kind, _, _, address = socket.getaddrinfo(env.host, env.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except socket.gaierror:
            raise CannotRunError(f"COSTOPS_HOST is {env.host!r}: no such address here.") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotRunError(f"COSTOPS_HOST is {env.host!r}: this machine has no such address.") from None
            raise CannotRunError(
                f"Port {env.port} of {env.host} cannot be used ({error.strerror}). Set COSTOPS_PORT to another."
            ) from None

    async def _start_database(self) -> None:
        await self._servers.start(self._console.step)
        await self._once("migrate")
        self._console.step("Database is up to date")

    async def _welcome(self) -> None:
        empty = await self._is_empty()
        if empty and self._demo and "demo" in commands():
            self._console.step("Loading the demo company (`costops up --no-demo` starts without)")
            await self._load_demo()
        logins = self._folder.path / "demo-logins.txt"
        lines = ["", f"CostOps runs at {self._address()}"]
        if logins.exists() and self._demo:
            lines += ["", *logins.read_text().splitlines()]
        elif empty:
            lines += ["", "Make the first user:  costops user create you@example.com --role admin"]
        for line in [*lines, "", f"Ctrl-C stops it; the data stays in {self._folder.path}"]:
            self._console.write("  " + line if line else "")

    async def _is_empty(self) -> bool:
        url = self._environment()["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url) as connection:
            found = await (await connection.execute("SELECT EXISTS (SELECT FROM accounts_user)")).fetchone()
        return found is not None and not found[0]

    def _environment(self) -> dict[str, str]:
        """What our programs see: the caller's environment, the servers' addresses, and whose they are."""
        path = self._folder.path
        return {
            **os.environ,
            **{name: url for name, url in self._servers.addresses.as_environment().items() if not os.environ.get(name)},
            MARK: str(path),
            "COSTOPS_DATA_DIR": str(path),
            "COSTOPS_LOG_FORMAT": self._log_format(),
            "PROMETHEUS_MULTIPROC_DIR": str(path / METRICS),
            "PYTHONUNBUFFERED": "1",
        }

    def _log_format(self) -> str:
        if self._env.log_format == "auto":
            return "console" if self._console.colour else "json"
        return self._env.log_format

    def _address(self) -> str:
        env = self._env
        if env.public_url:
            return env.public_url
        host = "localhost" if env.host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else env.host  # noqa: S104
        return f"http://{host}:{env.port}"

    async def _keep(self, program: Program) -> None:
        child = Child(program, self._console)
        self._children.append(child)
        await child.start()

    async def _load_demo(self) -> None:
        """The demo is for looking around: without it all else still runs."""
        try:
            await self._once("demo")
        except CannotRunError as error:
            self._console.step(str(error))

    async def _once(self, command: str) -> None:
        """Runs one of our commands, which says itself what went wrong; raises CannotRunError when it fails."""
        program = programs.command(command, environment=self._environment(), cwd=self._folder.path)
        child = Child(program, self._console)
        self._children.append(child)
        status = await child.run_to_end()
        self._children.remove(child)
        if status:
            raise CannotRunError(f"`costops {command}` {ended(status)}.")

    async def _stop(self) -> None:
        if self._began:
            self._console.step("Stopping")
            await asyncio.gather(*(child.stop() for child in self._children))
            await self._servers.stop()
            with contextlib.suppress(OSError):
                shutil.rmtree(self._folder.path / METRICS)
        if self._holds:
            self._folder.release()
        if self._began:
            self._console.step("Stopped")
