"""The page of all budgets: the tree, or what a search, a place or a state finds in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budgets.domain.course import day_count, day_number, last_day
from budgets.domain.double_counting import shared_by
from budgets.domain.outline import NOT_ON_TRACK, Entry, Outline, last_usage, outline
from budgets.domain.periods import Period
from budgets.domain.scopes import describe
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from budgets.templatetags.standing import word_of
from budgets.views.archived import archived
from budgets.views.rows import Row, Rows, complete, notes, path_of, unfolded, units
from budgets.views.tabs import ARCHIVED, Cut, page_of
from wire.csv_files import csv_answer
from wire.days import TICK, day_of
from wire.looking import holds_period, look_at
from wire.transactions import one_snapshot

COLUMNS = (
    *(
        "id",
        "budget",
        "under",
        "scope",
        "owner",
        "period",
        "current_period",
        "first_day",
        "last_day",
        "limit",
        "carried_over",
        "spent",
    ),
    *("remaining", "percent_of_limit", "projected", "calls_without_price", "state"),
)


@login_required
@require_safe
@holds_period
@one_snapshot()
def tree(request: HttpRequest) -> HttpResponse:
    """GET /budgets/. `state`, `q`, `owner` and `under` choose a list; else the tree, where `open` and `shut` turn rows.

    `period` looks back: each budget stands as it did in its own period when that month, quarter or year ended. Its row
    says which that is, wherever it is not the one that the page's head speaks of.
    """
    look = look_at(request)
    found = _outline(request)
    cut = Cut(request, found)
    if cut.state == ARCHIVED:
        return archived(request, cut)
    entries = cut.entries()
    context = {**cut.frame(entries), "look": look}
    if cut.is_tree:
        cut.order.sort_tree(found)
        page = page_of(request, [top for group in found.groups() for top in group.tops])
        groups = unfolded(found, page, request.GET)
        context |= _closed(groups) | {"shared": _shared(groups)}
    else:
        page = page_of(request, cut.of_state(entries))
        groups = [Rows("", [Row(entry, path=path_of(entry, found), listed=True) for entry in page])]
    usual = _usual([entry.status for entry in found.entries.values()])
    said = usual.period if usual and look.is_default else Period(look.stretch.starts, look.stretch.ends)
    complete([row for group in groups for row in group.rows], said)
    rows = [row for group in groups for row in group.budgets]
    context |= {
        "is_tree": cut.is_tree,
        "groups": groups,
        "page": page,
        "has_company": bool(found.company),
        "when": _when(usual, look.at),
        "last_usage": last_usage(top.budget for top in found.tops),
        **units(rows),
        **notes(rows),
    }
    return render(request, "budgets/tree.html", context)


@login_required
@require_safe
@holds_period
@one_snapshot()
def export(request: HttpRequest) -> HttpResponseBase:
    """GET /budgets/export.csv: every budget that the page's address asks for, closed rows too, with exact sums."""
    found = _outline(request)
    cut = Cut(request, found)
    if cut.is_tree:
        cut.order.sort_tree(found)
        chosen = [entry for top in found.tops for entry in (top, *top.all_below)]
    else:
        chosen = cut.of_state(cut.entries())
    name = f"budgets-{look_at(request).stretch.written}"
    return csv_answer(name, COLUMNS, [_cells(entry, found) for entry in chosen])


def _outline(request: HttpRequest) -> Outline:
    look = look_at(request)
    return outline(request.user, look.now, look.now if look.is_present else look.stretch.ends - TICK)


def _cells(entry: Entry, found: Outline) -> list[Any]:
    """A budget's line in the file, as COLUMNS name it."""
    budget, status = entry.budget, entry.status
    path = " / ".join(above.budget.name for above in found.path(entry))
    period = schedule_of(budget).label(status.period)
    limit, carried, left, part = status.limit, status.carried, status.remaining, status.percentage
    agreed = [limit, carried, status.spent, left, part] if status.agreed else [None, None, status.spent, None, None]
    sums = [*agreed, entry.projected, status.unpriced]
    days = [day_of(status.period.starts, settings.COSTOPS_ZONE), last_day(status.period)]
    owner, state = budget.owner_name, word_of(entry.standing, over=status.is_over)
    return [budget.pk, budget.name, path, describe(budget.scope), owner, budget.period, period, *days, *sums, state]


def _closed(groups: list[Rows]) -> dict[str, int]:
    """How many budgets are inside closed rows, and how many of those are not on track, or were not agreed then."""
    rows = [row for group in groups for row in group.budgets]
    shown = {row.entry.budget.pk for row in rows}
    inside = [entry for row in rows if not row.opened for entry in row.entry.all_below]
    hidden = [entry for entry in inside if entry.budget.pk not in shown]
    return {
        "hidden": len(hidden),
        "hidden_trouble": sum(entry.standing in NOT_ON_TRACK for entry in hidden),
        "hidden_unagreed": sum(not entry.status.agreed for entry in hidden),
    }


def _shared(groups: list[Rows]) -> Decimal:
    """What several of the uppermost rows count, where no band says that they count the same calls."""
    return shared_by([row.entry.status for group in groups if not group.name for row in group.budgets if not row.depth])


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
