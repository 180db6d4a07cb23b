"""Limits that differ per period, filled in beside the form: what a button does is shown, and nothing is saved."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.forms import BudgetForm
from budgets.limits_form import PeriodLimits
from budgets.rules import may_create
from budgets.views.edit import editable, places_for


@login_required
@require_POST
def limits(request: HttpRequest) -> HttpResponse:
    """POST /budgets/limits/ with the form as it stands; `act` is the button, `budget` the one that is edited."""
    if not may_create(request.user):
        raise PermissionDenied
    budget = editable(request.user, request.GET.get("budget", ""))
    form = BudgetForm(request.POST, budget=budget, places=places_for(request.user, budget))
    found = PeriodLimits(form.schedule(), budget, timezone.now(), request.POST)
    if act := request.POST.get("act"):
        found.perform(act)
    context = {"plan": found, "budget": budget, "total": found.total(form.cleaned_data.get("amount")), "alone": True}
    return render(request, "budgets/limits.html", context)
