"""The order of budgets in a list: by urgency unless a heading was chosen, and how each heading stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest

from budgets.domain.outline import URGENCY, Entry, Outline

LEAST = Decimal(-1)
Keys = Mapping[str, tuple[str, Callable[[Entry], Any]]]
#: What a list can be sorted by: the name of the heading, and the figure; what has none stands last.
KEYS: Keys = {
    "name": ("Budget", lambda entry: entry.budget.name.casefold()),
    "spent": ("Spent", lambda entry: entry.status.spent),
    "limit": ("Limit", lambda entry: entry.status.limit if entry.status.agreed else LEAST),
    "share": (
        "Of the limit",
        lambda entry: LEAST if entry.status.share is None or not entry.status.agreed else entry.status.share,
    ),
    "projected": ("Projected", lambda entry: LEAST if entry.projected is None else entry.projected),
    "state": ("State", lambda entry: -URGENCY[entry.standing]),
}


class Heading(NamedTuple):
    """A heading that sorts: its name, where it leads, and how the list stands by it, for aria-sort."""

    name: str
    sort: str
    sorted: str


class Order:
    """What the address asks a list to be sorted by, as in `sort=-spent`; nothing for the list's own order."""

    def __init__(self, request: HttpRequest, keys: Keys = KEYS) -> None:
        asked = request.GET.get("sort", "")
        self.keys = keys
        self.key = asked.removeprefix("-") if asked.removeprefix("-") in keys else ""
        self.falling = asked.startswith("-")

    @property
    def written(self) -> str:
        """As addresses say it."""
        return f"{'-' if self.falling else ''}{self.key}" if self.key else ""

    def of(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries in this order; those that are equal in it stay as they came."""
        return sorted(entries, key=self.keys[self.key][1], reverse=self.falling) if self.key else list(entries)

    def sort_tree(self, found: Outline) -> None:
        """Puts the siblings of every level in this order."""
        if not self.key:
            return
        for entry in found.entries.values():
            entry.children[:] = self.of(entry.children)
        for tops in (found.company, found.others):
            tops[:] = self.of(tops)

    def headings(self) -> dict[str, Heading]:
        """Each heading by its key. The first click shows the most, of names the first; the second turns it over."""
        found = {}
        for key, (name, _) in self.keys.items():
            first = key if key == "name" else f"-{key}"
            other = f"-{key}" if key == "name" else key
            chosen = key == self.key
            direction = ("descending" if self.falling else "ascending") if chosen else ""
            found[key] = Heading(name, other if self.written == first else first, direction)
        return found
