"""What every part of the benchmarks shares: how much is measured, where, and how a line of the report looks."""

from __future__ import annotations

import os
import sys

PORT = int(os.environ.get("COSTOPS_BENCH_PORT", "8790"))
EVENTS, BUDGETS, DAYS, VIEWS = 2_000_000, 1_000, 90, 60
Row = tuple[str, str, str, str]  # what, promised, measured, note


def say(text: str) -> None:
    """Tells how far the run is."""
    print(text, file=sys.stderr, flush=True)
