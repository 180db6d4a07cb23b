"""What is said about troubles: each once when it begins, not once per attempt; and the count of what is lost."""

from __future__ import annotations

import logging

logger = logging.getLogger("llm_cost_ops")


class Troubles:
    """The troubles of one process that go on."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._lost = 0

    def say(self, level: int, topic: str, message: str, *parts: object) -> None:
        """Logs, unless the trouble of that topic has been said and is not over."""
        if topic not in self._said:
            self._said.add(topic)
            logger.log(level, message, *parts)

    def over(self, *topics: str) -> None:
        """Of the next one of these there will be something to say again."""
        self._said.difference_update(topics)

    def count_lost(self, events: int) -> None:
        """Logs the first loss, and then each time that it has grown by some 10,000."""
        if self._lost == 0 or self._lost // 10_000 != (self._lost + events) // 10_000:
            logger.error("Usage is lost (%d events so far): neither server nor disk takes it", self._lost + events)
        self._lost += events
