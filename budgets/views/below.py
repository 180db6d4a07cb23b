"""The budgets below another as its page shows them, in rows that add up to what it spent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from budgets.domain import tree
from budgets.domain.outline import Standing, by_urgency, projection_of, standing_of
from budgets.domain.parts import Parts, below_in, parts_of
from budgets.domain.status import Status, at_rest, statuses
from budgets.models import Budget
from budgets.templatetags.limits import row_needs_cents
from wire.days import TICK
from wire.templatetags.money import cents_in

CHILDREN = 50
ZERO = Decimal(0)
SETTLED = (Standing.EXCEEDED, Standing.OVERRUN, Standing.ARCHIVED)


@dataclass(frozen=True)
class Child:
    """A budget below, as its row shows it. `here` is what it spent in the period of the one above, while below it."""

    budget: Budget
    status: Status
    standing: Standing
    here: Decimal
    outside: Decimal
    period: str
    """Its own period in words, where that is not the one of the budget above."""
    cents: bool = False
    """Whether its figures are said with cents."""

    @property
    def projected(self) -> Decimal | None:
        """What its period is heading for; None where nothing more is expected."""
        return projection_of(self.status, self.standing)


def below(user: Any, status: Status, now: datetime, *, settled: bool) -> dict[str, Any]:
    """The budgets below in the status's period, and in rows of their own what came through none of those shown.

    `settled` is a period that is over: what was then below is shown as it ended. Budgets that were below it then and
    are no longer visible to the user are summed without their names.
    """
    parts, ids = parts_of(status), below_in(status)
    if not ids and not parts.through:
        return {"below": 0}
    at = min(status.at, status.period.ends - TICK) if settled else status.at
    seen = Budget.objects.visible_to(user)
    budgets = list(seen.filter(pk__in=ids))
    found = statuses(budgets, now, at)
    children = by_urgency(_child(status, parts, found[budget.pk], settled=settled) for budget in budgets)
    shown = children[:CHILDREN]
    hidden = ids - found.keys()
    rest = found.keys() - {child.budget.pk for child in shown}
    archived = set(
        Budget.objects.filter(pk__in=parts.through.keys() - ids, archived_at__isnull=False).values_list("pk", flat=True)
    )
    moved = parts.through.keys() - ids - archived
    figures = [status.spent, *(child.status.spent for child in shown)]
    figures += [] if settled else [status.rate.forecast, *(child.status.rate.forecast for child in shown)]
    cents = cents_in(figures)
    return {
        "children": [replace(child, cents=cents or _needs_cents(child)) for child in shown],
        "below": len(budgets),
        "rest": (len(rest), _sum(parts, rest)),
        "hidden": (len(hidden), _sum(parts, hidden), _outside(parts, hidden)),
        "archived": (len(archived), _sum(parts, archived), _outside(parts, archived)),
        "moved": (len(moved), _sum(parts, moved), _outside(parts, moved)),
        "parts": parts,
        "children_cents": cents,
        "other_periods": any(child.period for child in shown),
    }


def _child(status: Status, parts: Parts, child: Status, *, settled: bool) -> Child:
    standing = standing_of(child)
    if settled and child.period.ends <= status.period.ends:
        child = at_rest(child)
        standing = standing if standing in SETTLED or not child.agreed else Standing.ENDED
    pk = child.budget.pk
    own = "" if child.period == status.period else tree.schedule_of(child.budget).label(child.period)
    return Child(child.budget, child, standing, parts.through.get(pk, ZERO), parts.outside_of.get(pk, ZERO), own)


def _needs_cents(child: Child) -> bool:
    status = child.status
    return row_needs_cents(status.limit, status.spent, status.rate.forecast, child.here)


def _sum(parts: Parts, ids: Collection[int]) -> Decimal:
    return sum((parts.through.get(pk, ZERO) for pk in ids), ZERO)


def _outside(parts: Parts, ids: Collection[int]) -> Decimal:
    return sum((parts.outside_of.get(pk, ZERO) for pk in ids), ZERO)
