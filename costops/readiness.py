"""Whether this installation can do its work now: database, broker, cache, and beat."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from costops.celery import app
from costops.heartbeat import seconds_since_tick

PATIENCE = 2  # Seconds for each part: whoever asks wants an answer, not a wait.
BEAT_IS_LATE_AFTER = 60.0
OK = "ok"


def parts() -> dict[str, str]:
    """Each part by name: "ok", or what is wrong with it."""
    return {"database": _database(), "broker": _broker(), "beat": _beat()}


def _database() -> str:
    """Asks past the connection pool, which would wait for a server that is down."""
    options: dict[str, Any] = connection.get_connection_params()
    options.pop("pool", None)
    try:
        with psycopg.connect(**options | {"connect_timeout": PATIENCE}):
            return OK
    except psycopg.OperationalError:
        return "does not answer"


def _broker() -> str:
    try:
        with app.connection_for_write(connect_timeout=PATIENCE, transport_options={}) as broker:
            broker.ensure_connection(max_retries=1, timeout=PATIENCE)
    except OperationalError:
        return "does not answer"
    return OK


def _beat() -> str:
    try:
        seconds = seconds_since_tick()
    except RedisError:
        return "unknown: the cache does not answer"
    if seconds is None:
        return "has not ticked yet"
    return OK if seconds <= BEAT_IS_LATE_AFTER else f"last ticked {seconds:.0f} seconds ago"
