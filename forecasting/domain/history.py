"""Histories: what each day cost, up to the day that is not over, and how a usual day is spread over its hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from budgets.domain.periods import day_bounds
from forecasting.domain.curve import EVENLY
from usage.domain import arrays
from usage.domain.lines import by_day, by_hour, named
from usage.domain.selection import Selection
from usage.domain.visibility import Seen
from wire.days import ONE_DAY

LONGEST = 3 * 366
"""Days that a forecast looks back: two years and more, so that a year's season can be told from chance."""
HOURS_OF = timedelta(days=28)
PRIOR_DAYS = 3  # as many days, spread evenly, stand beside those that are known
ZERO = Decimal(0)


@dataclass(frozen=True)
class History:
    """The days from the first with spend, or `before` that of the budget, up to `until`, which is not part of it."""

    until: date
    costs: tuple[Decimal, ...]
    hours: tuple[float, ...] = EVENLY
    before: int = 0
    """How many of the first days lie before the budget began: what the same usage cost then."""

    @property
    def spent(self) -> Decimal:
        """All that is known to be spent in it."""
        return sum(self.costs, ZERO)

    @property
    def last_spend(self) -> date | None:
        """The last day on which something was spent."""
        for back, cost in enumerate(reversed(self.costs), 1):
            if cost > 0:
                return self.until - back * ONE_DAY
        return None

    def weekday(self) -> int:
        """The day of the week of the first day that is not part of it, 0 for Monday."""
        return self.until.weekday()


DAYS = """
SELECT budget_id, (hour AT TIME ZONE %(zone)s)::date AS day, sum(cost) AS cost
FROM budgets_budgethour WHERE budget_id = ANY(%(budgets)s::bigint[]) AND hour >= %(since)s AND hour < %(until)s
GROUP BY 1, 2
"""

#: What the label sets that a budget is charged for cost before the first day of the budget.
BEFORE = """
SELECT m.budget_id, d.day, sum(d.cost) FROM (
    SELECT DISTINCT m.budget_id, m.attribution_id, b.starts_on FROM budgets_budgetattribution m
    JOIN budgets_budget b ON b.id = m.budget_id
    WHERE b.id = ANY(%(budgets)s::bigint[]) AND b.starts_on IS NOT NULL AND m.valid_to IS DISTINCT FROM m.valid_from
) m JOIN usage_daily d ON d.attribution_id = m.attribution_id AND d.day < m.starts_on AND d.day >= %(first)s
GROUP BY 1, 2
"""

HOURS = """
WITH spent AS (
    SELECT budget_id, (hour AT TIME ZONE %(zone)s)::date AS day,
        extract(hour FROM hour AT TIME ZONE %(zone)s)::int AS clock, sum(cost) AS cost
    FROM budgets_budgethour WHERE budget_id = ANY(%(budgets)s::bigint[]) AND hour >= %(recent)s AND hour < %(until)s
    GROUP BY 1, 2, 3
), shares AS (
    SELECT budget_id, day, clock, cost / nullif(sum(cost) OVER (PARTITION BY budget_id, day), 0) AS share FROM spent
)
SELECT budget_id, clock, sum(share)::float8, count(*) FROM shares WHERE share IS NOT NULL GROUP BY 1, 2
"""


def histories_of(budgets: Collection[int], until: date) -> dict[int, History]:
    """The histories of several budgets up to a day, by their id, in a fixed number of queries."""
    zone = settings.COSTOPS_ZONE
    first = until - LONGEST * ONE_DAY
    ends = day_bounds(until, zone).starts
    values: dict[str, Any] = {
        "budgets": arrays.plain(budgets),
        "zone": zone.key,
        "since": day_bounds(first, zone).starts,
        "first": first,
        "until": ends,
        "recent": ends - HOURS_OF,
    }
    costs: dict[int, dict[date, Decimal]] = defaultdict(dict)
    before: dict[int, dict[date, Decimal]] = defaultdict(dict)
    shares: dict[int, list[tuple[int, float, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(DAYS, values)
        for budget, day, cost in cursor.fetchall():
            costs[budget][day] = cost
        cursor.execute(BEFORE, values)
        for budget, day, cost in cursor.fetchall():
            before[budget][day] = cost
        cursor.execute(HOURS, values)
        for budget, *row in cursor.fetchall():
            shares[budget].append(tuple(row))
    return {pk: _history(costs[pk], before[pk], until, shares[pk]) for pk in budgets}


def history_of_usage(seen: Seen, selection: Selection, until: date) -> History:
    """The history of any usage that somebody may see, up to a day."""
    zone = settings.COSTOPS_ZONE
    first = until - LONGEST * ONE_DAY
    ends = day_bounds(until, zone).starts
    days = by_day(seen, Selection(day_bounds(first, zone).starts, ends, selection.labels))
    hours = by_hour(seen, Selection(ends - HOURS_OF, ends, selection.labels))
    with connection.cursor() as cursor:
        line = named(days, "line")
        cursor.execute(f"WITH {line.text} SELECT at, sum(cost) FROM line GROUP BY 1", line.values)  # noqa: S608
        costs = dict(cursor.fetchall())
        line = named(hours, "line")
        cursor.execute(f"WITH {line.text} SELECT at, sum(cost) FROM line GROUP BY 1", line.values)  # noqa: S608
        clock = [(at.astimezone(zone), cost) for at, cost in cursor.fetchall()]
    sums: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for at, cost in clock:
        sums[at.date()] += cost
    parts: dict[int, list[float]] = defaultdict(list)
    for at, cost in clock:
        if sums[at.date()] > 0:
            parts[at.hour].append(float(cost / sums[at.date()]))
    shares = [(hour, sum(found), len(found)) for hour, found in parts.items()]
    return _history(costs, {}, until, shares)


def _history(
    costs: Mapping[date, Decimal],
    before: Mapping[date, Decimal],
    until: date,
    shares: Sequence[tuple[int, float, int]],
) -> History:
    known = {**before, **costs}
    spent = [day for day, cost in known.items() if cost > 0]
    if not spent:
        return History(until, ())
    first = min(spent)
    days = [first + n * ONE_DAY for n in range((until - first).days)]
    begun = min((day for day, cost in costs.items() if cost > 0), default=until)
    count = sum(day < begun for day in days) if before else 0
    return History(until, tuple(max(known.get(day, ZERO), ZERO) for day in days), _hours(shares), count)


def _hours(shares: Sequence[tuple[int, float, int]]) -> tuple[float, ...]:
    """The share of a day that has come by each hour; the fewer days are known, the more evenly."""
    if not shares:
        return EVENLY
    sums = [PRIOR_DAYS / 24] * 24
    for clock, share, _ in shares:
        sums[clock] += share
    whole, come, found = sum(sums), 0.0, [0.0]
    for share in sums:
        come += share / whole
        found.append(come)
    return (*found[:24], 1.0)
