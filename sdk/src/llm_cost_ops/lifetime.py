"""The ends and the forks of a process, and what trackers do then."""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref
from typing import Protocol


class Lasting(Protocol):
    """Something that must be closed before the process ends, and begun anew in a forked child."""

    close_timeout: float

    def close(self, timeout: float | None = None) -> None:
        """Ends its work within that many seconds."""

    def after_fork(self) -> None:
        """Called in the child."""


_all: weakref.WeakSet[Lasting] = weakref.WeakSet()
_open: set[Lasting] = set()


def watch_over(one: Lasting) -> None:
    """Sees to `one` at every fork, and at the end of the process until it is let go."""
    _all.add(one)
    _open.add(one)


def let_go(one: Lasting) -> None:
    """It has been closed."""
    _open.discard(one)


def _close_with_multiprocessing(_: object = None) -> None:
    """Children of multiprocessing leave by os._exit and before Python 3.14 skip atexit, but run their finalizers."""
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing.Finalize(None, _close_all, exitpriority=0)


def _close_with_multiprocessing_once_it_has_begun() -> None:
    """A child of multiprocessing forgets all finalizers when it begins, and then runs what is registered so.

    It may have read the program, and us, before: spawned children do.
    """
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing.register_after_fork(_close_with_multiprocessing, _close_with_multiprocessing)


def _close_all() -> None:
    """Closes all within one common time: as long as the most patient of them may take."""
    waiting = list(_open)
    deadline = time.monotonic() + max((one.close_timeout for one in waiting), default=0.0)
    for one in waiting:
        one.close(max(0.0, deadline - time.monotonic()))


def _after_fork() -> None:
    _close_with_multiprocessing_once_it_has_begun()
    for one in list(_all):
        one.after_fork()


# At once, not at the first event: that may come from a handler which runs at exit itself.
atexit.register(_close_all)
_close_with_multiprocessing()
_close_with_multiprocessing_once_it_has_begun()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
