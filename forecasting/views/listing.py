"""The page of all forecasts: the budgets whose period is open, those first that are likeliest to exceed their limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.bars import arrows
from budgets.domain.course import day_count, last_day
from budgets.domain.outline import Entry, Outline, outline
from budgets.domain.tree import schedule_of
from budgets.templatetags.limits import row_needs_cents
from budgets.templatetags.standing import word_of
from budgets.views.rows import path_of
from budgets.views.sorting import KEYS as BUDGET_KEYS
from budgets.views.sorting import LEAST, Keys, Order
from budgets.views.tabs import Cut, page_of
from forecasting.domain.outlook import Advice
from forecasting.domain.ways import advice_of
from forecasting.views.tabs import tabs
from wire.csv_files import csv_answer
from wire.days import day_of
from wire.templatetags.money import cents_in
from wire.transactions import one_snapshot

PLACE = "forecasts:list"
AT_ONCE = 200  # budgets whose runs are in memory together
COLUMNS = (
    *("id", "budget", "under", "owner", "period", "first_day", "last_day", "limit", "spent", "projected", "low_95"),
    *("high_95", "chance_to_exceed", "runs_out", "advised_for", "advised_limit", "state"),
)


def chance_of(entry: Entry) -> Decimal:
    """How likely its limit is passed, those first of which nobody knows last."""
    chance = entry.status.rate.exceed_probability
    return LEAST if chance is None else chance


def _projected_share(entry: Entry) -> Decimal:
    limit = entry.status.limit
    return entry.status.rate.forecast / limit if limit > 0 else LEAST


def _soonest(entry: Entry) -> float:
    when = entry.status.rate.exceeds_at
    return float("-inf") if when is None else -when.timestamp()


SORTS: Keys = {
    **{key: BUDGET_KEYS[key] for key in ("name", "spent", "limit", "projected", "state")},
    "share": ("Of the limit", _projected_share),
    "chance": ("Chance to exceed", chance_of),
    "out": ("Runs out", _soonest),
}


class Row(NamedTuple):
    """A budget in the list, the names above it, and what is advised for its next period."""

    entry: Entry
    path: tuple[str, ...]
    period: str
    advice: Advice | None
    cents: bool
    by_hour: bool


class Asked:
    """What the address asks for: a search, an owner, an order."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.found = outline(request.user, now)
        self.cut = Cut(request, self.found)
        self.order = Order(request, SORTS)

    def entries(self) -> list[Entry]:
        """The budgets whose period is open, the likeliest to exceed first unless another order is chosen."""
        open_ones = [entry for entry in self.cut.entries() if not entry.standing.at_rest]
        open_ones.sort(key=lambda entry: (chance_of(entry), _projected_share(entry)), reverse=True)
        return self.order.of(open_ones)


@login_required
@require_safe
@one_snapshot()
def listing(request: HttpRequest) -> HttpResponse:
    """GET /forecasts/. `q` and `owner` choose budgets, `sort` orders them."""
    now = timezone.now()
    asked = Asked(request, now)
    entries = asked.entries()
    page = page_of(request, entries)
    rows = _rows(list(page), asked.found)
    context = {
        "section": "forecasts",
        "tabs": tabs(PLACE),
        "now": now,
        "page": page,
        "rows": rows,
        "total": len(asked.found.entries),
        "likely": sum(chance_of(entry) > Decimal("0.5") for entry in entries),
        "query": asked.cut.query,
        "owner": asked.cut.owner,
        "owners": asked.cut.owners(),
        "sort": asked.order.written,
        "headings": asked.order.headings(),
        "beyond": arrows(row.entry.status for row in rows),
        "place": PLACE,
    }
    return render(request, "forecasts/list.html", context)


@login_required
@require_safe
@one_snapshot()
def export(request: HttpRequest) -> HttpResponseBase:
    """GET /forecasts/export.csv: every budget that the page's address asks for, with exact sums."""
    asked = Asked(request, timezone.now())
    entries = asked.entries()
    parts = (entries[start : start + AT_ONCE] for start in range(0, len(entries), AT_ONCE))
    lines = [_cells(row) for part in parts for row in _rows(part, asked.found)]
    return csv_answer("forecasts", COLUMNS, lines)


def _rows(entries: Sequence[Entry], found: Outline) -> list[Row]:
    advised = advice_of([entry.status for entry in entries])
    cents = cents_in(
        amount for entry in entries for amount in (entry.status.spent, entry.status.limit, entry.status.rate.forecast)
    )
    return [
        Row(
            entry,
            path_of(entry, found),
            schedule_of(entry.budget).label(entry.status.period),
            advised[entry.budget.pk],
            cents or row_needs_cents(entry.status.limit, entry.status.spent, entry.status.rate.forecast),
            day_count(entry.status.period) <= 2,
        )
        for entry in entries
    ]


def _cells(row: Row) -> list[Any]:
    """A budget's line in the file, as COLUMNS name it."""
    budget, status, rate, advice = row.entry.budget, row.entry.status, row.entry.status.rate, row.advice
    days = [day_of(status.period.starts, settings.COSTOPS_ZONE), last_day(status.period)]
    sums = [status.limit, status.spent, rate.forecast, rate.low, rate.high, rate.exceed_probability, rate.exceeds_at]
    advised = [advice.label, advice.amount] if advice else [None, None]
    path = " / ".join(row.path)
    state = word_of(row.entry.standing, over=status.is_over)
    return [budget.pk, budget.name, path, budget.owner_name, row.period, *days, *sums, *advised, state]
