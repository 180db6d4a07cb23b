"""What is said about troubles: each once when it begins, not once per attempt; and the count of what is lost."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("llm_cost_ops")


class Troubles:
    """The troubles of one process that go on. Any thread may tell of one.

    The lock is not held while something is logged: a handler may wait for a thread that records and loses an event.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: a signal handler may record while its thread is in here
        self._said: set[str] = set()
        self._lost = 0

    def say(self, level: int, topic: str, message: str, *parts: object) -> None:
        """Logs, unless the trouble of that topic has been said and is not over."""
        with self._lock:
            if topic in self._said:
                return
            self._said.add(topic)
        logger.log(level, message, *parts)

    def over(self, *topics: str) -> None:
        """Of the next one of these there will be something to say again."""
        with self._lock:
            self._said.difference_update(topics)

    def count_lost(self, events: int) -> None:
        """Logs the first loss, and then each time that it has grown by some 10,000."""
        with self._lock:
            before = self._lost
            self._lost = lost = before + events
        if before == 0 or before // 10_000 != lost // 10_000:
            logger.error("Usage is lost (%d events so far): neither server nor disk takes it", lost)
