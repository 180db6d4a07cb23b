"""The page of one budget: its figures, the course of its period, what lies below it, its periods and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.domain.roles import may_set_prices
from budgets.bars import whole_percent
from budgets.charts import Crossing, crossings_of, cumulative, names_of, per_step
from budgets.domain import tree
from budgets.domain.course import (
    TICK,
    Course,
    Step,
    Unit,
    course_of,
    day_count,
    day_number,
    last_day,
    reached,
    runs_out,
)
from budgets.domain.direct import spent_directly
from budgets.domain.outline import Standing, by_urgency, last_usage, standing_of
from budgets.domain.periods import Period, PeriodError, day_bounds
from budgets.domain.runrate import days
from budgets.domain.status import Status, statuses
from budgets.models import Budget, BudgetPeriod
from budgets.rules import may_create, may_edit
from budgets.views.history import history_of
from budgets.words import anchor_words
from wire.templatetags.moments import short_day
from wire.templatetags.money import cents_in

CHILDREN = 50
PERIODS = 12
MOST_PERIODS = 400
HISTORY = 10
MOST_HISTORY = 500
VIEWS = {"cumulative": "Cumulative", "steps": "Per day"}


@dataclass(frozen=True)
class Child:
    """A budget below, as its row shows it."""

    budget: Budget
    status: Status
    standing: Standing


class Mark(NamedTuple):
    """A threshold and the day on which the spend of the period reached it."""

    name: str
    reached: date | None


class TableRow(NamedTuple):
    """A step in the chart's table; `ahead` when it speaks of what is to come."""

    step: Step
    name: str
    ahead: bool = False


@dataclass(frozen=True)
class PastPeriod:
    """A period as its row shows it."""

    row: BudgetPeriod
    name: str
    first_day: date
    open: bool
    chosen: bool

    @property
    def limit(self) -> Decimal:
        """What could be spent in it."""
        return self.row.amount + self.row.carried

    @property
    def share(self) -> Decimal | None:
        """What was spent of that."""
        return self.row.spent / self.limit if self.limit > 0 else None

    @property
    def width(self) -> str:
        """The share as the width of a small bar."""
        return f"{min(self.share or Decimal(0), Decimal(1)) * 100:.1f}%"


def find_budget(request: HttpRequest, pk: int) -> Budget:
    """The budget, or 404 exactly as for one that does not exist, where the person may not see it."""
    budget = Budget.objects.visible_to(request.user).select_related("owner").filter(pk=pk).first()
    if budget is None:
        raise Http404
    return budget


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /budgets/<id>/. `period` (its first day) looks back, `view` turns the chart, `all` unfolds a list."""
    now = timezone.now()
    budget = find_budget(request, pk)
    at = _looked_at(budget, request.GET.get("period"), now)
    status = statuses([budget], now, at)[budget.pk]
    standing = standing_of(status)
    course = course_of(status)
    thresholds = [row.threshold for row in budget.thresholds.all()]
    context = {
        "section": "budgets",
        "budget": budget,
        "status": status,
        "standing": standing,
        "thresholds": thresholds,
        "looking_back": at < now and budget.archived_at is None,
        "may_edit": may_edit(request.user, budget),
        "may_create": may_create(request.user),
        "may_set_prices": may_set_prices(request.user),
        "crumbs": _ancestors(request, budget),
        "last_usage": last_usage([budget]),
        "begins": anchor_words(budget.anchor, budget.period),
        **_facts(status, standing, now),
        **_chart(request, status, course, thresholds),
        **_children(status, now),
        **_periods(request, budget, status, now),
        **history_of(budget, request.user, MOST_HISTORY if request.GET.get("all") == "history" else HISTORY),
    }
    return render(request, "budgets/detail.html", context)


def _looked_at(budget: Budget, text: str | None, now: datetime) -> datetime:
    """The instant that the page speaks of: now, when the budget was archived, or the end of a chosen past period."""
    latest = min(now, budget.archived_at) if budget.archived_at else now
    if not text:
        return latest
    try:
        start = day_bounds(date.fromisoformat(text), settings.COSTOPS_ZONE).starts
    except (ValueError, OverflowError):
        raise Http404 from None
    stored = budget.periods.filter(starts__lte=start, ends__gt=start).values_list("starts", "ends").first()
    try:
        period = Period(*stored) if stored else tree.schedule_of(budget).period_at(start)
    except PeriodError:
        raise Http404 from None
    if period is None or period.starts > latest:
        raise Http404
    return min(latest, period.ends - TICK)


def _ancestors(request: HttpRequest, budget: Budget) -> list[Budget]:
    """What lies above, the top first, as far as the person may see it."""
    above = [found.pk for found in tree.ancestors_of(budget.parent)]
    seen = Budget.objects.visible_to(request.user).in_bulk(above)
    return [seen[pk] for pk in reversed(above) if pk in seen]


def _facts(status: Status, standing: Standing, now: datetime) -> dict[str, Any]:
    schedule = tree.schedule_of(status.budget)
    running = standing not in (Standing.WAITING, Standing.ENDED, Standing.ARCHIVED) and status.period.ends > now
    left = days(status.period.ends - status.at)
    whole_days = max(1, day_count(status.period) - day_number(status.period, status.at) + 1)
    short = day_count(status.period) <= 2
    reached_on = None
    if standing == Standing.EXCEEDED or (status.share or 0) >= 1:
        reached_on = reached([(status.budget.pk, status.period, status.limit)])[0]
    return {
        "period": schedule.label(status.period),
        "last_day": last_day(status.period),
        "last_day_words": short_day(last_day(status.period)),
        "over": -status.remaining,
        "day": day_number(status.period, now),
        "days": day_count(status.period),
        "running": running,
        "projected_share": status.rate.forecast / status.limit if status.limit > 0 else None,
        "a_day": status.remaining / left if running and left > 0 and status.remaining > 0 and not short else None,
        "days_left": whole_days,
        "runs_out": runs_out(status),
        "reached_on": reached_on,
        "per_hour": status.rate.burn_rate_per_day / 24 if short else None,
    }


def _chart(request: HttpRequest, status: Status, course: Course, thresholds: Sequence[Decimal]) -> dict[str, Any]:
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "cumulative"
    if not course.steps:
        return {"course": course, "view": view, "figure": None}
    crossings = crossings_of(course, status.limit, thresholds)
    figure = per_step(course, status) if view == "steps" else cumulative(course, status, crossings)
    return {
        "course": course,
        "view": view,
        "views": [("cumulative", "Cumulative"), ("steps", f"Per {course.unit}")],
        "figure": figure,
        "marks": [Mark(whole_percent(share), _reached_on(share, crossings)) for share in sorted(thresholds)],
        "hourly": course.unit is Unit.HOUR,
        "table": _table(course),
        "step_cents": cents_in(amount for step in course.steps for amount in (step.spent, step.projected)),
        "course_cents": cents_in(step.heading for step in course.steps[-1:]),
    }


def _reached_on(share: Decimal, crossings: Sequence[Crossing]) -> date | None:
    return next((crossing.step.day for crossing in crossings if crossing.threshold == share), None)


def _table(course: Course) -> list[TableRow]:
    """The course as rows that add up: the step under way is there with what it cost and with what is to come."""
    rows = []
    for step, name in zip(course.steps, names_of(course), strict=True):
        if step.starts <= course.at:
            rows.append(TableRow(step, name))
        if step.projected and step.ends > course.at:
            rows.append(TableRow(step, name if step.starts > course.at else f"{name}, the rest", ahead=True))
    return rows


def _children(status: Status, now: datetime) -> dict[str, Any]:
    """The budgets below, with what none of them covers where that can be said. None for one that looks back."""
    budgets = list(Budget.objects.live().filter(parent=status.budget))
    if not budgets or status.period.ends <= now:
        return {"children": [], "below": len(budgets)}
    found = statuses(budgets, now)
    direct = spent_directly([(status, list(found.values()))])
    children = by_urgency(Child(budget, found[budget.pk], standing_of(found[budget.pk])) for budget in budgets)
    return {
        "children": children[:CHILDREN],
        "below": len(budgets),
        "adds_up": status.budget.pk in direct and len(children) <= CHILDREN,
        "direct": direct.get(status.budget.pk),
        "children_cents": cents_in(
            [status.spent, *(c.status.limit for c in children), *(c.status.rate.forecast for c in children)]
        ),
        "over_allocated": -status.unallocated if status.unallocated < 0 else None,
    }


def _periods(request: HttpRequest, budget: Budget, status: Status, now: datetime) -> dict[str, Any]:
    """The budget's stored periods, the latest first, and the open one though nothing was charged to it yet."""
    unfolded = request.GET.get("all") == "periods"
    stored = list(budget.periods.all()[: MOST_PERIODS if unfolded else PERIODS + 1])
    more = not unfolded and len(stored) > PERIODS
    stored = stored[:MOST_PERIODS] if unfolded else stored[:PERIODS]
    if (
        not any(row.starts == status.period.starts for row in stored)
        and status.period.ends > now >= status.period.starts
    ):
        fresh = BudgetPeriod(budget=budget, amount=status.amount, carried=status.carried, spent=status.spent)
        fresh.starts, fresh.ends = status.period
        stored.insert(0, fresh)
    schedule = tree.schedule_of(budget)
    rows = [
        PastPeriod(
            row,
            schedule.label(Period(row.starts, row.ends)),
            row.starts.astimezone(settings.COSTOPS_ZONE).date(),
            open=row.starts <= now < row.ends and budget.archived_at is None,
            chosen=row.starts == status.period.starts,
        )
        for row in stored
    ]
    return {
        "periods": rows,
        "more_periods": more,
        "any_carried": any(row.row.carried for row in rows),
        "period_cents": cents_in(amount for row in rows for amount in (row.limit, row.row.spent)),
    }
