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
AWAY_SECONDS = 5.0  # how long a server that did not answer is left alone: asking it costs a caller a second or two
logger = logging.getLogger(__name__)


class _Server:
    """The cache server, as this process knows it."""

    def __init__(self) -> None:
        location = str(settings.CACHES["default"]["LOCATION"])
        if location.startswith("unix:"):
            location = f"redis+{location}"  # The library's name for what redis-py and Django call unix.
        storage = storage_from_string(location, wrap_exceptions=True, **WAIT)
        self.limiter = SlidingWindowCounterRateLimiter(storage)
        self._away_until = 0.0

    @property
    def away(self) -> bool:
        """Whether it was asked in vain just now, by whomever."""
        return time.monotonic() < self._away_until

    def note_away(self) -> None:
        """Notes that it does not answer."""
        self._away_until = time.monotonic() + AWAY_SECONDS


_connecting = threading.Lock()  # The library cannot be set up by two threads at once.
_known_server = cache(_Server)


def _server() -> _Server:
    with _connecting:
        return _known_server()


class _Slice:
    """What this process may still let through of one caller without asking."""

    def __init__(self) -> None:
        self.asking = threading.Lock()  # one thread takes a slice, and those that wait for it spend of it
        self._lock = threading.Lock()
        self._left = 0
        self._until = 0.0

    def spend(self) -> bool:
        """Takes one of the slice; False when there is none left."""
        with self._lock:
            if not self._left or time.monotonic() > self._until:
                return False
            self._left -= 1
            return True

    def keep(self, left: int) -> None:
        """Keeps what was counted ahead."""
        with self._lock:
            self._left, self._until = left, time.monotonic() + SLICE_SECONDS


_slices: dict[tuple[str, int], _Slice] = {}
_slices_lock = threading.Lock()


def _slice_of(caller: str, per_minute: int) -> _Slice:
    with _slices_lock:
        found = _slices.get((caller, per_minute))
        if found is None:
            if len(_slices) > REMEMBERED:
                _slices.clear()
            found = _slices[caller, per_minute] = _Slice()
        return found


def seconds_to_wait(caller: str, per_minute: int) -> float:
    """Counts one request of `caller`; 0 when it may pass, else the seconds until it may.

    `per_minute` 0 is no limit. When the cache server cannot be asked the request passes: a limit protects the
    service, and must not be what stops it.
    """
    if not per_minute:
        return 0.0
    size = per_minute // SLICES
    if size < 2:
        return _ask(caller, per_minute)
    ahead = _slice_of(caller, per_minute)
    if ahead.spend():
        return 0.0
    with ahead.asking:
        return 0.0 if ahead.spend() else _ask(caller, per_minute, size, ahead)


def _ask(caller: str, per_minute: int, size: int = 1, ahead: _Slice | None = None) -> float:
    item, server = RateLimitItemPerMinute(per_minute), _server()
    if server.away:
        return 0.0
    try:
        if ahead is not None and server.limiter.hit(item, "requests", caller, cost=size):
            ahead.keep(size - 1)
            return 0.0
        if server.limiter.hit(item, "requests", caller):
            return 0.0
        window = server.limiter.get_window_stats(item, "requests", caller)
    except StorageError:
        server.note_away()
        logger.warning("The cache server does not answer; for %.0f s no request limit is counted.", AWAY_SECONDS)
        return 0.0
    return max(1.0, window.reset_time - time.time())
