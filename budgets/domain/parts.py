"""What the spend of one budget in one period is made of: what came through each budget below, and what did not.

Read from rollups: the hours of the budgets below while they were below, and hourly usage only where one label set is
charged to two of them, or came in from outside the budget's own scope.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from budgets.domain.scopes import KEYS, Scope
from budgets.domain.status import Status
from budgets.models import BudgetSpan

ZERO = Decimal(0)
TICK = timedelta(microseconds=1)

PLACES = """
SELECT DISTINCT s.budget_id FROM budgets_budgetspan s JOIN budgets_budget b ON b.id = s.budget_id
WHERE s.parent_id = %(parent)s AND (s.starts IS NULL OR s.starts <= %(at)s) AND (s.ends IS NULL OR s.ends > %(at)s)
    AND (b.archived_at IS NULL OR b.archived_at >= %(at)s)
"""

# A period that lies inside the time below is taken as a whole, the rest by its hours.
THROUGH = """
WITH place AS (
    SELECT s.budget_id, greatest(s.starts, %(starts)s) AS starts, least(s.ends, %(ends)s) AS ends
    FROM budgets_budgetspan s
    WHERE s.parent_id = %(parent)s AND (s.starts IS NULL OR s.starts < %(ends)s)
        AND (s.ends IS NULL OR s.ends > %(starts)s)
), whole AS (
    SELECT place.budget_id, p.starts, p.ends, p.spent FROM place JOIN budgets_budgetperiod p
        ON p.budget_id = place.budget_id AND p.starts >= place.starts AND p.ends <= place.ends
)
SELECT budget_id, sum(spent) FROM (
    SELECT budget_id, spent FROM whole
    UNION ALL
    SELECT place.budget_id, h.cost FROM place JOIN budgets_budgethour h
        ON h.budget_id = place.budget_id AND h.hour >= place.starts AND h.hour < place.ends
    WHERE NOT EXISTS (SELECT FROM whole w WHERE w.budget_id = h.budget_id AND h.hour >= w.starts AND h.hour < w.ends)
) part GROUP BY budget_id
"""

CHARGED = """
    (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR m.valid_to > u.hour)
    AND u.hour >= %(starts)s AND u.hour < %(ends)s"""

TWICE = f"""
WITH place AS (
    SELECT budget_id, starts, ends FROM budgets_budgetspan WHERE parent_id = %(parent)s AND budget_id = ANY(%(below)s)
), shared AS MATERIALIZED (
    SELECT attribution_id FROM budgets_budgetattribution WHERE budget_id = ANY(%(below)s)
    GROUP BY attribution_id HAVING count(DISTINCT budget_id) > 1
)
SELECT coalesce(sum(cost * (times - 1)), 0) FROM (
    SELECT u.id, u.cost, count(DISTINCT m.budget_id) AS times
    FROM shared JOIN budgets_budgetattribution m USING (attribution_id)
    JOIN place ON place.budget_id = m.budget_id
    JOIN usage_hourly u ON u.attribution_id = m.attribution_id AND {CHARGED}
        AND (place.starts IS NULL OR place.starts <= u.hour) AND (place.ends IS NULL OR place.ends > u.hour)
    GROUP BY u.id, u.cost
) charged WHERE times > 1
"""  # noqa: S608 - CHARGED is ours

OUTSIDE = """
WITH outside AS MATERIALIZED (
    SELECT u.attribution_id, u.hour, u.cost
    FROM budgets_budgetattribution m JOIN usage_attribution a ON a.id = m.attribution_id
    JOIN usage_hourly u ON u.attribution_id = m.attribution_id AND {charged}
    WHERE m.budget_id = %(parent)s AND ({elsewhere})
)
SELECT NULL::bigint, sum(cost) FROM outside
UNION ALL
SELECT m.budget_id, sum(u.cost) FROM outside u JOIN budgets_budgetattribution m
    ON m.attribution_id = u.attribution_id AND m.budget_id = ANY(%(below)s) AND {charged}
GROUP BY m.budget_id
"""


@dataclass(frozen=True)
class Parts:
    """What a budget spent in a period, taken apart. Money in the company's currency."""

    through: dict[int, Decimal]
    """What came through each budget below while it was below, by its id, archived ones and those since moved too."""
    twice: Decimal
    """What of that is counted more than once, because the same calls are charged to several of them."""
    direct: Decimal | None
    """What came through none of them; None while usage is arriving and the sums do not agree for a moment."""
    outside: Decimal
    """What only came through them: the budget's own scope does not name it."""
    outside_of: dict[int, Decimal]
    """The same by the budget that it came through."""


def below_in(status: Status) -> set[int]:
    """The budgets that are right below at the instant of the status, or were when its period ended."""
    at = min(max(status.at, status.period.starts), status.period.ends - TICK)
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"parent": status.budget.pk, "at": at})
        return {pk for (pk,) in cursor.fetchall()}


def parts_of(status: Status) -> Parts:
    """Takes apart what a budget spent in the period of its status."""
    about = _about(status)
    with connection.cursor() as cursor:
        cursor.execute(THROUGH, about)
        through = {pk: spent for pk, spent in cursor.fetchall() if spent}
        about["below"] = sorted(through)
        twice = ZERO
        if len(through) > 1:
            cursor.execute(TWICE, about)
            (twice,) = cursor.fetchone()
        outside: dict[int | None, Decimal] = {}
        elsewhere = _elsewhere(status, about) if through else ""
        if elsewhere:
            cursor.execute(OUTSIDE.format(charged=CHARGED, elsewhere=elsewhere), about)
            outside = {pk: cost for pk, cost in cursor.fetchall() if cost}
    direct = status.spent - sum(through.values(), ZERO) + twice
    total = outside.pop(None, ZERO)
    by_budget = {pk: cost for pk, cost in outside.items() if pk is not None}
    return Parts(through, twice, direct if direct >= 0 else None, total, by_budget)


def _about(status: Status) -> dict[str, Any]:
    return {"parent": status.budget.pk, "starts": status.period.starts, "ends": status.period.ends}


def _elsewhere(status: Status, about: dict[str, Any]) -> str:
    """The condition that usage is not what the budget's own scope named at its hour; empty where that names all."""
    conditions = []
    for number, span in enumerate(BudgetSpan.objects.filter(budget=status.budget)):
        begins, ends = span.starts or status.period.starts, span.ends or status.period.ends
        if span.scope and begins < status.period.ends and ends > status.period.starts:
            about |= {f"from{number}": begins, f"to{number}": ends}
            fits = _fits(span.scope, f"v{number}_", about)
            conditions.append(f"(u.hour >= %(from{number})s AND u.hour < %(to{number})s AND NOT ({fits}))")
    return " OR ".join(conditions)


def _fits(scope: Scope, prefix: str, about: dict[str, Any]) -> str:
    """The condition that a label set matches a scope, as ScopeIndex finds it; a label that is not said matches none."""
    asked: list[tuple[str, Collection[str]]] = []
    for key, values in scope.items():
        if key == "users":
            asked.append(("lower(a.username)", values))
        elif key != "tags":
            asked.append((f"a.{KEYS[key]}", values))
    for number, (tag, values) in enumerate(scope.get("tags", {}).items()):
        about[f"{prefix}tag{number}"] = tag
        asked.append((f"a.tags ->> %({prefix}tag{number})s", values))
    conditions = []
    for number, (label, values) in enumerate(asked):
        about[f"{prefix}{number}"] = list(values)
        conditions.append(f"coalesce({label} = ANY(%({prefix}{number})s), false)")
    return " AND ".join(conditions)
