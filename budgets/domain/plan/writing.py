"""The plan as a table: one row a budget that the person may see, in the order of the tree, with all that was agreed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from budgets.domain.plan.cells import amount_cell, path_cell, tags_cell, thresholds_cell, yes_cell
from budgets.domain.plan.columns import COLUMNS, SCOPE, planned_heading
from budgets.domain.thresholds import thresholds_of
from budgets.models import Budget
from wire.lists import joined


class Seen:
    """The budgets that someone may see (None: all), each in its place: children under what is above them and seen."""

    def __init__(self, user: Any, *, archived: bool) -> None:
        budgets = Budget.objects.all() if user is None else Budget.objects.visible_to(user)
        budgets = budgets if archived else budgets.live()
        rows = budgets.select_related("owner").prefetch_related("thresholds").order_by("name", "id")
        self.budgets = {budget.pk: budget for budget in rows}
        self._children: dict[int | None, list[Budget]] = {}
        for budget in self.budgets.values():
            self._children.setdefault(self.parent_of(budget), []).append(budget)

    def parent_of(self, budget: Budget) -> int | None:
        """The id of the budget above, None where the person sees none."""
        return budget.parent_id if budget.parent_id in self.budgets else None

    def __iter__(self) -> Iterator[tuple[Budget, tuple[str, ...]]]:
        """Each budget with the names above it, the top first, above its own children."""
        waiting: list[tuple[Budget, tuple[str, ...]]] = [
            (budget, ()) for budget in reversed(self._children.get(None, []))
        ]
        while waiting:
            budget, above = waiting.pop()
            yield budget, above
            names = (*above, budget.name)
            waiting += [(child, names) for child in reversed(self._children.get(budget.pk, []))]


def plan_table(user: Any, *, archived: bool = False) -> tuple[list[str], Iterator[list[str]]]:
    """The headings of the plan, and its rows. All is read at once, in a fixed number of queries.

    `user` None is the command line, which sees all. Who writes the cells makes them harmless.
    """
    seen = Seen(user, archived=archived)
    days = sorted({day for budget in seen.budgets.values() for day in budget.amounts})
    return [*COLUMNS, *(planned_heading(day) for day in days)], _rows(seen, days)


def _rows(seen: Seen, days: Sequence[str]) -> Iterator[list[str]]:
    for budget, above in seen:
        cells = cells_of(budget, seen.parent_of(budget), above)
        yield [cells[name] for name in COLUMNS] + [_planned(budget, day) for day in days]


def cells_of(budget: Budget, parent: int | None, above: tuple[str, ...]) -> dict[str, str]:
    """A budget's cells by column, planned amounts aside."""
    scope = budget.scope
    return {
        "id": str(budget.pk),
        "parent_id": str(parent or ""),
        "path": path_cell(above),
        "name": budget.name,
        "amount": amount_cell(budget.amount),
        "period": budget.period,
        "anchor": str(budget.anchor or ""),
        "starts_on": _day(budget.starts_on),
        "ends_on": _day(budget.ends_on),
        **{key: joined(scope.get(key, ())) for key in SCOPE if key != "tags"},
        "tags": tags_cell(scope.get("tags", {})),
        "owner": budget.owner.email if budget.owner else "",
        "rollover": yes_cell(budget.rollover),
        "over_allocation": budget.over_allocation,
        "thresholds": thresholds_cell(thresholds_of(budget)),
        "archived": yes_cell(budget.archived_at is not None),
    }


def _planned(budget: Budget, day: str) -> str:
    return amount_cell(Decimal(budget.amounts[day])) if day in budget.amounts else ""


def _day(day: Any) -> str:
    return day.isoformat() if day else ""
