"""Logs of the application: lines for people at a terminal, JSON for machines, and never a secret in either."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# API keys, the word after "Bearer", and the password of a URL.
_SECRETS = re.compile(r"(lcops_)[\w-]{8,}|(?<=[Bb]earer )\S+|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
HIDDEN = "[hidden]"


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that hides API keys, tokens and the passwords of URLs in every text of a log line."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _SECRETS.sub(lambda found: (found[1] or "") + HIDDEN, value)
    return event


def _is_not_503(record: logging.LogRecord) -> bool:
    """A part that is away says so itself; each request that met it need not say it again."""
    return getattr(record, "status_code", None) != 503


def configuration(level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING, for what structlog and the standard library write alike.

    `form` is console, json, or auto: console at a terminal, else json.
    """
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if form == "console"
        else structlog.processors.JSONRenderer()
    )
    last = [structlog.processors.format_exc_info, without_secrets, renderer]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "filters": {"no_503": {"()": "django.utils.log.CallbackFilter", "callback": _is_not_503}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "celery": {"level": "DEBUG" if level == "DEBUG" else "WARNING"},
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["no_503"]},
            "django_celery_beat": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},
        },
    }
