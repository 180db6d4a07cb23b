"""From when a change holds: spans and periods, cut where the open period begins, so that closed ones stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from django.conf import settings
from django.db import connection
from django.db.models import Q

from budgets.domain import tree
from budgets.domain.errors import BudgetError
from budgets.domain.opening import Amounts, amounts_of
from budgets.domain.periods import Period, Schedule
from budgets.models import Budget, BudgetPeriod, BudgetSpan
from wire.days import hour_of


def open_period_start(budgets: Collection[Budget], now: datetime) -> datetime:
    """The latest start of these budgets' open periods: from there on, no closed period of any of them changes."""
    stored = BudgetPeriod.objects.filter(budget__in=[b.pk for b in budgets], starts__lte=now, ends__gt=now)
    return latest_start(budgets, now, stored.values_list("starts", flat=True))


def latest_start(budgets: Iterable[Budget], now: datetime, stored: Iterable[datetime]) -> datetime:
    """The same, with the starts of the open periods that are stored."""
    starts = list(stored)
    starts += [period.starts for b in budgets if (period := tree.schedule_of(b).period_at(now)) is not None]
    return max(starts, default=hour_of(now, settings.COSTOPS_ZONE))


def first_spans(budget: Budget, since: datetime | None, edge: datetime | None) -> list[BudgetSpan]:
    """The spans of a new budget: charged for its scope `since` then (None: ever), below its parent from `edge` on."""
    if edge is not None and since is not None:
        edge = max(edge, since)
    if budget.parent is None or edge is None or edge == since:
        return [BudgetSpan(budget=budget, parent=budget.parent, scope=budget.scope, starts=since)]
    return [
        BudgetSpan(budget=budget, parent=None, scope=budget.scope, starts=since, ends=edge),
        BudgetSpan(budget=budget, parent=budget.parent, scope=budget.scope, starts=edge),
    ]


def replace_span(budget: Budget, edge: datetime | None) -> None:
    """From `edge` on (None: ever since) the budget has its present scope and parent."""
    if edge is None:
        budget.spans.all().delete()
    else:
        budget.spans.filter(starts__gte=edge).delete()
        budget.spans.filter(Q(ends=None) | Q(ends__gt=edge)).update(ends=edge)
    BudgetSpan.objects.create(budget=budget, parent=budget.parent, scope=budget.scope, starts=edge)


def detach_uncovered(budget: Budget, starts: datetime | None, ends: datetime | None, edge: datetime) -> None:
    """New dates may take in what lay outside of the old ones, `starts` to `ends`: above it, that counts from `edge` on.

    Before `edge` the budget lay below nobody where it did not apply: closed periods of those above stay.
    """
    outside: list[tuple[datetime | None, datetime]] = [(None, min(starts, edge))] if starts is not None else []
    if ends is not None and ends < edge:
        outside.append((ends, edge))
    for low, high in outside:
        _detach(budget, low, high)


def _detach(budget: Budget, low: datetime | None, high: datetime) -> None:
    inside = budget.spans.exclude(parent=None).filter(Q(starts=None) | Q(starts__lt=high))
    for span in inside if low is None else inside.filter(Q(ends=None) | Q(ends__gt=low)):
        starts, ends, parent = span.starts, span.ends, span.parent
        cuts = [starts, *(cut for cut in (low, high) if cut is not None and _within(cut, starts, ends)), ends]
        span.delete()
        for begin, end in pairwise(cuts):
            below = (begin is not None and begin >= high) or (low is not None and (begin is None or begin < low))
            BudgetSpan.objects.create(
                budget=budget, parent=parent if below else None, scope=span.scope, starts=begin, ends=end
            )


def _within(cut: datetime, starts: datetime | None, ends: datetime | None) -> bool:
    return (starts is None or starts < cut) and (ends is None or cut < ends)


def recut_periods(budget: Budget, now: datetime, *, same_kind: bool, all_history: bool) -> None:
    """Closed periods stay; from the open one on, periods follow the new schedule.

    With `all_history` no closed period stays outside of the new dates.

    An open period that goes on from the same day stays itself, with its thresholds crossed and what is reserved. Where
    only dates moved (`same_kind`), a closed period that the old ones cut short gets the rest of its days: a period of
    its own for them would have the whole amount once more.
    """
    schedule, amounts = tree.schedule_of(budget), amounts_of([budget])[budget.pk]
    kept = []
    for period in budget.periods.filter(ends__gt=now):
        wanted = schedule.period_at(period.starts)
        if wanted is None or wanted.starts != period.starts or wanted.ends <= now:
            period.delete()
        elif wanted.ends != period.ends:
            kept.append((period, wanted))
    for period, wanted in kept:
        period.ends, period.amount = wanted.ends, amounts.of(wanted)
        period.save(update_fields=["ends", "amount"])
    if all_history:
        _cut_off(budget, schedule, now)
    if same_kind:
        _complete(budget, schedule, amounts, now)


def _cut_off(budget: Budget, schedule: Schedule, now: datetime) -> None:
    starts, ends = schedule.applies()
    for period in budget.periods.filter(ends__lte=now):
        low = max(period.starts, starts or period.starts)
        high = min(period.ends, ends or period.ends)
        if low >= high:
            period.delete()
        elif (low, high) != (period.starts, period.ends):
            period.starts, period.ends = low, high
            period.save(update_fields=["starts", "ends"])


def _complete(budget: Budget, schedule: Schedule, amounts: Amounts, now: datetime) -> None:
    """Gives the first and the last period all their days, where they are closed and no other period has some."""
    stored = list(budget.periods.order_by("starts"))
    for period in [found for found in (*stored[:1], *stored[1:][-1:]) if found.ends <= now]:
        wanted = schedule.period_at(period.starts)
        if wanted is None or wanted.starts > period.starts or wanted.ends < period.ends:
            continue
        if any(found.starts < wanted.ends and wanted.starts < found.ends for found in stored if found != period):
            continue
        period.starts, period.ends = wanted.starts, wanted.ends
        if wanted.ends > now:
            period.amount = amounts.of(wanted)
        period.save(update_fields=["starts", "ends", "amount"])


def set_amounts(planned: Mapping[Budget, tuple[Mapping[str, str], Mapping[str, str]]], now: datetime) -> None:
    """Gives the open periods of budgets their new amounts, and closed ones those that were changed by their day.

    `planned` are, for each budget, the planned amounts before and after the change.
    """
    if not planned:
        return
    amounts = amounts_of(list(planned))
    sides = {budget.pk: side for budget, side in planned.items()}
    replanned = [budget for budget, (before, after) in planned.items() if before != after]
    changed: list[tuple[int, Decimal]] = []
    for period in BudgetPeriod.objects.filter(budget__in=list(planned), ends__gt=now):
        changed.append((period.pk, amounts[period.budget_id].of(Period(period.starts, period.ends))))
    for period in BudgetPeriod.objects.filter(budget__in=replanned, ends__lte=now):
        day = period.starts.astimezone(settings.COSTOPS_ZONE).date().isoformat()
        before, after = sides[period.budget_id]
        if before.get(day) != after.get(day):
            changed.append((period.pk, amounts[period.budget_id].of(Period(period.starts, period.ends))))
    if changed:
        ids, values = zip(*sorted(changed), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(SET_AMOUNTS, [list(ids), list(values)])


SET_AMOUNTS = """
UPDATE budgets_budgetperiod p SET amount = a.amount FROM unnest(%s::bigint[], %s::numeric[]) AS a(id, amount)
WHERE p.id = a.id
"""

#: Whether hours before the first day of budgets are charged, and whether some after the last.
CHARGED_OUTSIDE = """
SELECT b.id,
    EXISTS (SELECT 1 FROM budgets_budgethour h WHERE h.budget_id = b.id AND h.hour < b.starts AND h.requests > 0),
    EXISTS (SELECT 1 FROM budgets_budgethour h WHERE h.budget_id = b.id AND h.hour >= b.ends AND h.requests > 0)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS b(id, starts, ends)
"""


def charged_outside(budgets: Collection[Budget]) -> dict[int, BudgetError]:
    """What is wrong with new dates of budgets, by id: what was charged stays, unless a change is for all history."""
    if not budgets:
        return {}
    edges = [tree.schedule_of(budget).applies() for budget in budgets]
    starts, ends = [edge[0] for edge in edges], [edge[1] for edge in edges]
    message = "Usage outside of these dates is charged to this budget already. Choose dates that hold it, or "
    message += "change all history (all_history)."
    with connection.cursor() as cursor:
        cursor.execute(CHARGED_OUTSIDE, [[budget.pk for budget in budgets], starts, ends])
        return {
            pk: BudgetError("starts_on" if early else "ends_on", message)
            for pk, early, late in cursor.fetchall()
            if early or late
        }
