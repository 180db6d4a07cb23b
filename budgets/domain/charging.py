"""Charges budgets for what the ledger posts: hours first, periods last, each in the order of its key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from budgets.domain import tree
from budgets.domain.corrections import note_corrections
from budgets.domain.opening import NoPeriod, ensure_periods
from budgets.domain.rollover import carry_forward, hold_periods
from usage.domain import arrays
from usage.domain.books import Line, NewAttribution

CHARGE_HOURS = """
WITH line AS MATERIALIZED (
    SELECT * FROM unnest(%s::timestamptz[], %s::bigint[], %s::numeric[], %s::bigint[], %s::bigint[])
        AS l(hour, attribution_id, cost, requests, unpriced)
), charge AS MATERIALIZED (
    SELECT m.budget_id, l.hour, sum(l.cost) AS cost, sum(l.requests) AS requests, sum(l.unpriced) AS unpriced
    FROM line l JOIN budgets_budgetattribution m ON m.attribution_id = l.attribution_id
        AND (m.valid_from IS NULL OR m.valid_from <= l.hour) AND (m.valid_to IS NULL OR l.hour < m.valid_to)
    GROUP BY m.budget_id, l.hour
), charged AS (
    INSERT INTO budgets_budgethour AS h (budget_id, hour, cost, requests, unpriced)
    SELECT budget_id, hour, cost, requests, unpriced FROM charge ORDER BY budget_id, hour
    ON CONFLICT (budget_id, hour) DO UPDATE SET cost = h.cost + excluded.cost,
        requests = h.requests + excluded.requests, unpriced = h.unpriced + excluded.unpriced
)
SELECT c.budget_id, c.hour, c.cost, c.requests, c.unpriced, p.id
FROM charge c LEFT JOIN LATERAL (
    SELECT id, ends FROM budgets_budgetperiod WHERE budget_id = c.budget_id AND starts <= c.hour
    ORDER BY starts DESC LIMIT 1
) p ON c.hour < p.ends
"""

FIND_PERIODS = """
SELECT c.budget_id, c.hour, p.id
FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(budget_id, hour)
JOIN budgets_budgetperiod p ON p.budget_id = c.budget_id AND p.starts <= c.hour AND c.hour < p.ends
"""

CHARGE_PERIODS = """
WITH charge AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::bigint[], %(costs)s::numeric[], %(requests)s::bigint[], %(unpriced)s::bigint[])
        AS c(id, cost, requests, unpriced)
), held AS MATERIALIZED (
    SELECT id FROM budgets_budgetperiod WHERE id = ANY(%(ids)s::bigint[]) OR id IN (
        SELECT other.id FROM budgets_budgetperiod p JOIN budgets_budget b ON b.id = p.budget_id AND b.rollover
        JOIN budgets_budgetperiod other ON other.budget_id = b.id WHERE p.id = ANY(%(ids)s::bigint[]))
    ORDER BY id FOR UPDATE
), charged AS (
    UPDATE budgets_budgetperiod p SET spent = p.spent + c.cost, requests = p.requests + c.requests,
        unpriced = p.unpriced + c.unpriced
    FROM charge c JOIN held USING (id) WHERE p.id = c.id
    RETURNING p.id, p.budget_id, p.starts, p.ends, p.spent, p.amount + p.carried AS agreed
), crossed AS (
    INSERT INTO budgets_thresholdcrossing (period_id, threshold, crossed_at, spent, "limit")
    SELECT c.id, t.threshold, %(now)s, c.spent, c.agreed
    FROM charged c JOIN budgets_budgetthreshold t ON t.budget_id = c.budget_id
    JOIN budgets_budget b ON b.id = c.budget_id AND b.created_at < c.ends
    WHERE c.agreed > 0 AND c.spent >= t.threshold * c.agreed
    ORDER BY c.id, t.threshold ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM charged), (
    SELECT array_agg(c.id) FROM charged c JOIN budgets_budget b ON b.id = c.budget_id AND b.rollover)
"""

# Not asked above: a period that was opened while that waited for its locks would not be seen.
FIND_FOLLOWED = """
SELECT DISTINCT p.budget_id FROM budgets_budgetperiod p
WHERE p.id = ANY(%s) AND EXISTS (
    SELECT 1 FROM budgets_budgetperiod later WHERE later.budget_id = p.budget_id AND later.starts > p.starts)
"""

MEMBERS = """
INSERT INTO budgets_budgetattribution (budget_id, attribution_id, valid_from, valid_to)
SELECT budget_id, attribution_id, valid_from, valid_to
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS m(budget_id, attribution_id, valid_from, valid_to)
ORDER BY attribution_id, budget_id, valid_from NULLS FIRST
"""

Member = tuple[int, int, datetime | None, datetime | None]  # budget, attribution, valid from, valid to


class BudgetBook:
    """The ledger's book that keeps membership, BudgetHour and BudgetPeriod."""

    def open_attributions(self, cursor: CursorWrapper, new: Sequence[NewAttribution], now: datetime) -> None:
        """Finds the budgets that are charged for label sets never seen before."""
        maths = tree.membership(cursor)
        add_members(
            cursor,
            [
                (budget, labels.id, starts, ends)
                for labels in new
                for budget, intervals in maths.of(labels).items()
                for starts, ends in intervals
            ],
        )

    def post(
        self, cursor: CursorWrapper, lines: Sequence[Line], now: datetime, *, repricing: int | None = None
    ) -> None:
        """Charges every budget that is a member of a line's attribution in its hour."""
        hours, *others = zip(*lines, strict=True)
        columns = [[hour.isoformat() for hour in hours], *others]
        cursor.execute(CHARGE_HOURS, [arrays.plain(column) for column in columns])
        charges = cursor.fetchall()
        if not charges:
            return
        missing = [(budget_id, hour) for budget_id, hour, *_, period in charges if period is None]
        found, rolling = _open(cursor, missing) if missing else ({}, [])
        sums: dict[int, tuple[Decimal, int, int]] = defaultdict(lambda: (Decimal(0), 0, 0))
        for budget_id, hour, cost, requests, unpriced, period in charges:
            period = period or found[budget_id, hour]
            total = sums[period]
            sums[period] = (total[0] + cost, total[1] + int(requests), total[2] + int(unpriced))
        if rolling:
            hold_periods(cursor, sums, rolling)
            carry_forward(cursor, rolling, now)
        charge_periods(cursor, sums, now)
        if repricing is not None:
            note_corrections(cursor, repricing, {pk: cost for pk, (cost, *_) in sums.items()}, now)


def _open(
    cursor: CursorWrapper, missing: list[tuple[int, datetime]]
) -> tuple[dict[tuple[int, datetime], int], list[int]]:
    rolling = ensure_periods(cursor, missing)
    budgets, hours = zip(*missing, strict=True)
    cursor.execute(FIND_PERIODS, [list(budgets), list(hours)])
    found = {(budget_id, hour): period for budget_id, hour, period in cursor.fetchall()}
    if len(found) < len(missing):
        raise NoPeriod(f"No period could be made for {len(missing) - len(found)} charged hours.")
    return found, rolling


def charge_periods(cursor: CursorWrapper, sums: dict[int, tuple[Decimal, int, int]], now: datetime) -> None:
    """Adds cost, requests and unpriced requests to periods, in the order of their ids, and keeps what was crossed."""
    ids = sorted(sums)
    costs, requests, unpriced = zip(*(sums[pk] for pk in ids), strict=True)
    cursor.execute(
        CHARGE_PERIODS,
        {
            "ids": arrays.plain(ids),
            "costs": arrays.plain(costs),
            "requests": arrays.plain(requests),
            "unpriced": arrays.plain(unpriced),
            "now": now,
        },
    )
    charged, rolling = cursor.fetchone()
    if charged != len(ids):
        raise NoPeriod(f"{len(ids) - charged} periods vanished while they were charged.")
    if not rolling:
        return
    cursor.execute(FIND_FOLLOWED, [rolling])
    if followed := [budget_id for (budget_id,) in cursor.fetchall()]:
        carry_forward(cursor, followed, now)


def add_members(cursor: CursorWrapper, members: Sequence[Member]) -> None:
    """Writes memberships, in the order of their key."""
    if members:
        cursor.execute(MEMBERS, [list(column) for column in zip(*members, strict=True)])
