"""Ways to see what an SDK in another thread or process has done, and the short waits that tests give it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llm_cost_ops import Backoff, Limits

SOURCE = Path(__file__).parents[2] / "sdk" / "src"
QUICK = Backoff(first=0.01, longest=0.05, held=60.0)
QUICK_LIMITS = Limits(linger=0.05, rescan=0.2, disk_pause=0.05)


def eventually(condition: Callable[[], Any], within: float = 20.0) -> Any:
    """What the condition gives once it is true; fails when it is not within so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("it did not come true in time")


def lines_in(folder: Path) -> list[dict[str, Any]]:
    """The events that wait on disk."""
    events = []
    for path in sorted(folder.glob("*-*.jsonl")):
        try:
            events += [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]  # the last may be half written
        except FileNotFoundError:  # sent in this moment
            continue
    return events


def journalled(folder: Path) -> int:
    """How many bytes the journals hold: of events that are neither at the server nor on disk by a sync."""
    size = 0
    for path in folder.glob("*.journal"):
        try:
            size += path.stat().st_size
        except FileNotFoundError:  # ended in this moment
            continue
    return size


def finish(process: subprocess.Popen[str], within: float = 30.0, say: str = "") -> str:
    """Waits for the program's good end; its output. `say` is what it can read."""
    out, err = process.communicate(say, timeout=within)
    assert process.returncode == 0, err
    return out
