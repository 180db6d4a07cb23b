"""What the spend of one budget in one period is made of: what came through each budget below, and what did not.

Read from rollups: the hours of the budgets below while they were below, and hourly usage only where one label set is
charged to two of them, or came in from outside the budget's own scope.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from budgets.domain.scopes import KEYS, Scope
from budgets.domain.status import Status
from budgets.models import BudgetSpan
from wire.days import TICK

ZERO = Decimal(0)

PLACES = """
SELECT DISTINCT s.budget_id FROM budgets_budgetspan s JOIN budgets_budget b ON b.id = s.budget_id
WHERE s.parent_id = %(parent)s AND (s.starts IS NULL OR s.starts <= %(at)s) AND (s.ends IS NULL OR s.ends > %(at)s)
    AND (b.archived_at IS NULL OR b.archived_at >= %(at)s)
"""

# A period that lies inside the time below is taken as a whole, the rest by its hours.
THROUGH = """
WITH above(id, starts, ends) AS (
    SELECT * FROM unnest(%(parents)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
), place AS (
    SELECT a.id AS parent_id, s.budget_id, greatest(s.starts, a.starts) AS starts, least(s.ends, a.ends) AS ends
    FROM above a JOIN budgets_budgetspan s ON s.parent_id = a.id
        AND (s.starts IS NULL OR s.starts < a.ends) AND (s.ends IS NULL OR s.ends > a.starts)
), whole AS (
    SELECT place.parent_id, place.budget_id, p.starts, p.ends, p.spent FROM place JOIN budgets_budgetperiod p
        ON p.budget_id = place.budget_id AND p.starts >= place.starts AND p.ends <= place.ends
)
SELECT parent_id, budget_id, sum(spent) FROM (
    SELECT parent_id, budget_id, spent FROM whole
    UNION ALL
    SELECT place.parent_id, place.budget_id, h.cost FROM place JOIN budgets_budgethour h
        ON h.budget_id = place.budget_id AND h.hour >= place.starts AND h.hour < place.ends
    WHERE NOT EXISTS (
        SELECT FROM whole w WHERE w.parent_id = place.parent_id AND w.budget_id = h.budget_id
            AND h.hour >= w.starts AND h.hour < w.ends)
) part GROUP BY parent_id, budget_id HAVING sum(spent) <> 0
"""

TWICE = """
WITH above(id, starts, ends) AS (
    SELECT * FROM unnest(%(parents)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
), below AS (
    SELECT * FROM unnest(%(through_parents)s::bigint[], %(through)s::bigint[]) AS b(parent_id, budget_id)
), shared AS MATERIALIZED (
    SELECT below.parent_id, m.attribution_id
    FROM below JOIN budgets_budgetattribution m USING (budget_id)
    GROUP BY below.parent_id, m.attribution_id HAVING count(DISTINCT budget_id) > 1
)
SELECT parent_id, sum(cost * (times - 1)) FROM (
    SELECT shared.parent_id, u.id, u.cost, count(DISTINCT m.budget_id) AS times
    FROM shared JOIN above ON above.id = shared.parent_id
    JOIN below ON below.parent_id = shared.parent_id
    JOIN budgets_budgetattribution m ON m.attribution_id = shared.attribution_id AND m.budget_id = below.budget_id
    JOIN budgets_budgetspan s ON s.budget_id = m.budget_id AND s.parent_id = shared.parent_id
    JOIN usage_hourly u ON u.attribution_id = m.attribution_id AND u.hour >= above.starts AND u.hour < above.ends
        AND (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR m.valid_to > u.hour)
        AND (s.starts IS NULL OR s.starts <= u.hour) AND (s.ends IS NULL OR s.ends > u.hour)
    GROUP BY shared.parent_id, u.id, u.cost
) charged WHERE times > 1 GROUP BY parent_id
"""

CHARGED = """
    (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR m.valid_to > u.hour)
    AND u.hour >= %(starts)s AND u.hour < %(ends)s"""

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
class Sums:
    """What a budget spent in a period, by the way it came. Money in the company's currency."""

    through: dict[int, Decimal]
    """What came through each budget below while it was below, by its id, archived ones and those since moved too."""
    twice: Decimal
    """What of that is counted more than once, because the same calls are charged to several of them."""
    direct: Decimal
    """What came through none of them."""


@dataclass(frozen=True)
class Parts(Sums):
    """The same, and what of it the budget's own scope does not name."""

    outside: Decimal
    """What only came through budgets below."""
    outside_of: dict[int, Decimal]
    """The same by the budget that it came through."""


def below_in(status: Status) -> set[int]:
    """The budgets that are right below at the instant of the status, or were when its period ended."""
    at = min(max(status.at, status.period.starts), status.period.ends - TICK)
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"parent": status.budget.pk, "at": at})
        return {pk for (pk,) in cursor.fetchall()}


def sums_of(statuses: Sequence[Status]) -> dict[int, Sums]:
    """By which way each of these budgets was charged in the period of its status, by its id.

    Two queries, whose sums agree with the statuses where all are read in one snapshot.
    """
    above: dict[str, list[Any]] = {
        "parents": [status.budget.pk for status in statuses],
        "starts": [status.period.starts for status in statuses],
        "ends": [status.period.ends for status in statuses],
    }
    through: dict[int, dict[int, Decimal]] = {pk: {} for pk in above["parents"]}
    with connection.cursor() as cursor:
        cursor.execute(THROUGH, above)
        for parent, pk, spent in cursor.fetchall():
            through[parent][pk] = spent
        several = [(parent, pk) for parent, below in through.items() if len(below) > 1 for pk in sorted(below)]
        twice: dict[int, Decimal] = {}
        if several:
            parents, below = zip(*several, strict=True)
            cursor.execute(TWICE, above | {"through_parents": list(parents), "through": list(below)})
            twice = dict(cursor.fetchall())
    found = {}
    for status in statuses:
        pk = status.budget.pk
        again = twice.get(pk, ZERO)
        found[pk] = Sums(through[pk], again, status.spent - sum(through[pk].values(), ZERO) + again)
    return found


def parts_of(status: Status) -> Parts:
    """Takes apart what a budget spent in the period of its status."""
    sums = sums_of([status])[status.budget.pk]
    about = {"parent": status.budget.pk, "starts": status.period.starts, "ends": status.period.ends}
    elsewhere = _elsewhere(status, about) if sums.through else ""
    outside: dict[int | None, Decimal] = {}
    if elsewhere:
        about["below"] = sorted(sums.through)
        with connection.cursor() as cursor:
            cursor.execute(OUTSIDE.format(charged=CHARGED, elsewhere=elsewhere), about)
            outside = {pk: cost for pk, cost in cursor.fetchall() if cost}
    total = outside.pop(None, ZERO)
    by_budget = {pk: cost for pk, cost in outside.items() if pk is not None}
    return Parts(sums.through, sums.twice, sums.direct, total, by_budget)


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
