"""What waits for a person: each room says what of its own does, and the overview shows all of it in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol


class Severity(IntEnum):
    """How much a matter needs someone, the most first."""

    CRITICAL = 0
    WARNING = 1
    REQUEST = 2
    TO_DO = 3


@dataclass(frozen=True)
class Need:
    """One matter: what it is, the figures to it, since when, and the one step that settles it with its address.

    `name` is what the text begins with, in any script; `cause` the address of what it is about, where that is another
    than the step's.
    """

    severity: Severity
    text: str
    detail: str
    action: str
    address: str
    since: datetime | None = None
    name: str = ""
    cause: str = ""


class Source(Protocol):
    """A room that knows of matters."""

    def __call__(self, user: Any, now: datetime, known: Mapping[str, Any]) -> Iterable[Need]:
        """What waits for this person, who may do what each asks for. Only what they may see is named.

        `known` is what the page has read already and the room would read again, by the room's own name for it.
        """


_sources: list[Source] = []


def register(source: Source) -> None:
    """Adds a source. Called once per room, in its app's ready()."""
    _sources.append(source)


def needs_of(user: Any, now: datetime, **known: Any) -> list[Need]:
    """What waits for a person: the most severe first, the oldest of those first."""
    found = [need for source in _sources for need in source(user, now, known)]
    return sorted(found, key=lambda need: (need.severity, need.since or now, need.name, need.text))
