"""Sharing a budget: who may do what with it, what comes from above, and a form for those who may change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from budgets.domain.access import Held, since
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.history import Actor
from budgets.domain.sharing import Share, Sharing, may_not_edit, set_shares, sharing_of
from budgets.domain.since import Dates
from budgets.models import Budget
from budgets.rules import may_edit
from budgets.share_forms import RIGHTS, ShareForm, about, name_of
from budgets.views.detail import find_budget

MEANWHILE = "Someone changed the sharing while you were here. This is the list as it is now: choose again, then save."


class Line(NamedTuple):
    """One person or group as the page shows what cannot be changed there."""

    who: User | Group
    name: str
    about: str
    may: str
    since: list[tuple[tuple[str, ...], datetime | None]]
    source: str
    of: int | None
    of_name: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /budgets/<id>/share/: everyone who sees the budget sees the list, its editors change it."""
    budget = find_budget(request, pk)
    editable = may_edit(request.user, budget)
    sharing = sharing_of(budget, request.user)
    notice = ""
    if request.method == "POST":
        if not editable:
            raise PermissionDenied(may_not_edit(budget))
        form = ShareForm(request.POST, given=sharing.given)
        answer = _save(request, budget, form)
        if answer is not None:
            return answer
        sharing = sharing_of(budget, request.user)
        if form.data.get("version") != sharing.version:
            form, notice = _anew(request, sharing), MEANWHILE
    else:
        form = ShareForm(given=sharing.given, initial={"version": sharing.version})
    dates = Dates(sharing.line)
    given = [_line(share, budget, sharing, dates) for share in sharing.given]
    context = {
        "section": "budgets",
        "budget": budget,
        "crumbs": sharing.above,
        "form": form,
        "notice": notice or next(iter(form.non_field_errors()), ""),
        "may_edit": editable,
        "given": given,
        "rows": list(zip(form.rows(), given, strict=True)),
        "inherited": _by_person([_line(share, budget, sharing, dates) for share in sharing.inherited]),
        "errors": sum(len(found) for found in form.errors.values()),
    }
    return render(request, "budgets/share.html", context)


def _by_person(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of each person or group together, in the order in which they are first named."""
    found: dict[User | Group, list[Line]] = {}
    for line in lines:
        found.setdefault(line.who, []).append(line)
    return list(found.values())


def _save(request: HttpRequest, budget: Budget, form: ShareForm) -> HttpResponse | None:
    """Where to go when it is saved; None when the form is to be shown again."""
    if not form.is_valid():
        return None
    actor = Actor(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
    try:
        changed = set_shares(budget, form.grants(), actor, timezone.now(), version=form.data.get("version", ""))
    except BudgetConflict:
        return None
    except BudgetError as error:
        form.add_error(None, error.message)
        return None
    if not Budget.objects.visible_to(request.user).filter(pk=budget.pk).exists():
        messages.success(request, f"The sharing of {budget.name} is saved. You no longer see it.")
        return redirect("budgets:tree")
    messages.success(request, f"The sharing of {budget.name} is {'saved' if changed else 'as it was'}.")
    return redirect("budgets:share", budget.pk)


def _anew(request: HttpRequest, sharing: Sharing) -> ShareForm:
    """The form with the list as it is now, and with what was typed for who comes new."""
    typed = {name: request.POST.get(name, "") for name in ("people", "group", "reason")}
    initial = {**typed, "may": request.POST.getlist("may"), "version": sharing.version}
    return ShareForm(given=sharing.given, initial=initial)


def _line(share: Share, budget: Budget, sharing: Sharing, dates: Dates) -> Line:
    name = next((found.name for found in sharing.above if found.pk == share.of.pk), "")
    if share.of.pk == budget.pk:
        source = "as its owner" if share.as_owner else ""
    elif not name:
        source = "from a budget above that is not shared with you"
    else:
        source = "as the owner of" if share.as_owner else "from"
    rights = ", ".join(RIGHTS[right].lower() for right in share.may)
    path = sharing.line[: sharing.line.index(share.of.pk) + 1]
    dated = since(Held(share.who, share.may, share.as_owner), path, dates)
    of = share.of.pk if name else None
    return Line(share.who, name_of(share.who), about(share.who), rights, dated, source, of, name)
