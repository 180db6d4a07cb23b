"""One child process: started, waited for until it works, started again when it dies, stopped with all its own."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from costops.supervisor import tether
from costops.supervisor.console import Console

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
HEALTHY_AFTER = 30.0
FIRST_PROBE, SLOWEST_PROBE = 0.05, 1.0
WATCH_EVERY = 0.2


class ChildFailedError(Exception):
    """A child ended before it worked, or never worked; holds its last lines."""

    def __init__(self, name: str, reason: str, lines: list[str]) -> None:
        super().__init__("\n".join([f"{name} did not start: it {reason}.", *lines]))


async def _works() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """What to run and how to tell that it works."""

    name: str
    command: list[str]
    cwd: Path
    environment: Mapping[str, str]
    works: Callable[[], Awaitable[bool]] = _works
    ready_within: float = math.inf  # Seconds; a database that recovers may take as long as it needs.
    clear_the_way: Callable[[], None] = lambda: None  # Removes what a predecessor that was killed has left.
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM  # What it gets when the supervisor is gone.
    patience: float = 10.0  # Seconds that it has to stop.
    owner: tuple[int, int] = (-1, -1)  # User and group to run as, when not our own.
    log: Path | None = None  # Where its lines go, instead of the console.
    noise: tuple[str, ...] = field(default=())  # Lines with one of these are not worth showing.


class Child:
    """Keeps one program running."""

    def __init__(self, program: Program, console: Console) -> None:
        self.program = program
        self._console = console
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=20)
        self._began = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, which is also its process group; None while it is down."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> None:
        """Starts the program, returns when it works, and keeps it running from then on.

        Raises ChildFailedError when it ends before it works, or does not work in time; then it is ended.
        """
        await self._launch()
        self._keeping = asyncio.create_task(self._keep())

    async def run_to_end(self) -> int:
        """Runs the program once; returns its exit status, negative for the signal that killed it."""
        await self._launch()
        assert self._process is not None
        status = await _end_of(self._process)
        await self._bury()
        return status

    async def stop(self) -> None:
        """Asks the program to stop, waits as long as it may take, then kills what remains of it."""
        if self._keeping:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        process = self._process
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.program.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_end_of(process), self.program.patience)
        await self._bury()

    async def _launch(self) -> None:
        await asyncio.to_thread(self.program.clear_the_way)
        self._last_lines.clear()
        program = self.program
        self._process = process = await asyncio.create_subprocess_exec(
            *tethered(program.command, program.orphan_signal, program.owner),
            cwd=program.cwd,
            env=program.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=1024 * 1024,
        )
        self._began = time.monotonic()
        self._reading = asyncio.create_task(self._read(process))
        pause = FIRST_PROBE
        while not await program.works():
            late = time.monotonic() - self._began > program.ready_within
            if late or process.returncode is not None:
                status = process.returncode
                await self._bury()
                reason = f"was not ready within {program.ready_within:.0f} s" if status is None else ended(status)
                raise ChildFailedError(program.name, reason, list(self._last_lines))
            await asyncio.sleep(pause)
            pause = min(pause * 1.1, SLOWEST_PROBE)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            assert self._process is not None
            reason = ended(await _end_of(self._process))
            if time.monotonic() - self._began > HEALTHY_AFTER:
                pause = FIRST_PAUSE
            self._console.step(f"{self.program.name} {reason}; starting it again in {pause:.1f} s")
            await self._bury()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await self._launch()
            except ChildFailedError as error:
                self._console.step(str(error))
            except Exception as error:  # Whatever it is, the program is tried again and the others go on.
                self._console.step(f"{self.program.name} could not be started: {error!r}")
            else:
                self._console.step(f"{self.program.name} is back")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        program = self.program
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(program.log.open("a", buffering=1)) if program.log else None
            while raw := await _line(process.stdout):
                line = raw.decode(errors="replace").rstrip()
                self._last_lines.append(line)
                if log:
                    log.write(line + "\n")
                elif line and not any(noise in line for noise in program.noise):
                    self._console.line_of(program.name, line)

    async def _bury(self) -> None:
        """Kills what is left of the process group and reads what was written last."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await _end_of(self._process)
        if self._reading:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reading, 1)


def tethered(command: list[str], orphan_signal: signal.Signals, owner: tuple[int, int]) -> list[str]:
    """The command line that runs `command` tied to this process; must be started from the main thread."""
    options = [orphan_signal.value, os.getpid(), *owner]
    return [sys.executable, "-I", "-S", tether.__file__, *map(str, options), *command]


def ended(status: int) -> str:
    """How a process ended, in words: "was killed (SIGKILL)", "ended with status 1"."""
    if status < 0:
        return f"was killed ({signal.Signals(-status).name})"
    return f"ended with status {status}"


async def _end_of(process: asyncio.subprocess.Process) -> int:
    """The exit status once the process has ended. asyncio's own wait() waits for all that hold its pipe as well."""
    while process.returncode is None:
        await asyncio.sleep(WATCH_EVERY)
    return process.returncode


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or an endless one in pieces; empty at the end."""
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
