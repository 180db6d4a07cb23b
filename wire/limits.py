"""Request limits: a moving count per caller in the cache server, by the `limits` library."""

from __future__ import annotations

import logging
import time
from functools import cache

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

WAIT = {"socket_timeout": 1, "socket_connect_timeout": 1}  # seconds
logger = logging.getLogger(__name__)


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    location = str(settings.CACHES["default"]["LOCATION"])
    if location.startswith("unix:"):
        location = f"redis+{location}"  # The library's name for what redis-py and Django call unix.
    return SlidingWindowCounterRateLimiter(storage_from_string(location, wrap_exceptions=True, **WAIT))


def seconds_to_wait(caller: str, per_minute: int) -> float:
    """Counts one request of `caller`; 0 when it may pass, else the seconds until it may.

    `per_minute` 0 is no limit. When the cache server cannot be asked the request passes: a limit protects the
    service, and must not be what stops it.
    """
    if not per_minute:
        return 0.0
    item = RateLimitItemPerMinute(per_minute)
    try:
        if _limiter().hit(item, "requests", caller):
            return 0.0
        window = _limiter().get_window_stats(item, "requests", caller)
    except StorageError:
        logger.warning("The cache server does not answer; request limits are not counted.")
        return 0.0
    return max(1.0, window.reset_time - time.time())
