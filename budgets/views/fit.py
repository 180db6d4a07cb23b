"""What a form would make of a budget, told beside it while it is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.bars import whole_percent
from budgets.domain import tree
from budgets.domain.allocation import ITS_PERIOD, Recurring
from budgets.domain.double_counting import Counted
from budgets.domain.errors import BudgetError
from budgets.domain.fitting import Fit, fit
from budgets.domain.left_for import left_for
from budgets.domain.periods import Schedule, day_bounds
from budgets.domain.scopes import describe
from budgets.domain.validation import sound_scope
from budgets.forms import AS_IT_IS, BudgetForm
from budgets.limits_form import PeriodLimits
from budgets.models import Budget
from budgets.rules import may_create
from budgets.views.edit import editable, places_for
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

LATELY = 30  # days
MOST_COUNTED = 5
BAR, GAP, HEIGHT = 8, 2, 40


class Bar(NamedTuple):
    """One day of the little chart, in its pixels, with words for whoever points at it."""

    x: int
    y: Decimal
    height: Decimal
    words: str


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """POST /budgets/fit/ with the form as it stands; `budget` is the one that is edited."""
    if not may_create(request.user):
        raise PermissionDenied
    now = timezone.now()
    budget = editable(request.user, request.GET.get("budget", ""))
    form = BudgetForm(request.POST, budget=budget, places=places_for(request.user, budget))
    schedule = form.schedule()
    plan = PeriodLimits(schedule, budget, now, request.POST)
    context = {"plan": plan, **_agreement(form, plan), "parent": _parent(form, schedule, request.user, now)}
    try:
        scope = sound_scope(form.scope())
    except BudgetError as error:
        form.refuse_with(error.field, error.message)
    if wrong := form.wrong_in_scope():
        return render(request, "budgets/fit.html", {**context, "wrong": wrong})
    today = timezone.localdate(now, settings.COSTOPS_ZONE)
    since = day_bounds(today - timedelta(days=LATELY - 1), settings.COSTOPS_ZONE).starts
    begins = _begins(schedule, now)
    found = fit(scope, request.user, since, begins=begins or since, besides=_besides(form, request.user))
    context |= {
        "scope": describe(scope),
        "named": bool(scope),
        "fit": found,
        "since": since,
        "begins": begins,
        **_usage(found, today),
    }
    return render(request, "budgets/fit.html", context | _share_of_limit(form, found))


def _agreement(form: BudgetForm, plan: PeriodLimits) -> dict[str, Any]:
    """What the form says so far, in words."""
    data = form.cleaned_data
    limit, period = data.get("amount"), data.get("period", "")
    planned = [cell for cell in plan.cells if cell.amount is not None]
    was = form.budget.amount if form.budget else None
    return {
        "name": data.get("name"),
        "limit": limit,
        "each": ITS_PERIOD.get(period, ""),
        "thresholds": ", ".join(whole_percent(share) for share in sorted(data.get("thresholds", []))),
        "planned": planned,
        "stay": planned if was is not None and limit is not None and was != limit else [],
        "total": plan.total(limit),
    }


def _usage(found: Fit, today: date) -> dict[str, Any]:
    """The usage as the page shows it."""
    return {
        "bars": _bars(found.days, today),
        "width": LATELY * (BAR + GAP) - GAP,
        "height": HEIGHT,
        "counted": [(one, _part(one, found)) for one in found.counted[:MOST_COUNTED]],
        "more_counted": max(len(found.counted) - MOST_COUNTED, 0),
        "parts": [(title, parts) for title, parts in (("Models", found.models), ("Teams", found.teams)) if parts],
    }


def _bars(days: Mapping[date, Decimal], today: date) -> list[Bar]:
    most = max(days.values(), default=Decimal(0))
    bars = []
    for place in range(LATELY):
        day = today - timedelta(days=LATELY - 1 - place)
        cost = days.get(day, Decimal(0))
        height = max((cost / most * HEIGHT).quantize(Decimal("0.1")), Decimal(1)) if most and cost else Decimal(0)
        bars.append(Bar(place * (BAR + GAP), HEIGHT - height, height, f"{short_day(day, today)}: {in_words(cost)}"))
    return bars


def _part(one: Counted, found: Fit) -> str:
    """How much of the usage a budget counts."""
    if one.requests >= found.requests:
        return "all of it"
    return f"{in_words(one.cost)} of it"


def _share_of_limit(form: BudgetForm, found: Fit) -> dict[str, Any]:
    """What thirty days are of a month's limit."""
    limit = form.cleaned_data.get("amount")
    is_monthly = form.cleaned_data.get("period") == Budget.Kind.MONTHLY
    return {"share": found.cost / limit if limit and is_monthly and found.requests else None}


def _besides(form: BudgetForm, user: Any) -> set[int]:
    """The budgets that count the usage by design: the edited one with what is below it, and what is above."""
    chosen = form.cleaned_data.get("parent", "")
    parent = form.budget.parent if chosen == AS_IT_IS and form.budget else editable(user, chosen)
    below = tree.descendant_ids([form.budget.pk]) if form.budget else set()
    return below | {above.pk for above in tree.ancestors_of(parent)}


def _begins(schedule: Schedule | None, now: datetime) -> datetime | None:
    """When the period began that would be open, None where there is none."""
    period = schedule.period_at(now) if schedule else None
    return period.starts if period else None


def _parent(form: BudgetForm, schedule: Schedule | None, user: Any, now: datetime) -> dict[str, Any] | None:
    """The budget above that is chosen, and what it has left for the limit."""
    chosen = form.cleaned_data.get("parent", "")
    parent = editable(user, chosen)
    if parent is None:
        return None
    edited = form.budget if form.budget and form.budget.parent_id == parent.pk else None
    asks = Recurring(schedule.period, schedule.starts_on, schedule.ends_on) if schedule else None
    found = left_for(parent, edited, asks, form.cleaned_data.get("amount"), now)
    return {
        "name": parent.name,
        "amount": found.amount,
        "left": found.left,
        "over": -found.left,
        "besides": edited is not None,
        "asked": found.asked,
        "beyond": found.beyond,
        "each": "" if schedule and schedule.period == parent.period else ITS_PERIOD[parent.period],
        "refuses": found.refused,
    }
