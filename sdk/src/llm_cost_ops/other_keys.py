"""Usage that waits for another key of the same server: a rotated one, most often."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from llm_cost_ops.spool import Spool

logger = logging.getLogger("llm_cost_ops")

_said: set[Path] = set()


def say_what_waits(folder: Path) -> None:
    """Logs once in this process how many events of processes that are gone wait there, and how to send them.

    They are not sent by themselves: a key's defaults say whose usage it is, and this may be another program's.
    """
    if folder in _said:
        return
    try:
        events = Spool([folder]).events_left()
    except OSError:
        return
    if events:
        _said.add(folder)
        logger.warning(
            "%d usage event(s) for this server wait in %s, recorded with another API key. If that one was rotated, "
            "send them with this one: %s -m llm_cost_ops flush %s",
            events,
            folder,
            Path(sys.executable).name or "python",
            folder,
        )
