"""How many requests a key may send a minute."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey
from wire.limits import seconds_to_wait


class PerKeyThrottle(BaseThrottle):
    """Counts requests per API key, else per signed-in user."""

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """True when the caller is below its limit."""
        key = request.auth
        if isinstance(key, ApiKey):
            limit = key.requests_per_minute
            caller = f"key:{key.pk}"
        else:
            limit, caller = None, f"user:{getattr(request.user, 'pk', None)}"
        self._wait = seconds_to_wait(caller, settings.COSTOPS_REQUESTS_PER_MINUTE if limit is None else limit)
        return self._wait == 0.0

    def wait(self) -> float:
        """Seconds until the next request may pass."""
        return self._wait
