"""The team directory: teams that it does not know first, then each with its department, since when, and what was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.roles import may_set_prices, sees_everything
from usage.domain.directory import set_department
from usage.domain.directory_list import DAYS, Unknown, teams, told, unknown_teams, window
from usage.domain.directory_plan import Preview, preview
from usage.domain.errors import Refused
from usage.models import TeamDepartment
from usage.rules import require_may_set_prices, visible_entries, visible_hours
from usage.teams_forms import FileForm, TeamForm
from wire.csv_files import csv_answer
from wire.templatetags.money import cents_in
from wire.transactions import one_snapshot

A_PAGE = 50
UNKNOWN_SHOWN, UNKNOWN_MOST = 10, 500
OFFERED = 200
HEADER = ("team", "department", "from")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def directory(request: HttpRequest) -> HttpResponse:
    """GET /people/teams/; `team` fills the form. POST previews (`preview`) what the form says, or sets it."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, TeamForm(initial={"team": request.GET.get("team", "")[:200]}), None, now)
    by = require_may_set_prices(request.user)
    form, found = TeamForm(request.POST), None
    if form.is_valid():
        team, department = form.cleaned_data["team"].strip(), form.cleaned_data["department"].strip()
        try:
            found = preview(team, department, form.begins(now), now)
            if "preview" not in request.POST:
                if found.change:
                    set_department(team, department, form.begins(now), by, now)
                belongs = f"belongs to {department}" if department else "is in no department"
                messages.success(request, f"{team} {belongs}{'' if found.change else ', as before'}.")
                return redirect("usage:teams")
        except Refused as error:
            form.refuse_with(error)
            found = None
    return _page(request, form, found, now)


def _page(request: HttpRequest, form: TeamForm, found: Preview | None, now: datetime) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    seen = visible_entries(request.user)
    page = Paginator(teams(seen, query), A_PAGE).get_page(request.GET.get("page"))
    unknown = unknown_teams(visible_hours(request.user), window(now))
    shown = unknown[: UNKNOWN_MOST if "unknown" in request.GET else UNKNOWN_SHOWN]
    may_set = may_set_prices(request.user)
    context = {
        "section": "people",
        "tab": "teams",
        "query": query,
        "page": page,
        "rows": told(page, now),
        "any": bool(page.paginator.count) or seen.exists(),
        "unknown": shown,
        "unknown_count": len(unknown),
        "unknown_more": len(unknown) - len(shown),
        "cents": cents_in(team.cost for team in shown),
        "days": DAYS,
        "sees_all": sees_everything(request.user),
        "may_set": may_set,
        "form": form,
        "file_form": FileForm(),
        "preview": found,
        **(_offered(unknown) if may_set else {}),
    }
    return render(request, "usage/teams.html", context)


def _offered(unknown: list[Unknown]) -> dict[str, list[str]]:
    """What the form's fields complete."""
    departments = TeamDepartment.objects.exclude(department="").order_by("department")
    known = [*(team.name for team in unknown), *teams(TeamDepartment.objects.all())[:OFFERED]]
    return {
        "teams_known": known[:OFFERED],
        "departments_known": list(departments.values_list("department", flat=True).distinct()[:OFFERED]),
    }


@login_required
@require_safe
@one_snapshot()
def download(request: HttpRequest) -> HttpResponseBase:
    """GET /people/teams/teams.csv: every entry that one may see, in a file that can be uploaded again."""
    return csv_answer("teams", HEADER, _lines(visible_entries(request.user)))


def _lines(seen: QuerySet[TeamDepartment]) -> Iterator[list[str]]:
    rows = seen.order_by("team", "effective_from").values_list("team", "department", "effective_from")
    for team, department, begins in rows.iterator(1000):
        yield [team, department, _written(begins)]


def _written(begins: datetime) -> str:
    """A date where the day begins then, else the exact instant."""
    local = timezone.localtime(begins)
    at_midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return local.date().isoformat() if at_midnight else local.isoformat()
