"""How long to wait before trying again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with full jitter, in seconds.

    The n-th failure in a row waits a random time between 0 and min(`longest`, `first` * 2**(n-1)), so that a fleet
    that lost its server together does not come back together (Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015). A server that names a time is given at least that, up to `longest_asked`. `held` is the
    pause after an answer that waiting does not cure, such as a refused key.
    """

    first: float = 0.5
    longest: float = 20.0
    longest_asked: float = 3600.0
    held: float = 300.0
    spread: Callable[[float, float], float] = random.uniform

    def wait(self, failures: int, retry_after: float | None = None) -> float:
        """The pause after that many failures in a row, 1 or more."""
        jittered = self.spread(0.0, min(self.longest, self.first * 2.0 ** min(failures - 1, 30)))
        return jittered if retry_after is None else min(retry_after, self.longest_asked) + jittered
