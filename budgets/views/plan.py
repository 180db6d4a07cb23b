"""The plan as a file: downloaded, brought in, shown as what it would change, and applied."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from budgets.closing_forms import ReasonForm
from budgets.domain.history import Actor
from budgets.domain.plan import keeping
from budgets.domain.plan.applying import PlanChanged, PlanRefused
from budgets.domain.plan.columns import COLUMNS
from budgets.domain.plan.keeping import KEPT, PlanGone
from budgets.domain.plan.reading import MOST_ROWS, PlanError
from budgets.domain.plan.writing import plan_table
from budgets.domain.sharing import may_not_create
from budgets.models import Budget, PlanImport, PlanLine
from budgets.plan_forms import AnswersForm, PlanForm
from budgets.rules import may_create
from budgets.views.history import NAMES, words_of
from wire.csv_files import csv_answer
from wire.looking import look_at_now
from wire.transactions import one_snapshot

A_PAGE = 50
SHOWN_NAMES = 5
ALL = "changes"
LOOKS = {
    "created": ("ok", "New", "New"),
    "changed": ("warn", "Changed", "Changed"),
    "moved": ("warn", "Moved", "Moved"),
    "restored": ("ok", "Brought back", "Brought back"),
    "archived": ("off", "Archived", "Archived"),
    "refused": ("crit", "To correct", "To correct"),
    "unchanged": ("off", "As it is", "Unchanged"),
}


@login_required
@require_safe
@one_snapshot()
def download(request: HttpRequest) -> StreamingHttpResponse:
    """GET /budgets/plan.csv: all that was agreed for the budgets that the person may see; `archived` has those too."""
    headings, rows = plan_table(request.user, archived=request.GET.get("archived") == "yes")
    return csv_answer(f"budgets-plan-{timezone.localdate().isoformat()}", headings, rows)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """GET, POST /budgets/import/: a file or pasted cells are read and shown; nothing is written to budgets."""
    _refuse_readers(request)
    form = PlanForm(request.POST, request.FILES) if request.method == "POST" else PlanForm()
    if request.method == "POST" and form.is_valid():
        content, source = form.content()
        try:
            kept = keeping.keep(content, source, request.user, timezone.now())  # type: ignore[arg-type]
        except PlanError as error:
            form.refuse(str(error))
        else:
            return redirect("budgets:import-preview", kept.pk)
    context = {"section": "budgets", "form": form, "columns": COLUMNS, "most": MOST_ROWS}
    return render(request, "budgets/import.html", context, status=200)


@login_required
@require_safe
def preview(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET /budgets/import/<id>/: what the plan would change, line by line; `show` chooses a kind."""
    return _page(request, _found(request, pk), ReasonForm())


@login_required
@require_POST
def again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """POST /budgets/import/<id>/again/: works it out anew, with answers to what was asked."""
    kept = _found(request, pk)
    form = AnswersForm(request.POST, questions=kept.questions)
    if not form.is_valid():
        return _page(request, kept, ReasonForm(), answers=form)
    _show_again(request, pk, form.cleaned_data)
    return redirect("budgets:import-preview", pk)


@login_required
@require_POST
def apply(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """POST /budgets/import/<id>/apply/: all of what was shown, or nothing."""
    kept = _found(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, kept, form)
    actor = Actor(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
    try:
        kept, now_applied = keeping.apply(pk, actor, timezone.now())
    except PlanGone:
        raise Http404 from None
    except PlanChanged as changed:
        messages.warning(request, _why_not(request, changed))
        _show_again(request, pk, {})
        return redirect("budgets:import-preview", pk)
    except PlanRefused:
        messages.warning(request, "Nothing was changed: some lines must be corrected first.")
        _show_again(request, pk, {})
        return redirect("budgets:import-preview", pk)
    if now_applied:
        look_at_now(request)
        messages.success(request, f"{_count(_changes(kept), 'line')} of the plan {_were(_changes(kept))} applied.")
    return redirect("budgets:import-preview", pk)


def _refuse_readers(request: HttpRequest) -> None:
    if not may_create(request.user):
        raise PermissionDenied(may_not_create())


def _found(request: HttpRequest, pk: uuid.UUID) -> PlanImport:
    """The person's own plan, or 404, as for one that does not exist or has expired."""
    _refuse_readers(request)
    try:
        return keeping.find(pk, request.user, timezone.now())  # type: ignore[arg-type]
    except PlanGone:
        raise Http404 from None


def _show_again(request: HttpRequest, pk: uuid.UUID, answers: dict[str, str]) -> None:
    try:
        keeping.show_again(pk, request.user, timezone.now(), answers)  # type: ignore[arg-type]
    except PlanGone:
        raise Http404 from None


def _why_not(request: HttpRequest, changed: PlanChanged) -> str:
    if changed.message:
        return f"Nothing was changed. {changed.message}"
    found = Budget.objects.visible_to(request.user).filter(pk__in=changed.budgets).order_by("name")
    names = list(found.values_list("name", flat=True)[: SHOWN_NAMES + 1])
    more = " and others" if len(names) > SHOWN_NAMES else ""
    what = f"{', '.join(names[:SHOWN_NAMES])}{more} changed" if names else "budgets changed"
    return f"Nothing was changed yet: {what} since this was shown. Below is what the plan would change now."


class Tab(NamedTuple):
    """The lines of one kind, or ALL that change something or must be corrected."""

    kind: str
    name: str
    lines: int
    chosen: bool


class Field(NamedTuple):
    """One field of a line in words; `before` is empty where there was nothing."""

    name: str
    before: str
    after: str


class Line(NamedTuple):
    """A line as the page shows it."""

    row: PlanLine
    path: str
    states: list[tuple[str, str]]
    fields: list[Field]


def _page(
    request: HttpRequest, kept: PlanImport, reason: ReasonForm, *, answers: AnswersForm | None = None
) -> HttpResponse:
    counts = kept.counts
    chosen = request.GET.get("show", "refused")
    chosen = chosen if counts.get(chosen) and chosen in LOOKS else ALL
    lines = kept.lines.all()
    lines = lines.exclude(kinds=["unchanged"]) if chosen == ALL else lines.filter(kinds__contains=[chosen])
    page = Paginator(lines, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "budgets",
        "plan": kept,
        "until": kept.made_at + KEPT,
        "tabs": _tabs(counts, chosen),
        "refused": counts.get("refused", 0),
        "changes": _changes(kept),
        "page": page,
        "lines": _lines(page),
        "handed": [_handed(row) for row in kept.handed],
        "reason": reason,
        "answers": answers or (AnswersForm(questions=kept.questions) if kept.questions else None),
    }
    return render(request, "budgets/import_preview.html", context)


def _changes(kept: PlanImport) -> int:
    return kept.counts.get("lines", 0) - kept.counts.get("unchanged", 0) - kept.counts.get("refused", 0)


def _tabs(counts: dict[str, int], chosen: str) -> list[Tab]:
    unchanged = counts.get("unchanged", 0)
    tabs = [Tab(ALL, "All", counts.get("lines", 0) - unchanged, chosen == ALL)]
    order = ("refused", "created", "changed", "moved", "restored", "archived", "unchanged")
    return tabs + [Tab(kind, LOOKS[kind][2], counts[kind], kind == chosen) for kind in order if counts.get(kind)]


def _lines(rows: Iterable[PlanLine]) -> list[Line]:
    return [Line(row, " / ".join(row.path), [LOOKS[kind][:2] for kind in row.kinds], _fields(row)) for row in rows]


def _fields(row: PlanLine) -> list[Field]:
    """What differs, in words; of a new budget, what it has beside its name."""
    fields = []
    for name, title in NAMES.items():
        if name not in row.after:
            continue
        before = _words(name, row.before[name], row.before) if name in row.before else ""
        after = _words(name, row.after[name], row.after)
        plain = name == "name" or row.after[name] == "show" or (not row.after[name] and name != "scope")
        if "created" in row.kinds and plain:
            continue
        fields.append(Field(title, before, after))
    return fields


def _words(name: str, value: Any, fields: dict[str, Any]) -> str:
    if name == "parent":
        return " / ".join(value) or "the top"
    return words_of(name, value, fields, {})


class Handed(NamedTuple):
    """What a budget has and hands out, before and after, and what is left; `over` where the plan takes it beyond."""

    row: dict[str, Any]
    limit_before: Decimal | None
    limit: Decimal
    out_before: Decimal | None
    out: Decimal
    left: Decimal


def _handed(row: dict[str, Any]) -> Handed:
    limit_before, limit, out_before, out = (
        Decimal(row[name]) if row[name] is not None else None for name in ("limit_before", "limit", "out_before", "out")
    )
    assert limit is not None
    assert out is not None
    return Handed(row, limit_before, limit, out_before, out, limit - out)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
