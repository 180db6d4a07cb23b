"""What `costops up` says: steps with their times, and the lines of its children, each behind its name."""

from __future__ import annotations

import asyncio
import contextlib
import select
import sys
import time
from typing import TextIO

COLOURS = {"postgres": 34, "valkey": 31, "web": 32, "worker": 35, "beat": 36, "demo": 33}


class Console:
    """Writes whole lines. A terminal that was closed is no reason to fail while everything is being stopped."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._began = time.monotonic()
        self.colour = out.isatty()

    async def closed(self) -> None:
        """Returns when the terminal is closed; never where the output is none.

        The kernel tells only the session's first process of it. That is often a shell, which tells us, but it may be
        `make`, which keeps it to itself.
        """
        if not self._out.isatty():
            await asyncio.Event().wait()
        terminal = select.poll()
        terminal.register(self._out, 0)  # No event but those that are always reported: hangup and error.
        while not terminal.poll(0):
            await asyncio.sleep(0.5)

    def write(self, line: str = "") -> None:
        """One line as it is."""
        with contextlib.suppress(OSError, ValueError):
            self._out.write(line + "\n")
            self._out.flush()

    def step(self, sentence: str) -> None:
        """Something that `up` did or saw, with the seconds since it began."""
        self.write(f"{time.monotonic() - self._began:7.1f} s  {sentence}")

    def line_of(self, name: str, line: str) -> None:
        """A line that a child wrote."""
        label = f"{name:>9} "
        self.write(f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m {line}" if self.colour else f"{label} {line}")
