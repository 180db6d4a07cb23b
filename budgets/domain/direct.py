"""What of a budget's spend none of its children covers, said only where the rollups prove it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection

from budgets.domain.status import Status
from budgets.models import BudgetPeriod

COUNTED_TWICE = """
SELECT DISTINCT parent_id FROM (
    SELECT p.id AS parent_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS p(id, starts, ends)
    JOIN budgets_budget c ON c.parent_id = p.id
    JOIN budgets_budgetattribution m ON m.budget_id = c.id
        AND (m.valid_from IS NULL OR m.valid_from < p.ends) AND (m.valid_to IS NULL OR m.valid_to > p.starts)
    GROUP BY p.id, m.attribution_id HAVING count(DISTINCT c.id) > 1
) twice
"""

# What archived budgets spent in the hours of another's period, while they were below it.
IN_ITS_HOURS = """
SELECT g.parent_id, sum(h.cost)
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS g(parent_id, child_id, starts, ends)
JOIN budgets_budgetspan s ON s.budget_id = g.child_id AND s.parent_id = g.parent_id
JOIN budgets_budgethour h ON h.budget_id = g.child_id AND h.hour >= g.starts AND h.hour < g.ends
    AND (s.starts IS NULL OR h.hour >= s.starts) AND (s.ends IS NULL OR h.hour < s.ends)
GROUP BY g.parent_id
"""


def spent_directly(families: Sequence[tuple[Status, Sequence[Status]]]) -> dict[int, Decimal]:
    """For each parent with its live children: what was spent that no child is charged for, by the parent's id.

    A parent is left out where its children cannot be added up: their periods differ from its own, or one call is
    charged to two of them. Children archived within the period count with what they spent in it.
    """
    alike = {
        parent.budget.pk: (parent, children)
        for parent, children in families
        if children and all(child.period == parent.period for child in children)
    }
    if not alike:
        return {}
    archived = _archived(alike)
    rest: dict[int, Decimal] = {}
    unsure: list[Status] = []
    for pk, (parent, children) in alike.items():
        count, total = archived[pk]
        left = parent.spent - total - sum((child.spent for child in children), Decimal(0))
        if left >= 0:
            rest[pk] = left
            if len(children) + count > 1:
                unsure.append(parent)
    for pk in _counted_twice(unsure):
        rest.pop(pk)
    return rest


def _archived(alike: Mapping[int, tuple[Status, Sequence[Status]]]) -> dict[int, tuple[int, Decimal]]:
    """How many archived children spent in each parent's period, and what they spent in it."""
    first = min(parent.period.starts for parent, _ in alike.values())
    rows = BudgetPeriod.objects.filter(
        budget__parent__in=alike, budget__archived_at__isnull=False, ends__gt=first, requests__gt=0
    ).values_list("budget__parent_id", "budget_id", "starts", "ends", "spent")
    found = {pk: (0, Decimal(0)) for pk in alike}
    unlike: set[tuple[int, int, datetime, datetime]] = set()
    for parent_id, child_id, starts, ends, spent in rows:
        period = alike[parent_id][0].period
        if (starts, ends) == period:
            found[parent_id] = (found[parent_id][0] + 1, found[parent_id][1] + spent)
        elif starts < period.ends and ends > period.starts:
            unlike.add((parent_id, child_id, *period))
    if unlike:
        with connection.cursor() as cursor:
            cursor.execute(IN_ITS_HOURS, [list(column) for column in zip(*sorted(unlike), strict=True)])
            for parent_id, spent in cursor.fetchall():
                found[parent_id] = (found[parent_id][0] + 1, found[parent_id][1] + spent)
    return found


def _counted_twice(parents: Sequence[Status]) -> set[int]:
    if not parents:
        return set()
    rows = [(parent.budget.pk, *parent.period) for parent in parents]
    with connection.cursor() as cursor:
        cursor.execute(COUNTED_TWICE, [list(column) for column in zip(*rows, strict=True)])
        return {pk for (pk,) in cursor.fetchall()}


def families_of(statuses: Mapping[int, Status]) -> list[tuple[Status, list[Status]]]:
    """Every parent among these statuses with its children among them."""
    children: dict[int, list[Status]] = defaultdict(list)
    for status in statuses.values():
        if status.budget.parent_id in statuses:
            children[status.budget.parent_id].append(status)
    return [(statuses[pk], found) for pk, found in children.items()]
