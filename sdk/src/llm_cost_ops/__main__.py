"""python -m llm_cost_ops flush [FOLDER]: sends the usage that waits on disk."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from llm_cost_ops.errors import ConfigurationError
from llm_cost_ops.tracker import CostTracker


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when nothing waits any more, 1 when something does, also of living processes, 2 when it could not begin."""
    parser = argparse.ArgumentParser("python -m llm_cost_ops", description="The client of CostOps, by hand.")
    commands = parser.add_subparsers(dest="command", required=True)
    flush = commands.add_parser(
        "flush",
        help="send the usage that waits on disk",
        description="Sends usage that waits on disk to LCOPS_ENDPOINT with the key LCOPS_API_KEY.",
    )
    flush.add_argument("folder", nargs="?", help="where it waits; by default the folder of this server and key")
    flush.add_argument("--timeout", type=float, default=300.0, help="seconds to wait at most (300)")
    given = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    if given.folder is not None and not os.path.isdir(given.folder):
        print(f"There is no folder {given.folder}", file=sys.stderr)
        return 2
    try:
        with CostTracker(spool_dir=given.folder, close_timeout=0.0) as tracker:
            sent = tracker.flush(given.timeout)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    if not sent:
        print("Not everything could be sent; the rest waits on.")
        return 1
    # A flush leaves out what a living process has, which sends it itself: but that waits too while the server is away.
    held = tracker._courier.files_waiting()
    if held:
        folders = ", ".join(sorted({str(path.parent) for path in held}))
        print(f"Programs that still run hold usage in {folders} ({len(held)} file(s)), which is theirs to send.")
        return 1
    print("Nothing waits any more.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
