"""Archiving a budget and bringing it back, each through one function of the domain."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from budgets.closing_forms import ReasonForm, RestoreForm
from budgets.domain import tree
from budgets.domain.changes import archive_budget, restore_budget
from budgets.domain.errors import BudgetError
from budgets.domain.history import Actor
from budgets.domain.sharing import may_not_edit
from budgets.models import Budget
from budgets.rules import may_edit
from budgets.views.detail import find_budget
from wire.looking import look_at_now


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST /budgets/<id>/archive/ does it."""
    budget = _own(request, pk)
    if budget.archived_at is not None:
        return redirect("budgets:detail", pk)
    form = ReasonForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        closed = archive_budget(budget, _actor(request, form), timezone.now())
        messages.success(request, f"{budget.name} was archived{_with_others(len(closed))}.")
        return redirect("budgets:detail", pk)
    below = Budget.objects.live().filter(pk__in=tree.descendant_ids([pk])).exclude(pk=pk).count()
    return render(
        request,
        "budgets/archive.html",
        {"section": "budgets", "budget": budget, "form": form, "below": below, "crumbs": _crumbs(request, budget)},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST /budgets/<id>/restore/ does it."""
    budget = _own(request, pk)
    if budget.archived_at is None:
        return redirect("budgets:detail", pk)
    form = RestoreForm(_sent(request), budget=budget)
    if request.method == "POST" and form.is_valid():
        try:
            opened = restore_budget(budget, _actor(request, form), timezone.now(), amount=form.cleaned_data["amount"])
        except BudgetError as error:
            form.refuse_with(error.field, error.message_for(request.user))
        else:
            messages.success(request, f"{budget.name} is back{_with_others(len(opened))}.")
            look_at_now(request)
            return redirect("budgets:detail", pk)
    together = Budget.objects.filter(pk__in=tree.descendant_ids([pk]), archived_at=budget.archived_at).exclude(pk=pk)
    context = {"section": "budgets", "budget": budget, "form": form, "below": together.count()}
    return render(request, "budgets/restore.html", {**context, "crumbs": _crumbs(request, budget)})


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _own(request: HttpRequest, pk: int) -> Budget:
    """A budget that the person may change: 404 for one they may not see, 403 for one they may only look at."""
    budget = find_budget(request, pk)
    if not may_edit(request.user, budget):
        raise PermissionDenied(may_not_edit(budget))
    return budget


def _actor(request: HttpRequest, form: ReasonForm) -> Actor:
    return Actor(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]


def _crumbs(request: HttpRequest, budget: Budget) -> list[Budget]:
    return [*tree.ancestors_seen(request.user, budget), budget]


def _with_others(count: int) -> str:
    return "" if count <= 1 else f", with {count - 1} below it"
