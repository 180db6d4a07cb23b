"""What is counted more than once: by budgets that stand side by side, or by those that one would stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from budgets.domain.status import Status
from budgets.models import Budget
from budgets.models.budget import BudgetQuerySet
from usage.domain.arrays import plain

# Most label sets are charged to one of them alone, and their usage is never looked at.
SHARED = """
WITH beside AS (
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS b(budget_id, starts, ends)
), shared AS MATERIALIZED (
    SELECT m.attribution_id FROM beside JOIN budgets_budgetattribution m USING (budget_id)
    GROUP BY m.attribution_id HAVING count(DISTINCT m.budget_id) > 1
)
SELECT coalesce(sum(cost), 0) FROM (
    SELECT u.id, u.cost
    FROM shared JOIN budgets_budgetattribution m USING (attribution_id) JOIN beside USING (budget_id)
    JOIN usage_hourly u ON u.attribution_id = m.attribution_id AND u.hour >= beside.starts AND u.hour < beside.ends
        AND (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR m.valid_to > u.hour)
    GROUP BY u.id, u.cost HAVING count(DISTINCT budget_id) > 1
) charged
"""


def shared_by(statuses: Sequence[Status]) -> Decimal:
    """What was charged to more than one of these budgets, each in the period of its status; in the company's money."""
    if len(statuses) < 2:
        return Decimal(0)
    columns = [(status.budget.pk, *status.period) for status in statuses]
    with connection.cursor() as cursor:
        cursor.execute(SHARED, [list(column) for column in zip(*columns, strict=True)])
        (cost,) = cursor.fetchone()
    return Decimal(cost)


# Where a budget is charged for all of the time, the sums are known, and no hour is looked at.
COUNTED = """
WITH spent AS (
    SELECT * FROM unnest(%(attributions)s::bigint[], %(costs)s::numeric[], %(requests)s::bigint[])
        AS s(attribution_id, cost, requests)
), members AS MATERIALIZED (
    SELECT m.budget_id, m.attribution_id, m.valid_from, m.valid_to, s.cost, s.requests,
        (m.valid_from IS NULL OR m.valid_from <= %(since)s) AND m.valid_to IS NULL AS is_whole
    FROM budgets_budgetattribution m JOIN spent s USING (attribution_id)
    WHERE m.budget_id = ANY(%(budgets)s::bigint[])
)
SELECT budget_id, sum(cost), sum(requests) FROM (
    SELECT budget_id, cost, requests FROM members WHERE is_whole
    UNION ALL
    SELECT m.budget_id, u.cost, u.requests
    FROM members m JOIN usage_hourly u ON u.attribution_id = m.attribution_id AND u.hour >= %(since)s
        AND (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR m.valid_to > u.hour)
    WHERE NOT is_whole
) charged
GROUP BY budget_id ORDER BY 2 DESC, 3 DESC, 1
"""


class Counted(NamedTuple):
    """How much of some usage a budget counts; cost in the company's currency."""

    budget: Budget
    cost: Decimal
    requests: int


def counted_by(spent: Mapping[int, tuple[Decimal, int]], budgets: BudgetQuerySet, since: datetime) -> list[Counted]:
    """Which budgets are charged for usage since then, those that count most of it first.

    `spent` is the usage: what each attribution cost since then, and its number of calls.
    """
    found = {budget.pk: budget for budget in budgets}
    values: dict[str, datetime | str] = {
        "since": since,
        "budgets": plain(found),
        "attributions": plain(spent),
        "costs": plain(cost for cost, _ in spent.values()),
        "requests": plain(calls for _, calls in spent.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, values)
        return [Counted(found[pk], cost, requests) for pk, cost, requests in cursor.fetchall()]
