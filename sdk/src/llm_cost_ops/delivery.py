"""Posting a batch of events, and finding the ones that the server will not have."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from llm_cost_ops.errors import ApiError, UnavailableError
from llm_cost_ops.records import Record
from llm_cost_ops.spool import POST_BYTES, POST_LINES
from llm_cost_ops.transport import PASSING

# The server could not read the post as a whole: one event in it may be to blame.
DIVISIBLE = frozenset({400, 413, 422})
# Bytes of an event that a proxy may well find too large. One that refuses less refuses everything.
LARGE = 100_000

Post = Callable[[bytes], dict[str, Any]]


@dataclass
class Delivery:
    """What became of a batch: refused events with the reasons, and what is `left` because of `error`."""

    refused: list[tuple[Record, Any]] = field(default_factory=list)
    left: list[Record] = field(default_factory=list)
    error: UnavailableError | ApiError | None = None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asked for."""
        return self.error.retry_after if isinstance(self.error, ApiError) else None

    @property
    def may_pass(self) -> bool:
        """Whether waiting can help: no answer, a busy or broken server. A refused key is not cured by waiting."""
        error = self.error
        return not isinstance(error, ApiError) or error.status in PASSING or error.status >= 500


class Mailer:
    """Posts batches in parts, each as large as the server has lately taken.

    A part that the server refuses as a whole, without naming each event's fault, is halved again and again, until
    the event at fault stands alone; its neighbours are sent, and the parts grow again. The size is kept from batch to
    batch, so that a search that an outage interrupts goes on where it was.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._most = POST_LINES

    def deliver(self, records: Sequence[Record]) -> Delivery:
        """Posts the records until all are settled or the server stops taking any."""
        result = Delivery()
        at = 0
        while at < len(records):
            part = self._part(records, at)
            try:
                answer = self._post(b'{"events":[' + b",".join(record.line for record in part) + b"]}")
                refused = _refused(answer, len(part))
            except (UnavailableError, ApiError) as error:
                if not isinstance(error, ApiError) or not _is_about_the_events(error, part):
                    result.error = error
                    result.left = list(records[at:])
                    break
                refused = _faults(error)
                if {index for index, _ in refused} != set(range(len(part))):
                    if len(part) > 1:
                        self._most = len(part) // 2
                        continue
                    refused = [(0, error.fields or {"error": [error.message]})]
            result.refused += [(part[index], errors) for index, errors in refused]
            self._most = min(POST_LINES, self._most * 2)
            at += len(part)
        return result

    def _part(self, records: Sequence[Record], at: int) -> Sequence[Record]:
        """The records from `at` on that go into one post: one at least."""
        size = 0
        for end in range(at, min(at + self._most, len(records))):
            size += len(records[end].line) + 1
            if size > POST_BYTES and end > at:
                return records[at:end]
        return records[at : at + self._most]


def _is_about_the_events(error: ApiError, part: Sequence[Record]) -> bool:
    """Whether the events are at fault: so CostOps says, or a proxy that finds them too large. Nobody else can tell."""
    if error.from_costops:
        return error.status in DIVISIBLE
    return error.status == 413 and (len(part) > 1 or len(part[0].line) > LARGE)


def _refused(answer: dict[str, Any], sent: int) -> list[tuple[int, Any]]:
    """The events that the answer refuses, by their place in the post."""
    refused = answer.get("rejected")
    if not isinstance(answer.get("accepted"), int) or not isinstance(refused, list):
        raise ApiError(502, "not_our_answer", "The server does not answer as CostOps does")
    places = [(entry.get("index"), entry.get("errors")) for entry in refused if isinstance(entry, dict)]
    return [(index, errors) for index, errors in places if isinstance(index, int) and 0 <= index < sent]


def _faults(error: ApiError) -> list[tuple[int, Any]]:
    """The events that an error speaks of, by their place: it has them in fields named events.12.model."""
    faults: dict[int, dict[str, list[str]]] = {}
    for name, texts in error.fields.items():
        found = re.fullmatch(r"events\.(\d+)\.(.+)", name)
        if found:
            faults.setdefault(int(found[1]), {})[found[2]] = texts
    return list(faults.items())


def event_of(line: bytes) -> dict[str, Any]:
    """The event that a line holds, for the people who look into a refusal."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"unreadable": line.decode("utf-8", "replace")}
