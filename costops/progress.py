"""Progress of a long command: a bar on a terminal, a line every few seconds elsewhere, both on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

EVERY = 5.0  # seconds between lines


class RowProgress:
    """Rows, their rate and the time left of one piece of work."""

    def __init__(self, what: str, *, unit: str = "rows") -> None:
        self._what, self._unit = what, unit
        self._rows = 0
        self._began = self._said = time.monotonic()
        self._bar: Progress | None = None
        console = Console(stderr=True)
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rows]}"),
            )
            self._bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
            self._task = self._bar.add_task(what, total=1.0, rows="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, rows: int, share: float) -> None:
        """Tells how many rows are done and what share (0 to 1) of all of it that is."""
        self._rows = rows
        now = time.monotonic()
        rate = rows / max(now - self._began, 0.001)
        text = f"{rows:,} {self._unit}, {rate:,.0f} a second"
        if self._bar:
            self._bar.update(self._task, completed=share, rows=text)
        elif now - self._said >= EVERY:
            self._said = now
            left = (now - self._began) * (1 - share) / share if share else 0.0
            self.say(f"{self._what}: {text}, {share:.0%}, {_span(left)} left")

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
