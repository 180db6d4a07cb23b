"""What a form would make of a budget, told beside it while it is filled in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.domain.allocation import per_period_of
from budgets.domain.errors import BudgetError
from budgets.domain.fitting import fit
from budgets.domain.periods import PeriodError, Schedule
from budgets.domain.status import statuses
from budgets.domain.tree import calendar
from budgets.domain.validation import sound_scope
from budgets.forms import BudgetForm
from budgets.models import Budget
from budgets.rules import editable_budgets, may_create
from budgets.views.edit import places_for
from wire.queries import id_in


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """POST /budgets/fit/ with the form as it stands; `budget` is the one that is edited."""
    if not may_create(request.user):
        raise PermissionDenied
    now = timezone.now()
    edited = request.GET.get("budget", "")
    budget = _editable(request.user, edited)
    form = BudgetForm(request.POST, budget=budget, places=places_for(request.user, budget))
    form.is_valid()
    context: dict[str, Any] = {"parent": _parent(form, request.user, now)}
    try:
        scope = sound_scope(form.scope())
    except BudgetError as error:
        form.refuse_with(error.field, error.message)
    if wrong := form.wrong_in_scope():
        return render(request, "budgets/fit.html", {**context, "wrong": wrong})
    since = _since(form.cleaned_data, now)
    return render(request, "budgets/fit.html", {**context, "fit": fit(scope, request.user, since), "since": since})


def _editable(user: Any, pk: str) -> Budget | None:
    number = id_in(pk)
    if number is None:
        return None
    return editable_budgets(Budget.objects.select_related("parent", "owner"), user).filter(pk=number).first()


def _since(data: dict[str, Any], now: datetime) -> datetime:
    """The start of the period that would be open, else of this month."""
    parts = {name: data.get(name) for name in ("starts_on", "ends_on")}
    try:
        schedule = Schedule(data.get("period", "monthly"), None, **parts, calendar=calendar())
        period = schedule.period_at(now)
    except PeriodError:
        period = None
    month = Schedule("monthly", None, None, None, calendar()).period_at(now)
    found = period or month
    return found.starts if found else now


def _parent(form: BudgetForm, user: Any, now: datetime) -> dict[str, Any] | None:
    """The budget above that is chosen, and what it has not handed out to others than the budget that is edited."""
    chosen = form.cleaned_data.get("parent", "")
    parent = _editable(user, chosen)
    if parent is None:
        return None
    edited = form.budget if form.budget and form.budget.parent_id == parent.pk else None
    found = statuses([parent, *([edited] if edited else [])], now)
    left = found[parent.pk].unallocated
    if edited and found[edited.pk].period.ends > now:
        left += per_period_of(found[edited.pk].amount, edited, parent)
    return {
        "name": parent.name,
        "amount": found[parent.pk].amount,
        "left": left,
        "over": -left,
        "besides": edited is not None,
    }
