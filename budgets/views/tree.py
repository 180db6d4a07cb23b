"""The page of all budgets: the tree, or what a search, a place or a state finds in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.domain.course import day_count, day_number, last_day
from budgets.domain.outline import Entry, Outline, Standing, last_usage, outline
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from budgets.views.archived import archived
from budgets.views.rows import Row, Rows, complete, notes, unfolded, units
from budgets.views.tabs import ARCHIVED, Cut, page_of
from wire.transactions import one_snapshot

TROUBLE = (Standing.EXCEEDED, Standing.CRITICAL, Standing.WARNING)


@login_required
@require_safe
@one_snapshot()
def tree(request: HttpRequest) -> HttpResponse:
    """GET /budgets/. `state`, `q` and `under` choose a list; else the tree, where `open` and `shut` turn rows."""
    now = timezone.now()
    found = outline(request.user, now)
    cut = Cut(request, found)
    if cut.state == ARCHIVED:
        return archived(request, cut)
    entries = cut.entries()
    context = cut.frame(entries)
    if cut.is_tree:
        page = page_of(request, [top for group in found.groups() for top in group.tops])
        groups = unfolded(found, page, request.GET)
        context |= _closed(groups)
    else:
        page = page_of(request, cut.of_state(entries))
        groups = [Rows("", [Row(entry, path=_path(entry, found), listed=True) for entry in page])]
    rows = [row for group in groups for row in group]
    shown = [row.entry.status for row in rows]
    usual = _usual(shown)
    complete(rows, usual.period if usual else None)
    context |= {
        "is_tree": cut.is_tree,
        "groups": groups,
        "page": page,
        "has_company": bool(found.company),
        "when": _when(usual, now),
        "last_usage": last_usage(top.budget for top in found.tops),
        **units(shown),
        **notes(rows),
    }
    return render(request, "budgets/tree.html", context)


def _closed(groups: list[Rows]) -> dict[str, int]:
    """How many budgets are inside closed rows, and how many of those are not on track."""
    rows = [row for group in groups for row in group]
    shown = {row.entry.budget.pk for row in rows}
    inside = [entry for row in rows if not row.opened for entry in row.entry.all_below]
    hidden = [entry for entry in inside if entry.budget.pk not in shown]
    return {"hidden": len(hidden), "hidden_trouble": sum(entry.standing in TROUBLE for entry in hidden)}


def _path(entry: Entry, found: Outline) -> str:
    """What lies above an entry, without the company, which lies above everything."""
    above = found.path(entry)
    if len(above) > 1 and above[0] in found.company:
        above = above[1:]
    return " / ".join(place.budget.name for place in above)


def _usual(shown: Sequence[Status]) -> Status | None:
    """One of those whose period most rows share."""
    if not shown:
        return None
    (_, period), _ = Counter((status.budget.period, status.period) for status in shown).most_common(1)[0]
    return next(status for status in shown if status.period == period)


def _when(usual: Status | None, now: datetime) -> dict[str, Any]:
    """The period that most rows share, with its day."""
    if usual is None:
        return {}
    return {
        "period": schedule_of(usual.budget).label(usual.period),
        "day": day_number(usual.period, now),
        "days": day_count(usual.period),
        "last_day": last_day(usual.period),
    }
