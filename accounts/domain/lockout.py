"""Too many failed tries: how long an address, or all who come from one place, must wait before a password is looked at.

Counted by allauth in the cache server, so that all web processes share it, and by what was typed, so that nothing tells
whether the address has a user. API keys are another door and are not counted here.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

COUNTED = {"app": "allauth.account", "action": "login_failed"}


class Lock(NamedTuple):
    """Why no password is looked at, and for how many seconds."""

    of_address: bool
    seconds: int

    @property
    def sentence(self) -> str:
        """What the person is told."""
        whose = "for this address" if self.of_address else "from your network"
        return f"Too many failed tries {whose}. Try again {in_words(self.seconds)}."


def in_words(seconds: int) -> str:
    """As in "in 9 minutes"."""
    minutes = math.ceil(seconds / 60)
    return "in a minute" if minutes <= 1 else f"in {minutes} minutes"


def key_of(address: str) -> str:
    """What failed tries of an address are counted under."""
    return address.strip().lower()


def lock_of(request: HttpRequest, address: str) -> Lock | None:
    """The longest lock that holds for this address from where the request comes; None where a try may be made."""
    now = time.time()
    locks = []
    for rate in ratelimit.get_rates(**COUNTED):
        place = ratelimit.get_cache_key(request, **COUNTED, rate=rate, key=key_of(address))
        tries = [at for at in cache.get(place, []) if at > now - rate.duration]  # the latest first
        if len(tries) >= rate.amount:
            left = tries[rate.amount - 1] + rate.duration - now
            locks.append(Lock(rate.per == "key", max(1, math.ceil(left))))
    return max(locks, key=lambda lock: lock.seconds, default=None)


def forget_tries(request: HttpRequest, address: str) -> None:
    """Opens the lock of an address, whose owner has proved who they are. Those of places stay."""
    for rate in ratelimit.get_rates(**COUNTED):
        if rate.per == "key":
            cache.delete(ratelimit.get_cache_key(request, **COUNTED, rate=rate, key=key_of(address)))
