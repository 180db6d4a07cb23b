"""The page of one budget: its figures, the course of its period, what lies below it, its periods and its history."""

from __future__ import annotations

from collections.abc import Sequence
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
from budgets.axes import names_of
from budgets.bars import arrows, whole_percent
from budgets.charts import Crossing, crossings_of, cumulative, per_step
from budgets.domain import tree
from budgets.domain.before import earlier
from budgets.domain.course import (
    Course,
    Step,
    Unit,
    course_of,
    day_count,
    last_day,
    reached,
    totals_of,
)
from budgets.domain.outline import Standing, standing_of
from budgets.domain.periods import Period, PeriodError, day_bounds
from budgets.domain.status import Status, at_rest, statuses
from budgets.domain.terms import present_terms, terms_of
from budgets.hover import step_cents, sum_cents
from budgets.models import Budget, ThresholdCrossing
from budgets.places import SPEND
from budgets.templatetags.limits import CENT, to_cent
from budgets.views.below import below
from budgets.views.breakdown import breakdown
from budgets.views.head import head_of, lead_cents
from budgets.views.history import history_of
from budgets.views.periods import periods_of
from budgets.words import anchor_words
from wire.calendar import read
from wire.days import TICK, days_in
from wire.looking import holds_period_or_day
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words
from wire.transactions import one_snapshot

LONG_TABLE = 62
BEHIND = 3  # earlier periods in the chart
VIEWS = {"cumulative": "Cumulative", "steps": "Per day"}


class Mark(NamedTuple):
    """A threshold, the day on which the spend of the period reached it, and when CostOps noticed, if on another day."""

    name: str
    reached: date | None
    noticed: datetime | None


class TableRow(NamedTuple):
    """A step in the chart's table; `ahead` when it speaks of what is to come."""

    step: Step
    name: str
    ahead: bool = False


def find_budget(request: HttpRequest, pk: int) -> Budget:
    """The budget, or 404 exactly as for one that does not exist, where the person may not see it."""
    budget = Budget.objects.visible_to(request.user).select_related("owner").filter(pk=pk).first()
    if budget is None:
        raise Http404
    return budget


@login_required
@require_safe
@holds_period_or_day
@one_snapshot()
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /budgets/<id>/. `period` looks back: the first day of one of its own, or a month, quarter or year at whose
    end it was; `view` turns the chart, `of` what it went on, `all` unfolds a list page by page.
    """
    now = timezone.now()
    budget = find_budget(request, pk)
    latest = min(now, budget.archived_at) if budget.archived_at else now
    at = _looked_at(budget, request.GET.get("period"), latest)
    looking_back = at < latest
    status = statuses([budget], now, at)[budget.pk]
    standing = standing_of(status)
    running = not standing.at_rest and not looking_back
    if not running:
        status = at_rest(status)
    terms = terms_of(status) if looking_back else present_terms(status)
    context = {
        **head_of(request, status, standing, now, SPEND, terms=terms.budget, looking_back=looking_back),
        "thresholds": terms.thresholds if status.agreed else (),
        "may_set_prices": may_set_prices(request.user),
        "begins": anchor_words(terms.budget.anchor, terms.budget.period),
        **_facts(status, standing, running=running),
        **_chart(request, status, standing, terms.thresholds, running=running),
        **_below(request, status, now, settled=not running and standing != Standing.WAITING),
        **(breakdown(request, status) if standing != Standing.WAITING else {}),
        **periods_of(request, budget, status, now),
        **history_of(request, budget),
    }
    return render(request, "budgets/detail.html", context)


def _looked_at(budget: Budget, text: str | None, latest: datetime) -> datetime:
    """The instant that the page speaks of: the latest that there is, or the end of a chosen past period."""
    if not text:
        return latest
    if (stretch := read(text)) is not None:
        return min(latest, stretch.ends - TICK)
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


def _below(request: HttpRequest, status: Status, now: datetime, *, settled: bool) -> dict[str, Any]:
    """The budgets below, and which arrows at a bar's end the legends have to explain: its own, and of those below."""
    found = below(request.user, status, now, settled=settled)
    children = (child.status for child in found.get("children", ()))
    return {**found, "beyond": arrows([status]), "beyond_below": arrows(children)}


def _facts(status: Status, standing: Standing, *, running: bool) -> dict[str, Any]:
    left = days_in(status.period.ends - status.at)
    short = day_count(status.period) <= 2
    exceeded = status.agreed and (standing == Standing.EXCEEDED or (status.share or 0) >= 1)
    return {
        "over": -status.remaining,
        "a_day": status.remaining / left if running and left > 0 and status.remaining > 0 and not short else None,
        "runs_out": status.rate.exceeds_at,
        "exceeded": exceeded,
        "reached_on": reached([(status.budget.pk, status.period, status.limit)])[0] if exceeded else None,
        "per_hour": status.rate.burn_rate_per_day / 24 if short else None,
        "lead_cents": lead_cents(status),
        "handed_cents": None if status.allocated == status.allocated.quantize(CENT) else False,
        "over_allocated": -status.unallocated if status.unallocated < 0 and status.agreed else None,
    }


def _chart(
    request: HttpRequest, status: Status, standing: Standing, thresholds: Sequence[Decimal], *, running: bool
) -> dict[str, Any]:
    course = course_of(status)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "cumulative"
    thresholds = thresholds if status.agreed else ()
    crossings = crossings_of(course, status.limit, thresholds)
    marks = _marks(status, thresholds, crossings)
    if not course.steps or standing == Standing.WAITING:
        return {"course": course, "view": view, "figure": None, "marks": marks}
    behind: dict[Period, list[Decimal]] = {}
    schedule = tree.schedule_of(status.budget)
    if view == "steps":
        figure = per_step(course, status, running=running)
    else:
        behind = totals_of(status, earlier(status, BEHIND))
        figure = cumulative(
            course,
            status,
            crossings,
            running=running,
            cents=lead_cents(status),
            earlier=list(behind.values()),
        )
    table = _table(course)
    return {
        "course": course,
        "view": view,
        "views": [("cumulative", "Cumulative"), ("steps", f"Per {course.unit}")],
        "figure": figure,
        "chart_label": _label(status, course, view, running=running),
        "behind": [schedule.label(period) for period in behind],
        "marks": marks,
        "hourly": course.unit is Unit.HOUR,
        "table": table,
        "long_table": len(table) > LONG_TABLE,
        "step_cents": step_cents(course),
        "course_cents": sum_cents(course),
    }


def _label(status: Status, course: Course, view: str, *, running: bool) -> str:
    """What the chart shows, for who does not see it."""
    if view == "steps":
        return f"What each {course.unit} of {tree.schedule_of(status.budget).label(status.period)} cost"
    cents = lead_cents(status)
    spent, forecast = in_words(status.spent, cents), in_words(status.rate.forecast, cents)
    ahead = f", projected {forecast} at {short_day(last_day(status.period))}" if running else ""
    limit = f"against a limit of {to_cent(status.limit)}" if status.agreed else "when no limit was agreed"
    return f"{spent} spent{ahead}, {limit}"


def _marks(status: Status, thresholds: Sequence[Decimal], crossings: Sequence[Crossing]) -> list[Mark]:
    kept = ThresholdCrossing.objects.filter(period__budget=status.budget, period__starts=status.period.starts)
    noticed = dict(kept.values_list("threshold", "crossed_at"))
    days_reached = {crossing.threshold: crossing.step.day for crossing in crossings}
    marks = []
    for share in sorted(thresholds):
        day, at = days_reached.get(share), noticed.get(share)
        apart = at is not None and timezone.localtime(at).date() != day
        marks.append(Mark(whole_percent(share), day, at if apart else None))
    return marks


def _table(course: Course) -> list[TableRow]:
    """The course as rows that add up: the step under way is there with what it cost and with what is to come."""
    rows = []
    for step, name in zip(course.steps, names_of(course), strict=True):
        if step.starts <= course.at:
            rows.append(TableRow(step, name))
        if step.projected and step.ends > course.at:
            rows.append(TableRow(step, name if step.starts > course.at else f"{name}, the rest", ahead=True))
    return rows
