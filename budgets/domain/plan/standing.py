"""The whole tree in memory, as it stands and then as it would be, with what one person may see and change of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from accounts.domain.roles import may_set_budgets
from budgets.domain.placing import DEEPEST, Reach, is_limited, present_reach, reach_of
from budgets.domain.writing import Starts
from budgets.models import Budget
from budgets.rules import editable_budgets


class Standing:
    """Every budget once, each linked with the one above it. `user` None is the command line, which may do all.

    Read in a fixed number of queries. Budgets are changed in place; `settle` looks at the tree anew.
    """

    def __init__(self, user: Any, now: datetime) -> None:
        self.user, self.now = user, now
        rows = list(Budget.objects.select_related("owner").prefetch_related("thresholds").order_by("name", "id"))
        self.budgets = {budget.pk: budget for budget in rows}
        for budget in rows:
            budget.parent = self.budgets.get(budget.parent_id)
        self.limited = is_limited(user)
        if self.limited:
            prefetch_related_objects(rows, "spans")
            self._visible = set(Budget.objects.visible_to(user).values_list("pk", flat=True))
            self._editable = set(editable_budgets(Budget.objects.all(), user).values_list("pk", flat=True))
        self._starts: Starts | None = None
        self._children: dict[int, list[Budget]] = {}
        self.settle(rows)

    def settle(self, budgets: Iterable[Budget]) -> None:
        """Looks anew at who is below whom, with these budgets in the tree."""
        self._children = defaultdict(list)
        for budget in budgets:
            self._children[_key(budget.parent)].append(budget)

    def sees(self, budget: Budget | None) -> bool:
        """Whether the person may see it; those that are new they may."""
        return budget is not None and (not self.limited or budget.pk is None or budget.pk in self._visible)

    def may_edit(self, budget: Budget) -> bool:
        """Whether the person may change it; what is new, where it will be."""
        if not self.limited:
            return True
        found: Budget | None = budget
        while found is not None and found.pk is None:
            found = found.parent
        return found is not None and found.pk in self._editable

    def may_place(self, parent: Budget | None) -> bool:
        """Whether the person may put a budget there."""
        return self.user is None or may_set_budgets(self.user) if parent is None else self.may_edit(parent)

    def seen(self) -> list[Budget]:
        """The budgets that the person may see."""
        return [budget for budget in self.budgets.values() if self.sees(budget)]

    def by_id(self, pk: int) -> Budget | None:
        """The budget with an id, None also where the person may not see it."""
        found = self.budgets.get(pk)
        return found if self.sees(found) else None

    def parent_of(self, budget: Budget) -> Budget | None:
        """What is above it, as far as the person sees."""
        return budget.parent if self.sees(budget.parent) else None

    def path_of(self, budget: Budget) -> tuple[str, ...]:
        """The names above it, the top first, as far as the person sees them without a gap."""
        names: list[str] = []
        above = self.parent_of(budget)
        while above is not None and len(names) < 2 * DEEPEST:  # a ring of budgets is refused, but must be told
            names.append(above.name)
            above = self.parent_of(above)
        return tuple(reversed(names))

    def all_children_of(self, parent: Budget | None) -> list[Budget]:
        """The budgets right below one, archived ones too."""
        return self._children.get(_key(parent), [])

    def children_of(self, parent: Budget) -> list[Budget]:
        """The live budgets right below one."""
        return [child for child in self._children.get(_key(parent), []) if child.archived_at is None]

    def below(self, budget: Budget) -> list[Budget]:
        """A budget and all below it."""
        found, seen = [budget], {id(budget)}
        for above in found:
            for child in self._children.get(_key(above), []):
                if id(child) not in seen:
                    seen.add(id(child))
                    found.append(child)
        return found

    def in_order(self) -> Iterator[Budget]:
        """All budgets that lie below the top, each above its own children."""
        waiting = list(reversed(self._children.get(_key(None), [])))
        while waiting:
            budget = waiting.pop()
            yield budget
            waiting += reversed(self._children.get(_key(budget), []))

    def height_of(self, budget: Budget) -> int:
        """How many levels there are from a budget down, itself included, up to one more than there may be."""
        level, height = [budget], 0
        seen: set[int] = set()
        while level and height <= DEEPEST:
            height += 1
            seen.update(id(found) for found in level)
            level = [child for found in level for child in self._children.get(_key(found), []) if id(child) not in seen]
        return height

    @property
    def starts(self) -> Starts:
        """When the open periods began."""
        if self._starts is None:
            self._starts = Starts(None, self.now)
        return self._starts

    def open_period_start(self, budgets: Collection[Budget], now: datetime) -> datetime:
        """The latest start of these budgets' open periods."""
        return self.starts.latest(budgets)

    def present_reach(self, budget: Budget) -> Reach:
        """What a budget is for since it had its scope; a new one shows nothing of before the one above it."""
        if budget.pk is not None:
            return present_reach(budget)
        scope, starts, ends = reach_of(budget)
        above = self.present_reach(budget.parent).starts if budget.parent else None
        return Reach(scope, max((edge for edge in (starts, above) if edge is not None), default=None), ends)


def _key(budget: Budget | None) -> int:
    """A name for a budget in dictionaries: what is new has no id yet, and cannot be a key itself."""
    return 0 if budget is None else id(budget)
