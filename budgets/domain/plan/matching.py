"""Which budget each row of a plan is about, and where it shall lie: by id, else by the names above it and its own.

A budget that the person may not see is treated exactly as one that does not exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from budgets.domain.plan.cells import path_cell
from budgets.domain.plan.reading import Problem, Row
from budgets.domain.plan.standing import Standing
from budgets.models import Budget

Names = tuple[str, ...]


@dataclass(eq=False)
class Entry:
    """A row with its budget: the one that is there already, or a new one (`is_new`).

    `moves` says that it is put below `above`, which is None for the top.
    """

    row: Row
    budget: Budget
    is_new: bool
    moves: bool = False
    above: Budget | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    path: Names = ()

    def refuse(self, column: str, message: str) -> None:
        """Notes what is wrong, each thing once."""
        problem = Problem(column, message)
        if problem not in self.problems:
            self.problems.append(problem)


class Matching:
    """Finds the budgets of rows in the tree as it stands, and among those that the same rows make."""

    def __init__(self, rows: Sequence[Row], standing: Standing) -> None:
        self.standing = standing
        self._by_path: dict[Names, list[Budget]] = defaultdict(list)
        self._by_name: dict[str, list[Budget]] = defaultdict(list)
        for budget in standing.seen():
            self._by_path[(*standing.path_of(budget), budget.name)].append(budget)
            self._by_name[budget.name].append(budget)
        self.entries = [self._entry(row) for row in rows]
        self._new_by_path: dict[Names, list[Entry]] = defaultdict(list)
        self._new_by_name: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if name := entry.row.values.get("name"):
                above = entry.row.values.get("path") or (() if entry.is_new else standing.path_of(entry.budget))
                self._new_by_path[(*above, name)].append(entry)
                if entry.is_new:
                    self._new_by_name[name].append(entry)
        for entry in self.entries:
            self._place(entry)
        self._refuse_twice()

    def _entry(self, row: Row) -> Entry:
        """The row with the budget of its id, or of exactly its path and name; else with a new one."""
        values = row.values
        pk = values.get("id")
        if pk is not None:
            found = self.standing.by_id(pk)
            entry = Entry(row, found or Budget(), is_new=False, problems=list(row.problems))
            if found is None:
                entry.refuse(
                    "id", f"There is no budget {pk}. Copy the id from the export, or leave it empty for a new one."
                )
            return entry
        entry = Entry(row, Budget(), is_new=True, problems=list(row.problems))
        if any(problem.column == "id" for problem in row.problems):
            return entry
        name = values.get("name")
        if not name:
            entry.refuse("name", "Give the budget a name.")
            return entry
        self._match(entry, self._named(entry, name))
        return entry

    def _named(self, entry: Entry, name: str) -> list[Budget]:
        """The budgets that a row without id may be about."""
        values = entry.row.values
        if values.get("parent_id") is not None:
            above = self.standing.by_id(values["parent_id"])
            return [] if above is None else self._called(name, self.standing.all_children_of(above))
        if "path" not in values and "parent_id" not in values:
            return self._by_name.get(name, [])
        path = values.get("path", ())
        if found := self._by_path.get((*path, name)):
            return found
        if len(path) == 1 and len(above_all := self._by_name.get(path[0], [])) == 1:
            return self._called(name, self.standing.all_children_of(above_all[0]))
        return []

    def _called(self, name: str, budgets: Iterable[Budget]) -> list[Budget]:
        return [budget for budget in budgets if budget.name == name and self.standing.sees(budget)]

    def _match(self, entry: Entry, found: Sequence[Budget]) -> None:
        found = [budget for budget in found if budget.archived_at is None] or found
        if len(found) > 1:
            ids = ", ".join(str(budget.pk) for budget in found[:5])
            entry.refuse("name", f"{len(found)} budgets are called that: say which by its id ({ids}) or its path.")
        elif found:
            entry.budget, entry.is_new = found[0], False

    def _place(self, entry: Entry) -> None:
        """Where the row wants its budget: what it says of the place and is not so already."""
        values, standing = entry.row.values, self.standing
        wishes: list[Budget | None] = []
        if "parent_id" in values:
            pk = values["parent_id"]
            now_above = None if entry.is_new else standing.parent_of(entry.budget)
            if pk is not None and (entry.is_new or now_above is None or now_above.pk != pk):
                wanted = standing.by_id(pk)
                if wanted is None:
                    entry.refuse("parent_id", f"There is no budget {pk}. Copy the id from the export.")
                else:
                    wishes.append(wanted)
            elif pk is None and not entry.is_new and now_above is not None:
                wishes.append(None)
        if "path" in values:
            path = values["path"]
            if path and (entry.is_new or path != standing.path_of(entry.budget)):
                if (found := self._above(entry, path)) is not None:
                    wishes.append(found)
            elif not path and not entry.is_new and standing.path_of(entry.budget) and None not in wishes:
                wishes.append(None)
        if not entry.is_new and len(wishes) == 2 and None in wishes:
            # One of the two was emptied and the other says a new place.
            wishes.remove(None)
        if len(wishes) == 2 and wishes[0] is not wishes[1]:
            entry.refuse("path", "path and parent_id name different budgets. Leave one of them as it was.")
        elif wishes and (entry.is_new or wishes[0] is not standing.parent_of(entry.budget)):
            entry.moves, entry.above = not entry.is_new, wishes[0]

    def _above(self, entry: Entry, path: Names) -> Budget | None:
        """The budget that a path leads to: there already, made or renamed by the same rows, or the one of that name."""
        there = [b for b in self._by_path.get(path, []) if b.archived_at is None] or self._by_path.get(path, [])
        found = there or [one.budget for one in self._new_by_path.get(path, []) if one is not entry]
        if not found and len(path) == 1:
            found = [budget for budget in self._by_name.get(path[0], []) if budget.archived_at is None]
            found += [one.budget for one in self._new_by_name.get(path[0], []) if one is not entry]
        if len(found) == 1:
            return found[0]
        shown = path_cell(path)[:200]
        if found:
            entry.refuse("path", f"{len(found)} budgets are at “{shown}”. Say which by its id, in a column parent_id.")
        else:
            entry.refuse(
                "path", f"There is no budget “{shown}”. Write the names above it from the top, with / between."
            )
        return None

    def _refuse_twice(self) -> None:
        seen: dict[Any, Entry] = {}
        for entry in self.entries:
            if entry.is_new:
                place = entry.above
                key: Any = (id(place) if place is not None else 0, entry.row.values.get("name"))
            else:
                key = entry.budget.pk
            if key is None or (entry.is_new and key[1] is None):
                continue
            if other := seen.get(key):
                entry.refuse("", f"Line {other.row.line} is about the same budget. Keep one of them.")
            seen.setdefault(key, entry)
