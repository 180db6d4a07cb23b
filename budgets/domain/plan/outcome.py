"""What a plan comes to: its rows worked out, and what budgets would hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from budgets.domain.allocation import handed_out
from budgets.domain.plan.matching import Entry
from budgets.domain.plan.standing import Standing
from budgets.domain.writing import Edit
from budgets.models import Budget


class Handed(NamedTuple):
    """What a budget has, and what it hands out to those right below it, before and after. None: it was not there."""

    budget: Budget
    is_top: bool
    limit_before: Decimal | None
    out_before: Decimal
    limit: Decimal
    out: Decimal

    @property
    def is_over(self) -> bool:
        """Whether the plan has it hand out more than it has, or more beyond it than before."""
        over_before = max(self.out_before - (self.limit_before or 0), Decimal(0))
        return self.out - self.limit > over_before


@dataclass
class Plan:
    """All rows worked out. `edits` go with entries that change a budget; `archived` and `restored` with all below."""

    entries: list[Entry]
    standing: Standing
    edits: dict[Entry, Edit] = field(default_factory=dict)
    archived: dict[int, Budget] = field(default_factory=dict)  # by id
    restored: dict[Budget, datetime] = field(default_factory=dict)
    handed: list[Handed] = field(default_factory=list)

    @property
    def new(self) -> list[Entry]:
        """Those that make a budget."""
        return [entry for entry in self.entries if entry.is_new]

    @property
    def refused(self) -> int:
        """How many rows have something wrong."""
        return sum(bool(entry.problems) for entry in self.entries)

    @property
    def changes(self) -> int:
        """How many rows change anything."""
        return sum("unchanged" not in entry.kinds for entry in self.entries)

    def versions(self) -> dict[int, int]:
        """The versions of all stored budgets that the plan changes or builds on."""
        involved: dict[int, int] = {}
        for entry in self.entries:
            for budget in (entry.budget, entry.budget.parent, entry.above):
                if budget is not None and budget.pk is not None:
                    involved[budget.pk] = budget.version
        for budget in (*self.archived.values(), *self.restored):
            involved[budget.pk] = budget.version
        return involved


def all_handed(standing: Standing) -> dict[int, Decimal]:
    """What every budget with others below it hands out, by its id, as far as the person sees."""
    return {
        budget.pk: handed_out(budget, standing.now, standing)
        for budget in standing.seen()
        if standing.all_children_of(budget)
    }


def compared(standing: Standing, before: Mapping[int, Decimal], limits: Mapping[int, Decimal]) -> list[Handed]:
    """Budgets with others below them whose limit changes, or that hand out more or less than before, in tree order."""
    found = []
    for budget in standing.in_order():
        if not standing.sees(budget):
            continue
        out = handed_out(budget, standing.now, standing) if standing.children_of(budget) else Decimal(0)
        out_before = before.get(budget.pk, Decimal(0))
        limit_before = limits.get(budget.pk)
        if (out or out_before) and (out, budget.amount) != (out_before, limit_before):
            is_top = standing.parent_of(budget) is None
            found.append(Handed(budget, is_top, limit_before, out_before, budget.amount, out))
    return found
