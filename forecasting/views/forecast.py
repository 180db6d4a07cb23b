"""The page of one budget's forecast: figures, the course with its band, how it was made, and how good it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.axes import names_of
from budgets.domain.course import Unit, day_count, last_day
from budgets.domain.outline import standing_of
from budgets.domain.projection import CONFIDENCE
from budgets.domain.status import Status, at_rest, statuses
from budgets.domain.terms import present_terms
from budgets.templatetags.limits import to_cent
from budgets.views.detail import find_budget
from budgets.views.head import head_of, lead_cents
from forecasting.charts import band_name, figure_of
from forecasting.domain.chances import odds
from forecasting.domain.confidence import LEAST_SURE, MOST_SURE, ConfidenceError, confidence_of
from forecasting.domain.outlook import Outlook, outlook_of
from forecasting.domain.ranges import Range, Seen, kinds_for, seen_in
from forecasting.domain.subjects import outlook_for
from forecasting.views.accuracy import accuracy_of
from wire.csv_files import csv_answer
from wire.templatetags.moments import short_day
from wire.templatetags.money import cents_in, in_words
from wire.transactions import one_snapshot

PLACE = "forecasts:budget"
CHOICES = (LEAST_SURE, Decimal("0.8"), Decimal("0.9"), CONFIDENCE, MOST_SURE)
LONG_TABLE = 62
RANGES = {Range.PERIOD: "This period", Range.NEXT: "With the next", Range.PAST: "Last 90 days"}
COLUMNS = ("actual", "projected", "low", "high", "total_actual", "total_projected", "total_low", "total_high")


@login_required
@require_safe
@one_snapshot()
def forecast(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /budgets/<id>/forecast/. `range` is period, next or past; `confidence` a share from 0.5 to 0.99."""
    now = timezone.now()
    budget = find_budget(request, pk)
    status = statuses([budget], now)[budget.pk]
    standing = standing_of(status)
    if standing.at_rest:
        status = at_rest(status)
    context = {
        **head_of(request, status, standing, now, PLACE, terms=present_terms(status).budget),
        **accuracy_of(budget),
    }
    try:
        confidence = _confidence(request)
    except ConfidenceError as error:
        return render(request, "forecasts/refused.html", {**context, "error": str(error)}, status=400)
    outlook = outlook_for(status, confidence, now)
    if not outlook.at_rest:
        context |= {"outlook": outlook, **_figures(status, outlook), **_chart(request, status, outlook)}
    return render(request, "forecasts/budget.html", context)


@login_required
@require_safe
@one_snapshot()
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /budgets/<id>/forecast/export.csv: the rows of the page's table, with exact sums; none for one at rest."""
    now = timezone.now()
    budget = find_budget(request, pk)
    status = statuses([budget], now)[budget.pk]
    try:
        confidence = _confidence(request)
    except ConfidenceError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    rows: list[list[Any]] = []
    unit = Unit.DAY
    outlook = outlook_of(status, confidence)
    if not outlook.at_rest:
        seen = seen_in(status, outlook.way, _range(request, status, outlook), confidence)
        unit = seen.course.unit
        rows = [
            [first, *figures, seen.limit_of(row), confidence]
            for first, figures, row in zip(_firsts(seen), figures_of(seen), seen.rows, strict=True)
        ]
    return csv_answer(f"forecast-{budget.pk}-{confidence}", (unit.value, *COLUMNS, "limit", "confidence"), rows)


def figures_of(seen: Seen) -> list[list[Decimal | None]]:
    """What the table and the file say of each step, as COLUMNS name it; sums are since the period began."""
    found: list[list[Decimal | None]] = []
    within = seen.kind is not Range.PAST
    for row in seen.rows:
        step = row.step
        actual = step.spent if step.starts <= seen.course.at else None
        total = step.heading if row.projected is None else step.total if actual is not None else None
        ahead = [step.heading, step.low, step.high] if row.projected is not None else [None] * 3
        found.append([actual, row.projected, row.low, row.high, *([total, *ahead] if within else [None] * 4)])
    return found


def _firsts(seen: Seen) -> list[Any]:
    hours = seen.course.unit is Unit.HOUR
    return [row.step.starts if hours else row.step.day for row in seen.rows]


def _confidence(request: HttpRequest) -> Decimal:
    """How sure a band the address asks for. Raises ConfidenceError."""
    text = request.GET.get("confidence", "")
    return confidence_of(text) if text else CONFIDENCE


def _range(request: HttpRequest, status: Status, outlook: Outlook) -> Range:
    kinds = kinds_for(status, outlook.way)
    return next((kind for kind in kinds if kind == request.GET.get("range")), Range.PERIOD)


def _figures(status: Status, outlook: Outlook) -> dict[str, Any]:
    chance = outlook.exceed_probability
    return {
        "lead_cents": lead_cents(status, outlook.projected),
        "short": day_count(status.period) <= 2,
        "nothing": not status.spent and not outlook.projected,
        "reached": status.spent > 0 and status.spent >= status.limit,
        "odds": odds(chance) if chance is not None else "",
        "confidence_words": band_name(outlook.confidence).removesuffix(" band"),
    }


def _chart(request: HttpRequest, status: Status, outlook: Outlook) -> dict[str, Any]:
    kind = _range(request, status, outlook)
    seen = seen_in(status, outlook.way, kind, outlook.confidence)
    cents = lead_cents(status, outlook.projected)
    unit, rows = seen.course.unit, figures_of(seen)
    each = cents_in(amount for row in rows for amount in row[:4])
    return {
        "figure": figure_of(seen, status, cents=each if kind is Range.PAST else cents),
        "chart_label": _label(status, outlook, kind),
        "range": kind,
        "ranges": [(found, RANGES[found]) for found in kinds_for(status, outlook.way)],
        "legs": seen.legs,
        "band": band_name(outlook.confidence),
        "confidences": [(f"{choice:f}", band_name(choice).removesuffix(" band")) for choice in CHOICES],
        "confidence": f"{outlook.confidence:f}",
        "unit": unit.value,
        "rows": list(zip(names_of(seen.course), rows, strict=True)),
        "long_table": len(rows) > LONG_TABLE,
        "each_cents": each,
        "sum_cents": cents,
    }


def _label(status: Status, outlook: Outlook, kind: Range) -> str:
    """What the chart shows, for who does not see it."""
    if kind is Range.PAST:
        return "What each of the last days cost, and what those to come are expected to cost"
    cents = lead_cents(status, outlook.projected)
    spent, projected, low, high = (
        in_words(amount, cents) for amount in (status.spent, outlook.projected, outlook.low, outlook.high)
    )
    return (
        f"{spent} spent, projected {projected} at {short_day(last_day(status.period))}, "
        f"{band_name(outlook.confidence)} {low} to {high}, against a limit of {to_cent(status.limit)}"
    )
