"""The page of amounts that are worth adjusting for the next quarter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.domain.outline import Entry, Outline, outline
from budgets.models import Budget
from budgets.rules import editable_budgets
from budgets.templatetags.limits import row_needs_cents
from budgets.views.rows import path_of
from budgets.views.tabs import Cut, page_of
from forecasting.domain.adjusting import Adjusted, Adjustment, adjusted, total_of
from forecasting.views.tabs import tabs
from wire.csv_files import csv_answer
from wire.templatetags.money import cents_in
from wire.transactions import one_snapshot

PLACE = "forecasts:next-quarter"
SHARE = Decimal("0.0001")
COLUMNS = (
    *("id", "budget", "under", "owner", "period", "quarter", "periods_in_quarter", "agreed", "expected", "advised"),
    *("change", "change_share", "reason"),
)


class Row(NamedTuple):
    """A budget whose amount is worth adjusting, the names above it, and what the row needs to be read."""

    entry: Entry
    one: Adjustment
    path: tuple[str, ...]
    cents: bool
    may_edit: bool = False


class Asked:
    """What the address asks for: the budgets of a search and an owner, and what is advised for them."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.found: Outline = outline(request.user, now)
        self.cut = Cut(request, self.found)
        entries = [entry for entry in self.cut.entries() if not entry.standing.at_rest]
        self.adjusted: Adjusted = adjusted([entry.status for entry in entries], now)
        self.open = len(entries)

    def rows(self, adjustments: Sequence[Adjustment]) -> list[Row]:
        """These as they are shown."""
        cents = cents_in(amount for one in adjustments for amount in (one.current, one.advised, one.expected))
        return [
            Row(
                entry,
                one,
                path_of(entry, self.found),
                cents or row_needs_cents(one.advised, one.current, one.expected),
            )
            for one in adjustments
            for entry in [self.found.entries[one.status.budget.pk]]
        ]

    def added(self) -> list[Adjustment]:
        """Those that a total can add: none lies inside another, and none counts the same calls across the tree."""
        main = {entry.budget.pk for top in self.found.groups()[0].tops for entry in (top, *top.all_below)}
        listed = {one.status.budget.pk for one in self.adjusted.found}
        return [
            one
            for one in self.adjusted.found
            if one.status.budget.pk in main
            and not listed & {above.budget.pk for above in self.found.path(self.found.entries[one.status.budget.pk])}
        ]


@login_required
@require_safe
@one_snapshot()
def next_quarter(request: HttpRequest) -> HttpResponse:
    """GET /forecasts/next-quarter/. `q` and `owner` choose budgets."""
    now = timezone.now()
    asked = Asked(request, now)
    page = page_of(request, asked.adjusted.found)
    rows = asked.rows(list(page))
    shown = Budget.objects.filter(pk__in=[row.entry.budget.pk for row in rows])
    editable = set(editable_budgets(shown, request.user).order_by().values_list("pk", flat=True))
    added = asked.added() if asked.found.entries else []
    context = {
        "section": "forecasts",
        "tabs": tabs(PLACE),
        "now": now,
        "quarter": asked.adjusted.quarter.label,
        "page": page,
        "rows": [row._replace(may_edit=row.entry.budget.pk in editable) for row in rows],
        "total": len(asked.found.entries),
        "open": asked.open,
        "unknown": asked.adjusted.unknown,
        "added": len(added),
        "left_out": page.paginator.count - len(added),
        "sums": total_of(added),
        "query": asked.cut.query,
        "owner": asked.cut.owner,
        "owners": asked.cut.owners(),
        "place": PLACE,
    }
    return render(request, "forecasts/next_quarter.html", context)


@login_required
@require_safe
@one_snapshot()
def export(request: HttpRequest) -> HttpResponseBase:
    """GET /forecasts/next-quarter/export.csv: every row that the page's address asks for, with exact sums."""
    asked = Asked(request, timezone.now())
    quarter = asked.adjusted.quarter
    lines = [_cells(row, quarter.label) for row in asked.rows(asked.adjusted.found)]
    return csv_answer(f"next-quarter-{quarter.written}", COLUMNS, lines)


def _cells(row: Row, quarter: str) -> list[Any]:
    """A budget's line in the file, as COLUMNS name it."""
    budget, one = row.entry.budget, row.one
    names = [budget.pk, budget.name, " / ".join(row.path), budget.owner_name, budget.period, quarter, one.periods]
    share = None if one.share is None else one.share.quantize(SHARE)
    return [*names, one.current, one.expected, one.advised, one.change, share, one.words]
