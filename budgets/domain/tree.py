"""The tree through time: budgets' spans as the membership maths takes them, remembered while the tree stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from budgets.domain.membership import Membership, Span
from budgets.domain.periods import Calendar, Schedule, day_bounds
from budgets.models import Budget
from wire.days import hour_of

HOUR = timedelta(hours=1)


def calendar() -> Calendar:
    """The company's calendar: its time zone and the month its fiscal year begins in."""
    return Calendar(zone=settings.COSTOPS_ZONE, fiscal_year_start=settings.COSTOPS_FISCAL_YEAR_START)


def schedule_of(budget: Budget) -> Schedule:
    """How a budget's periods follow one another."""
    return Schedule(
        period=budget.period,
        anchor=budget.anchor,
        starts_on=budget.starts_on,
        ends_on=budget.ends_on,
        calendar=calendar(),
    )


def hour_after(instant: datetime) -> datetime:
    """The first hour edge of the company's clock at or after an instant."""
    hour = hour_of(instant, settings.COSTOPS_ZONE)
    return hour if hour == instant else hour + HOUR


SPANS = """
SELECT s.budget_id, s.parent_id, s.scope, s.starts, s.ends, b.starts_on, b.ends_on, b.archived_at
FROM budgets_budgetspan s JOIN budgets_budget b ON b.id = s.budget_id ORDER BY s.budget_id, s.id
"""


def load_spans() -> list[Span]:
    """Every budget's spans, each cut to the time that its budget applies and is not archived."""
    with connection.cursor() as cursor:
        cursor.execute(SPANS)
        return [cut for row in cursor.fetchall() if (cut := _cut(*row)) is not None]


def _cut(
    budget: int,
    parent: int | None,
    scope: str,
    starts: datetime | None,
    ends: datetime | None,
    starts_on: date | None,
    ends_on: date | None,
    archived_at: datetime | None,
) -> Span | None:
    if starts_on is not None:
        starts = _later(starts, day_bounds(starts_on, settings.COSTOPS_ZONE).starts)
    if ends_on is not None:
        ends = _earlier(ends, day_bounds(ends_on, settings.COSTOPS_ZONE).ends)
    if archived_at is not None:
        ends = _earlier(ends, hour_after(archived_at))
    if starts is not None and ends is not None and starts >= ends:
        return None
    return Span(budget, starts, ends, parent, msgspec.json.decode(scope))


def _later(edge: datetime | None, other: datetime) -> datetime:
    return other if edge is None else max(edge, other)


def _earlier(edge: datetime | None, other: datetime) -> datetime:
    return other if edge is None else min(edge, other)


_lock = threading.Lock()
_remembered: tuple[int, Membership] | None = None


def membership(cursor: CursorWrapper) -> Membership:
    """The membership maths over the tree as it is now; the caller holds the ledger's lock, so that it stays so."""
    global _remembered
    cursor.execute("SELECT version FROM usage_groundversion WHERE name = 'tree'")
    (version,) = cursor.fetchone()
    with _lock:
        if _remembered is None or _remembered[0] != version:
            _remembered = (version, Membership(load_spans()))
        return _remembered[1]


def forget() -> None:
    """Forgets the tree; for a database that was rolled back or replaced."""
    global _remembered
    with _lock:
        _remembered = None


def ancestors_of(budget: Budget | None, most: int | None = None) -> list[Budget]:
    """A budget and all above it, nearest first; at most so many."""
    found: list[Budget] = []
    met: set[object] = set()
    while budget is not None and len(found) != most:
        key = budget.pk or id(budget)
        if key in met:
            break
        met.add(key)
        found.append(budget)
        budget = budget.parent
    return found


def height_of(budget: Budget) -> int:
    """How many levels there are from a budget down, itself included."""
    if budget.pk is None:
        return 1
    below = Budget.objects.with_tree_fields().descendants(budget, include_self=True)
    depths = [found.tree_depth for found in below]
    return max(depths) - min(depths) + 1


def ancestors_seen(user: Any, budget: Budget) -> list[Budget]:
    """What lies above a budget, the top first, as far as the person may see it."""
    above = [found.pk for found in ancestors_of(budget.parent)]
    seen = Budget.objects.visible_to(user).in_bulk(above)
    return [seen[pk] for pk in reversed(above) if pk in seen]


def descendant_ids(roots: Iterable[int]) -> set[int]:
    """The budgets below the given ones, themselves included."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Budget.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting.extend(children.get(pk, ()))
    return found
