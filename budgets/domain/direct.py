"""What of a budget's spend none of its children covers, said only where the rollups prove it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
        if pk not in archived:
            continue
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
    """How many archived children spent in each parent's period, and what; without parents that cannot be said of."""
    first = min(parent.period.starts for parent, _ in alike.values())
    rows = BudgetPeriod.objects.filter(
        budget__parent__in=alike, budget__archived_at__isnull=False, ends__gt=first, requests__gt=0
    ).values_list("budget__parent_id", "starts", "ends", "spent")
    found = {pk: (0, Decimal(0)) for pk in alike}
    broken = set()
    for parent_id, starts, ends, spent in rows:
        period = alike[parent_id][0].period
        if (starts, ends) == period:
            found[parent_id] = (found[parent_id][0] + 1, found[parent_id][1] + spent)
        elif starts < period.ends and ends > period.starts:
            broken.add(parent_id)
    return {pk: sums for pk, sums in found.items() if pk not in broken}


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
