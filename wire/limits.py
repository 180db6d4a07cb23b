"""Request limits: a moving count per caller in the cache server, by the `limits` library.

Where a limit is high, a process takes a slice of it at a time and counts that by itself: asking the cache server for
each of two thousand requests a second would cost a quarter of what the requests do. What of a slice is not used within
a second is given up, so a process never lets more through than was counted.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

WAIT = {"socket_timeout": 1, "socket_connect_timeout": 1}  # seconds
SLICES = 1_200  # a limit of 120,000 a minute is taken in slices of 100, one of up to 2,399 request by request
SLICE_SECONDS = 1.0
REMEMBERED = 10_000
logger = logging.getLogger(__name__)


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    location = str(settings.CACHES["default"]["LOCATION"])
    if location.startswith("unix:"):
        location = f"redis+{location}"  # The library's name for what redis-py and Django call unix.
    return SlidingWindowCounterRateLimiter(storage_from_string(location, wrap_exceptions=True, **WAIT))


class _Slices:
    """What this process may still let through without asking, by caller and limit."""

    def __init__(self) -> None:
        self.asking = threading.Lock()  # one thread takes a slice, and those that wait for it spend of it
        self._lock = threading.Lock()
        self._left: dict[tuple[str, int], tuple[int, float]] = {}

    def spend(self, caller: str, per_minute: int) -> bool:
        """Takes one of the slice; False when there is none left."""
        with self._lock:
            left, until = self._left.get((caller, per_minute), (0, 0.0))
            if not left or time.monotonic() > until:
                return False
            self._left[caller, per_minute] = (left - 1, until)
            return True

    def keep(self, caller: str, per_minute: int, left: int) -> None:
        """Keeps what was counted ahead."""
        with self._lock:
            if len(self._left) > REMEMBERED:
                self._left.clear()
            self._left[caller, per_minute] = (left, time.monotonic() + SLICE_SECONDS)


_slices = _Slices()


def seconds_to_wait(caller: str, per_minute: int) -> float:
    """Counts one request of `caller`; 0 when it may pass, else the seconds until it may.

    `per_minute` 0 is no limit. When the cache server cannot be asked the request passes: a limit protects the
    service, and must not be what stops it.
    """
    if not per_minute:
        return 0.0
    size = per_minute // SLICES
    if size < 2:
        return _ask(caller, per_minute, 1)
    if _slices.spend(caller, per_minute):
        return 0.0
    with _slices.asking:
        return 0.0 if _slices.spend(caller, per_minute) else _ask(caller, per_minute, size)


def _ask(caller: str, per_minute: int, size: int) -> float:
    item = RateLimitItemPerMinute(per_minute)
    try:
        if size > 1 and _limiter().hit(item, "requests", caller, cost=size):
            _slices.keep(caller, per_minute, size - 1)
            return 0.0
        if _limiter().hit(item, "requests", caller):
            return 0.0
        window = _limiter().get_window_stats(item, "requests", caller)
    except StorageError:
        logger.warning("The cache server does not answer; request limits are not counted.")
        _slices.keep(caller, per_minute, size - 1)
        return 0.0
    return max(1.0, window.reset_time - time.time())
