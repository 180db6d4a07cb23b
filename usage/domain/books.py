"""The books: rooms above that post what the ledger posts, inside its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.db.backends.utils import CursorWrapper


class Line(NamedTuple):
    """What one attribution's hour gained. A repricing's lines may be negative in cost and have no requests."""

    hour: datetime
    attribution_id: int
    cost: Decimal
    requests: int
    unpriced: int


class NewAttribution(NamedTuple):
    """A label set that the ledger sees for the first time."""

    id: int
    project: str | None
    environment: str | None
    department: str | None
    team: str | None
    user: str | None
    provider: str | None
    model: str | None
    tags: dict[str, str]


class Book(Protocol):
    """What a room does with the ledger's postings. Both are called inside the ledger's transaction."""

    def open_attributions(self, cursor: CursorWrapper, new: Sequence[NewAttribution], now: datetime) -> None:
        """Label sets that did not exist before; called before anything is posted to them."""

    def post(
        self, cursor: CursorWrapper, lines: Sequence[Line], now: datetime, *, repricing: int | None = None
    ) -> None:
        """The lines of one transaction: one per (hour, attribution), in no order.

        `repricing` is the id of the job that corrects what was posted before, where one does.
        """


_books: list[Book] = []


def register(book: Book) -> None:
    """Adds a book. Called once per room, in its app's ready()."""
    _books.append(book)


def registered() -> Sequence[Book]:
    """The books in the order in which they were registered: lower rooms first."""
    return tuple(_books)
