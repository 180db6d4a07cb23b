"""Rebuilds what budgets were charged from hourly usage. The caller holds the ledger's lock exclusively."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import connection

from budgets.domain.charging import Member, add_members
from budgets.domain.membership import Interval, Membership
from budgets.domain.opening import ensure_periods, rollover_places
from budgets.domain.rollover import carry_forward, hold_periods
from budgets.domain.thresholds import note_crossings
from budgets.models import Budget
from usage.domain.books import NewAttribution

Range = tuple[datetime | None, datetime | None]
Intervals = Mapping[int, Sequence[Interval]]  # by budget

REBUILD_HOURS = """
WITH ground AS MATERIALIZED (
    SELECT m.budget_id, u.hour, sum(u.cost) AS cost, sum(u.requests) AS requests, sum(u.unpriced) AS unpriced
    FROM budgets_budgetattribution m JOIN usage_hourly u ON u.attribution_id = m.attribution_id
        AND (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR u.hour < m.valid_to)
    WHERE m.budget_id = %(budget)s AND u.hour >= %(start)s AND u.hour < %(end)s
    GROUP BY m.budget_id, u.hour
)
INSERT INTO budgets_budgethour (budget_id, hour, cost, requests, unpriced)
SELECT budget_id, hour, cost, requests, unpriced FROM ground ORDER BY budget_id, hour
"""

REBUILD_PERIODS = """
UPDATE budgets_budgetperiod p SET spent = s.spent, requests = s.requests, unpriced = s.unpriced
FROM (
    SELECT q.id, coalesce(sum(h.cost), 0) AS spent, coalesce(sum(h.requests), 0) AS requests,
        coalesce(sum(h.unpriced), 0) AS unpriced
    FROM budgets_budgetperiod q LEFT JOIN budgets_budgethour h
        ON h.budget_id = q.budget_id AND h.hour >= q.starts AND h.hour < q.ends
    WHERE q.budget_id = ANY(%(budgets)s)
    GROUP BY q.id
) s
WHERE p.id = s.id AND (p.spent, p.requests, p.unpriced) IS DISTINCT FROM (s.spent, s.requests, s.unpriced)
"""

FIRST, LAST = datetime.fromisoformat("0001-01-02T00:00:00Z"), datetime.fromisoformat("9999-12-30T00:00:00Z")
NOTHING = (FIRST, FIRST)


def members_of(attributions: Iterable[NewAttribution], maths: Membership) -> dict[int, Intervals]:
    """What each attribution is charged to, by its id."""
    return {labels.id: maths.of(labels) for labels in attributions}


def replace_members(wanted: Mapping[int, Intervals]) -> dict[int, Range]:
    """Writes the memberships of these attributions where they differ.

    Returns the hours in which each changed budget may have to be charged anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, budget_id, attribution_id, valid_from, valid_to FROM budgets_budgetattribution
            WHERE attribution_id = ANY(%s)""",
            [list(wanted)],
        )
        stored: dict[Member, int] = {(b, a, starts, ends): pk for pk, b, a, starts, ends in cursor.fetchall()}
        due: set[Member] = {
            (budget, attribution, starts, ends)
            for attribution, by_budget in wanted.items()
            for budget, intervals in by_budget.items()
            for starts, ends in intervals
        }
        gone = [member for member in stored if member not in due]
        new = [member for member in due if member not in stored]
        if gone:
            cursor.execute(
                "DELETE FROM budgets_budgetattribution WHERE id = ANY(%s)", [sorted(stored[member] for member in gone)]
            )
        add_members(cursor, new)
    return _changed_hours(gone, new)


def _changed_hours(gone: Sequence[Member], new: Sequence[Member]) -> dict[int, Range]:
    edges: dict[tuple[int, int], list[set[Interval]]] = defaultdict(lambda: [set(), set()])
    for side, members in enumerate((gone, new)):
        for budget, attribution, starts, ends in members:
            edges[budget, attribution][side].add((starts, ends))
    ranges: dict[int, Range] = {}
    for (budget, _), (before, after) in edges.items():
        start, end = _difference(before, after)
        if budget in ranges:
            known_start, known_end = ranges[budget]
            start = None if start is None or known_start is None else min(start, known_start)
            end = None if end is None or known_end is None else max(end, known_end)
        ranges[budget] = (start, end)
    return ranges


def _difference(before: set[Interval], after: set[Interval]) -> Range:
    """The hull of the hours that belong to one of two sets of intervals but not to the other."""
    points = sorted(
        {edge for side in (before, after) for starts, ends in side for edge in (starts or FIRST, ends or LAST)}
    )
    differing = [(low, high) for low, high in pairwise(points) if _covers(before, low) != _covers(after, low)]
    if not differing:
        return points[0], points[0]
    start, end = differing[0][0], differing[-1][1]
    return (None if start == FIRST else start), (None if end == LAST else end)


def _covers(intervals: set[Interval], point: datetime) -> bool:
    return any((starts or FIRST) <= point < (ends or LAST) for starts, ends in intervals)


def rebuild(ranges: Mapping[int, Range], now: datetime) -> None:
    """Charges budgets anew for these hours, and brings their periods into line with their hours."""
    if not ranges:
        return
    with connection.cursor() as cursor:
        for budget in sorted(ranges):
            start, end = ranges[budget]
            if start is not None and start == end:
                continue
            span: dict[str, Any] = {"budget": budget, "start": start or FIRST, "end": end or LAST}
            cursor.execute(
                "DELETE FROM budgets_budgethour WHERE budget_id = %(budget)s AND hour >= %(start)s AND hour < %(end)s",
                span,
            )
            cursor.execute(REBUILD_HOURS, span)
        settle_periods(ranges, now)


def settle_periods(budgets: Collection[int], now: datetime) -> None:
    """Opens the periods that these budgets' hours and rollover need, and makes the spend of each that of its hours."""
    ids = sorted(budgets)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT h.budget_id, h.hour FROM budgets_budgethour h WHERE h.budget_id = ANY(%s) AND NOT EXISTS (
                SELECT 1 FROM budgets_budgetperiod p
                WHERE p.budget_id = h.budget_id AND p.starts <= h.hour AND h.hour < p.ends)""",
            [ids],
        )
        missing = cursor.fetchall()
        rolling = list(Budget.objects.filter(pk__in=ids, rollover=True))
        if missing := [*missing, *rollover_places(cursor, rolling, now)]:
            ensure_periods(cursor, missing)
        hold_periods(cursor, [], ids)
        cursor.execute(REBUILD_PERIODS, {"budgets": ids})
        if rolling:
            carry_forward(cursor, [budget.pk for budget in rolling], now)
        note_crossings(cursor, ids, now)
