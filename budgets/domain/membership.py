"""Membership: for which hours of which label set each budget is charged.

A budget is charged at an instant if its own scope matched then, or that of a budget below it did; "below" as the tree
was at that instant. A charge goes up only to a parent that applied at that instant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from budgets.domain.scopes import Labelled, Scope, ScopeIndex

Interval = tuple[datetime | None, datetime | None]


class Span(NamedTuple):
    """A budget's scope and parent while they held: [starts, ends), None is open. Those of one budget don't overlap."""

    budget: int
    starts: datetime | None
    ends: datetime | None
    parent: int | None
    scope: Scope


class _Tree:
    """The spans over a time axis cut at every edge of theirs.

    Nothing changes between two cuts, so a set of times is an int with one bit for each stretch, and union,
    intersection and difference of times are `|`, `&` and `& ~`. Bit 0 is all time before the first cut.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = list(spans)
        edges = {edge for span in self.spans for edge in (span.starts, span.ends) if edge is not None}
        self.cuts = sorted(edges)
        position = {cut: number for number, cut in enumerate(self.cuts, 1)}
        self.when = []
        self._known: dict[int, list[Interval]] = {}
        self.applies: dict[int, int] = {}
        self.places: dict[int, list[tuple[int, int]]] = {}
        for span in self.spans:
            low = 0 if span.starts is None else position[span.starts]
            high = len(self.cuts) + 1 if span.ends is None else position[span.ends]
            times = (1 << high) - (1 << low) if low < high else 0
            self.when.append(times)
            self.applies[span.budget] = self.applies.get(span.budget, 0) | times
            if span.parent is not None:
                self.places.setdefault(span.budget, []).append((span.parent, times))

    def intervals(self, times: int) -> list[Interval]:
        """The set of times as sorted intervals that neither overlap nor touch; most label sets share a few of them."""
        if times not in self._known:
            self._known[times] = self._intervals(times)
        return self._known[times]

    def _intervals(self, times: int) -> list[Interval]:
        found: list[Interval] = []
        first = 0
        while times:
            gap = (times & -times).bit_length() - 1
            times >>= gap
            run = (~times & (times + 1)).bit_length() - 1
            times >>= run
            low, high = first + gap, first + gap + run
            first = high
            starts = self.cuts[low - 1] if low else None
            found.append((starts, self.cuts[high - 1] if high <= len(self.cuts) else None))
        return found


class Membership:
    """Answers, for one state of all budgets, which of them a label set is charged to and when."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._tree = _Tree(spans)
        self._index = ScopeIndex((number, span.scope) for number, span in enumerate(self._tree.spans))

    def of(self, labels: Labelled) -> dict[int, list[Interval]]:
        """The budgets charged for usage with these labels, each with its sorted, disjoint [from, until) intervals.

        Each instant is in at most one interval of a budget, however many paths lead up to it. A tree with a cycle
        ends too: only times that are new to a parent go on upwards.
        """
        tree = self._tree
        charged: dict[int, int] = {}
        for number in self._index.matching(labels):
            if times := tree.when[number]:
                budget = tree.spans[number].budget
                charged[budget] = charged.get(budget, 0) | times
        waiting = deque(charged.items())
        while waiting:
            budget, times = waiting.popleft()
            for parent, placed in tree.places.get(budget, ()):
                before = charged.get(parent, 0)
                if new := times & placed & tree.applies.get(parent, 0) & ~before:
                    charged[parent] = before | new
                    waiting.append((parent, new))
        return {budget: tree.intervals(times) for budget, times in charged.items()}


def find_cycle(spans: Iterable[Span]) -> list[int] | None:
    """A ring of budgets that are each below the next at one instant, the smallest id first; None if there is none."""
    tree = _Tree(spans)
    children: dict[int, list[int]] = {}
    for budget, places in tree.places.items():
        for parent, _ in places:
            children.setdefault(parent, []).append(budget)
    # Times at which the way up from a budget never ends: begin with all, take away where it is seen to end.
    endless = dict(tree.applies)
    waiting = deque(endless)
    while waiting:
        budget = waiting.popleft()
        left = 0
        for parent, placed in tree.places.get(budget, ()):
            left |= placed & endless.get(parent, 0)
        if left != endless[budget]:
            endless[budget] = left
            waiting.extend(child for child in children.get(budget, ()) if endless[child])
    looping = [budget for budget, times in endless.items() if times]
    if not looping:
        return None
    at = endless[looping[0]] & -endless[looping[0]]
    path = [looping[0]]
    while True:
        up = next(parent for parent, placed in tree.places[path[-1]] if placed & endless.get(parent, 0) & at)
        if up in path:
            ring = path[path.index(up) :]
            least = ring.index(min(ring))
            return ring[least:] + ring[:least]
        path.append(up)
