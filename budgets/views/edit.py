"""Making and changing a budget, each through one function of the domain."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.domain.roles import may_set_budgets
from budgets.domain import tree
from budgets.domain.changes import create_budget, edit_budget
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.fitting import is_charged_nothing
from budgets.domain.history import Actor
from budgets.domain.seen import names_in_use
from budgets.domain.sharing import may_not_create, may_not_edit
from budgets.domain.status import Status, statuses
from budgets.forms import AS_IT_IS, AT_TOP, BudgetForm
from budgets.limits_form import PeriodLimits
from budgets.models import Budget
from budgets.rules import editable_budgets, may_create, may_edit
from budgets.templatetags.limits import to_cent
from budgets.views.conflict import Conflict, conflict_of
from budgets.views.detail import find_budget
from wire.looking import look_at_now
from wire.queries import id_in
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

LATELY = timedelta(days=30)
TO_THE_PAST = {"scope", "parent", "period", "anchor", "starts_on", "ends_on", "rollover"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """GET, POST /budgets/new/; `under` chooses the budget above."""
    if not may_create(request.user):
        raise PermissionDenied(may_not_create())
    places = places_for(request.user, None)
    under = request.GET.get("under", "")
    owner = {"owner": request.user.email}  # type: ignore[union-attr]
    form = BudgetForm(_sent(request), budget=None, places=places, parent=under or places[0][0], initial=owner)
    form.keep_to(request.user)
    now = timezone.now()
    plan = PeriodLimits(form.schedule(), None, now, _sent(request))
    if act := request.POST.get("act"):
        return _filled_in(request, act, plan, None, places)
    if request.method == "POST" and _are_valid(form, plan):
        try:
            fields = _fields(form, plan)
            budget = create_budget(
                _actor(request, form), fields, now, all_history=form.cleaned_data.get("all_history", False)
            )
        except BudgetError as error:
            _refuse(request, form, error, plan)
        else:
            status = statuses([budget], now)[budget.pk]
            messages.success(
                request, f"{budget.name} was created. {_so_far(status)}{_over_allocated(request.user, budget, now)}"
            )
            _warn_of_no_usage(request, budget, now)
            look_at_now(request)
            return redirect("budgets:detail", budget.pk)
    return _form(request, form, plan, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /budgets/<id>/edit/."""
    budget = find_budget(request, pk)
    if not may_edit(request.user, budget):
        raise PermissionDenied(may_not_edit(budget))
    if budget.archived_at is not None:
        messages.warning(request, "Bring the budget back before you change it.")
        return redirect("budgets:detail", pk)
    places = places_for(request.user, budget)
    here = str(budget.parent_id or AT_TOP)
    parent = here if here in dict(places) else AS_IT_IS
    form = BudgetForm(_sent(request), budget=budget, places=places, parent=parent)
    form.keep_to(request.user)
    now = timezone.now()
    plan = PeriodLimits(form.schedule(), budget, now, _sent(request))
    conflict = None
    if act := request.POST.get("act"):
        return _filled_in(request, act, plan, budget, places)
    if request.method == "POST" and _are_valid(form, plan):
        fields, scope = _fields(form, plan), budget.scope
        if form.cleaned_data.get("all_history"):
            _leave_out_what_stays(fields, budget)
        try:
            saved = edit_budget(
                budget,
                _actor(request, form),
                fields,
                now,
                all_history=form.cleaned_data.get("all_history", False),
                version=form.cleaned_data["version"],
            )
        except BudgetConflict:
            budget = find_budget(request, pk)
            conflict = conflict_of(budget, fields, request.POST, request.user)
            form = BudgetForm(conflict.data, budget=budget, places=places_for(request.user, budget))
            form.keep_to(request.user)
            plan = PeriodLimits(form.schedule(), budget, now, conflict.data)
        except BudgetError as error:
            _refuse(request, form, error, plan)
        else:
            messages.success(request, f"{saved.name} was saved.{_over_allocated(request.user, saved, now)}")
            if saved.scope != scope:
                _warn_of_no_usage(request, saved, now)
            look_at_now(request)
            return redirect("budgets:detail", pk)
    return _form(request, form, plan, budget, conflict)


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _actor(request: HttpRequest, form: BudgetForm) -> Actor:
    return Actor(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]


def _are_valid(form: BudgetForm, plan: PeriodLimits) -> bool:
    plan_is_valid = plan.is_valid()
    return form.is_valid() and plan_is_valid


def _fields(form: BudgetForm, plan: PeriodLimits) -> dict[str, Any]:
    """What the domain takes; what the person leaves as it is, or the form did not hold, is not among it."""
    fields = form.fields_for(_parent(form))
    if form.cleaned_data["parent"] == AS_IT_IS:
        del fields["parent"]
    return {**fields, "amounts": plan.amounts()} if plan.sent else fields


def _filled_in(
    request: HttpRequest, act: str, plan: PeriodLimits, budget: Budget | None, places: list[tuple[str, str]]
) -> HttpResponse:
    """The form as it was typed, after a button in it was pressed that fills in limits; nothing is said of it yet."""
    plan.perform(act)
    form = BudgetForm.as_typed(request.POST, budget=budget, places=places)
    form.keep_to(request.user)
    return _form(request, form, plan, budget)


def _refuse(request: HttpRequest, form: BudgetForm, error: BudgetError, plan: PeriodLimits) -> None:
    message = error.message_for(request.user)
    if error.field == "amounts":
        plan.refuse(message)
    else:
        form.refuse_with(error.field, message)


def _warn_of_no_usage(request: HttpRequest, budget: Budget, now: datetime) -> None:
    if budget.scope and is_charged_nothing(budget, now):
        messages.warning(request, "No usage fits its scope yet. If you expected some, check the spelling of its names.")


def _parent(form: BudgetForm) -> Budget | None:
    chosen = form.cleaned_data["parent"]
    return Budget.objects.get(pk=chosen) if chosen not in (AT_TOP, AS_IT_IS) else None


def _leave_out_what_stays(fields: dict[str, Any], budget: Budget) -> None:
    """Past periods get what is new, not all that the form shows, which would hold for them as well.

    Where nothing is new, the scope and the place are what they get: the box was forgotten when those were changed.
    """
    same = {name for name in TO_THE_PAST & fields.keys() if fields[name] == getattr(budget, name)}
    nothing_is_new = same == TO_THE_PAST & fields.keys()
    for name in same & ({"rollover"} if nothing_is_new else {"scope", "parent", "rollover"}):
        del fields[name]


def _crumbs(request: HttpRequest, budget: Budget | None) -> dict[str, Any]:
    return {"crumbs": [*tree.ancestors_seen(request.user, budget), budget] if budget else []}


def _so_far(status: Status) -> str:
    if status.at < status.period.starts:
        return f"It begins on {short_day(timezone.localdate(status.period.starts))}."
    return f"{in_words(status.spent)} of its period is spent already."


def _over_allocated(user: Any, budget: Budget, now: datetime) -> str:
    """What the budget above, or this one, has handed out beyond its limit, where the person may see that."""
    found = list(Budget.objects.visible_to(user).filter(pk__in=[budget.pk, budget.parent_id]))
    over = [status for status in statuses(found, now).values() if status.unallocated < 0]
    return "".join(
        f" {status.budget.name} has now handed out {to_cent(-status.unallocated)}"
        f" more than its {to_cent(status.amount)}."
        for status in over
    )


def places_for(user: Any, budget: Budget | None) -> list[tuple[str, str]]:
    """Where the person may put the budget: the top, and what they may change, but for the budget and what is below it.

    A place that they may not choose but in which the budget is, stays there to be left as it is.
    """
    found = list(editable_budgets(Budget.objects.live(), user).values_list("pk", "parent_id", "name"))
    barred = tree.descendant_ids([budget.pk]) if budget else set()
    allowed = {pk for pk, _, _ in found} - barred
    children: dict[int | None, list[tuple[int, str]]] = {}
    for pk, parent, name in found:
        if pk in allowed:
            children.setdefault(parent if parent in allowed else None, []).append((pk, name))
    places = [(AT_TOP, "Nothing: it stands at the top")] if may_set_budgets(user) else []

    def add(parent: int | None, depth: int) -> None:
        for pk, name in children.get(parent, []):
            places.append((str(pk), "\u2003" * depth + name))
            add(pk, depth + 1)

    add(None, 0)
    if budget and str(budget.parent_id or AT_TOP) not in dict(places):
        places.insert(0, (AS_IT_IS, "As it is"))
    return places


def editable(user: Any, pk: str) -> Budget | None:
    """The budget with this id where the person may change it, None for any other text."""
    number = id_in(pk)
    if number is None:
        return None
    return editable_budgets(Budget.objects.select_related("parent", "owner"), user).filter(pk=number).first()


def _form(
    request: HttpRequest, form: BudgetForm, plan: PeriodLimits, budget: Budget | None, conflict: Conflict | None = None
) -> HttpResponse:
    form.suggest(names_in_use(request.user, timezone.now() - LATELY))
    errors = sum(len(errors) for errors in form.errors.values()) + plan.wrong + bool(plan.error and not plan.act)
    context: dict[str, Any] = {"section": "budgets", "form": form, "plan": plan, "budget": budget, "errors": errors}
    context |= {
        "conflict": conflict,
        "opens": form.opens(),
        "total": plan.total(_limit(form)),
        **_crumbs(request, budget),
    }
    return render(request, "budgets/form.html", context)


def _limit(form: BudgetForm) -> Decimal | None:
    if form.is_bound:
        return form.cleaned_data.get("amount")
    return form.budget.amount if form.budget else None
