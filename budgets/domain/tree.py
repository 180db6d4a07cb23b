"""The tree through time: budgets' spans as the membership maths takes them, remembered while the tree stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from budgets.domain.membership import Membership, Span
from budgets.domain.periods import Calendar, Schedule, hour_of
from budgets.models import Budget, BudgetSpan

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


def span_of(budget: Budget, span: BudgetSpan) -> Span | None:
    """A stored span, cut to the time that the budget applies and is not archived; None when nothing is left."""
    starts, ends = schedule_of(budget).applies()
    if budget.archived_at is not None:
        closed = hour_after(budget.archived_at)
        ends = closed if ends is None else min(ends, closed)
    starts = max((edge for edge in (starts, span.starts) if edge is not None), default=None)
    ends = min((edge for edge in (ends, span.ends) if edge is not None), default=None)
    if starts is not None and ends is not None and starts >= ends:
        return None
    return Span(budget=budget.pk, starts=starts, ends=ends, parent=span.parent_id, scope=span.scope)


def load_spans() -> list[Span]:
    """Every budget's spans."""
    stored = BudgetSpan.objects.select_related("budget").order_by("budget_id", "id")
    return [cut for span in stored if (cut := span_of(span.budget, span)) is not None]


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


def ancestors_of(budget: Budget | None) -> list[Budget]:
    """A budget and all above it, nearest first."""
    found: list[Budget] = []
    while budget is not None and budget not in found:
        found.append(budget)
        budget = budget.parent
    return found


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
