"""The page of all budgets: the tree, or what a search, a place or a state finds in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.domain.course import day_count, day_number, last_day
from budgets.domain.double_counting import shared_by
from budgets.domain.outline import NOT_ON_TRACK, Entry, Outline, last_usage, outline
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from budgets.views.archived import archived
from budgets.views.rows import Row, Rows, complete, notes, unfolded, units
from budgets.views.tabs import ARCHIVED, Cut, page_of
from wire.transactions import one_snapshot


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
        context |= _closed(groups) | {"shared": _shared(groups)}
    else:
        page = page_of(request, cut.of_state(entries))
        groups = [Rows("", [Row(entry, path=_path(entry, found), listed=True) for entry in page])]
    usual = _usual([entry.status for entry in found.entries.values()])
    complete([row for group in groups for row in group.rows], usual.period if usual else None)
    rows = [row for group in groups for row in group.budgets]
    context |= {
        "is_tree": cut.is_tree,
        "groups": groups,
        "page": page,
        "has_company": bool(found.company),
        "when": _when(usual, now),
        "last_usage": last_usage(top.budget for top in found.tops),
        **units(rows),
        **notes(rows),
    }
    return render(request, "budgets/tree.html", context)


def _closed(groups: list[Rows]) -> dict[str, int]:
    """How many budgets are inside closed rows, and how many of those are not on track."""
    rows = [row for group in groups for row in group.budgets]
    shown = {row.entry.budget.pk for row in rows}
    inside = [entry for row in rows if not row.opened for entry in row.entry.all_below]
    hidden = [entry for entry in inside if entry.budget.pk not in shown]
    return {"hidden": len(hidden), "hidden_trouble": sum(entry.standing in NOT_ON_TRACK for entry in hidden)}


def _shared(groups: list[Rows]) -> Decimal:
    """What several of the uppermost rows count, where no band says that they count the same calls."""
    return shared_by([row.entry.status for group in groups if not group.name for row in group.budgets if not row.depth])


def _path(entry: Entry, found: Outline) -> str:
    """What lies above an entry, without the company's own budget, which lies above everything."""
    above = found.path(entry)
    if len(above) > 1 and above[0] in found.company[:1]:
        above = above[1:]
    return " / ".join(place.budget.name for place in above)


def _usual(found: Sequence[Status]) -> Status | None:
    """One of those whose period is under way for most of them, a month rather than other dates."""
    counts = Counter(status.period for status in found)

    def rank(status: Status) -> tuple[bool, int, bool]:
        under_way = status.period.starts <= status.at < status.period.ends
        return under_way, counts[status.period], status.budget.period == Budget.Kind.MONTHLY

    return max(found, key=rank, default=None)


def _when(usual: Status | None, now: datetime) -> dict[str, Any]:
    """The period that most budgets share, with its day: whatever list is shown, the page speaks of that."""
    if usual is None:
        return {}
    return {
        "period": schedule_of(usual.budget).label(usual.period),
        "day": day_number(usual.period, now),
        "days": day_count(usual.period),
        "last_day": last_day(usual.period),
    }
