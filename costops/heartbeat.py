"""Beat shows that it lives: each of its ticks leaves the time in the cache."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache import cache
from django_celery_beat.schedulers import DatabaseScheduler
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEY = "costops.beat.tick"
WRITE_EVERY = 2.0


class HeartbeatScheduler(DatabaseScheduler):
    """django-celery-beat's schedule, which ticks at least every five seconds."""

    _written = 0.0

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Sends what is due; returns the seconds until it wants to be asked again."""
        pause: float = super().tick(*arguments, **options)
        if time.monotonic() - self._written > WRITE_EVERY:
            self._written = time.monotonic()
            leave_tick()
        return pause


def leave_tick() -> None:
    """Notes that beat is at work now."""
    try:
        cache.set(KEY, time.time(), timeout=None)
    except RedisError as error:
        logger.warning("The cache does not answer (%s); readiness cannot see beat.", error)


def seconds_since_tick() -> float | None:
    """How long ago beat was last at work, in seconds; None when it never was. Raises RedisError without a cache."""
    tick: float | None = cache.get(KEY)
    return None if tick is None else max(0.0, time.time() - tick)
