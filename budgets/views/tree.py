"""The page of all budgets: the tree, what a search or a state finds in it, and what is archived."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.domain.course import day_count, day_number, last_day, reached, runs_out
from budgets.domain.direct import spent_directly
from budgets.domain.outline import (
    AT_RISK,
    Entry,
    Outline,
    Standing,
    by_urgency,
    last_periods,
    last_usage,
    outline,
)
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from budgets.rules import may_create
from wire.templatetags.money import cents_in

A_PAGE = 50
SIBLINGS = 50
SMALL = 25  # a tree of so few rows is shown whole
OPENED = 60  # rows that are opened unasked
DEEPEST = 6
TROUBLE = (Standing.EXCEEDED, Standing.CRITICAL, Standing.WARNING)
STATES = {
    "at-risk": ("At risk", AT_RISK),
    "close": ("Close", (Standing.WARNING,)),
    "on-track": ("On track", (Standing.OK,)),
}


@dataclass
class Row:
    """One row of the page: a budget with how it is shown, or, with `more`, the link to those that did not fit."""

    entry: Entry
    depth: int = 0
    opened: bool = False
    flip: str = ""
    more: int = 0
    listed: bool = False
    path: str = ""
    direct: Decimal | None = None
    reached_on: datetime | None = None

    @property
    def projected_share(self) -> Decimal | None:
        """The projection as a share of the limit."""
        status = self.entry.status
        return status.rate.forecast / status.limit if status.limit > 0 else None

    @property
    def last_day(self) -> date:
        """The last day of its period."""
        return last_day(self.entry.status.period)

    @property
    def indent(self) -> int:
        """How far it stands in."""
        return min(self.depth, DEEPEST)


@login_required
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """GET /budgets/. `state`, `q` and `under` choose a list; else the tree, where `open` and `shut` turn rows."""
    now = timezone.now()
    chosen = request.GET.get("state", "")
    if chosen == "archived":
        return _archived(request, now)
    found = outline(request.user, now)
    query = request.GET.get("q", "").strip()[:200]
    under = _entry(found, request.GET["under"]) if "under" in request.GET else None
    context = {**_frame(request, found), "state": chosen if chosen in STATES else "", "query": query, "under": under}
    if query or under or chosen in STATES:
        page = _page(request, _listed(found, query, chosen, under))
        groups = [("", [Row(entry, path=_path(entry, found), listed=True) for entry in page])]
    else:
        page = _page(request, found.tops)
        groups = _trees(found, page, request.GET)
        context |= _closed(found, groups)
    rows = [row for _, group in groups for row in group if not row.more]
    _complete(rows)
    shown = [row.entry.status for row in rows]
    context |= {
        "groups": groups,
        "page": page,
        "cents": _cents(shown),
        **_when(found, shown, now),
    }
    return render(request, "budgets/tree.html", context)


def _page(request: HttpRequest, rows: Sequence[Any]) -> Page:
    return Paginator(rows, A_PAGE).get_page(request.GET.get("page"))


def _listed(found: Outline, query: str, chosen: str, under: Entry | None) -> list[Entry]:
    """What a search, a state or a place in the tree leaves, the most urgent first."""
    entries = by_urgency(found.entries.values())
    if query:
        entries = found.matching(query)
    if chosen in STATES:
        entries = [entry for entry in entries if entry.standing in STATES[chosen][1]]
    if under is not None:
        entries = [entry for entry in entries if entry.budget.parent_id == under.budget.pk]
    return entries


def _closed(found: Outline, groups: list[tuple[str, list[Row]]]) -> dict[str, int]:
    """How many budgets are inside closed rows, and how many of those are not on track."""
    shown = {row.entry.budget.pk for _, group in groups for row in group}
    inside = [entry for row_group in groups for row in row_group[1] if not row.opened for entry in _below(row.entry)]
    hidden = [entry for entry in inside if entry.budget.pk not in shown]
    return {"hidden": len(hidden), "hidden_trouble": sum(entry.standing in TROUBLE for entry in hidden)}


def _below(entry: Entry) -> Iterator[Entry]:
    for child in entry.children:
        yield child
        yield from _below(child)


def _frame(request: HttpRequest, found: Outline) -> dict[str, Any]:
    counts = found.counts()
    archived = Budget.objects.visible_to(request.user).filter(archived_at__isnull=False).count()
    return {
        "section": "budgets",
        "total": len(found.entries),
        "tabs": [
            ("", "All", len(found.entries)),
            *((key, name, sum(counts[s] for s in standings)) for key, (name, standings) in STATES.items()),
            ("archived", "Archived", archived),
        ],
        "may_create": may_create(request.user),
    }


def _entry(found: Outline, pk: str) -> Entry:
    entry = found.entries.get(int(pk)) if pk.isascii() and pk.isdigit() else None
    if entry is None:
        raise Http404
    return entry


def _path(entry: Entry, found: Outline) -> str:
    """What lies above an entry, without the company, which lies above everything."""
    above = found.path(entry)
    if len(above) > 1 and above[0] in found.company:
        above = above[1:]
    return " / ".join(place.budget.name for place in above)


def _ids(query: QueryDict, name: str) -> set[int]:
    return {int(pk) for text in query.getlist(name) for pk in text.split(".") if pk.isascii() and pk.isdigit()}


def _trees(found: Outline, tops: Iterable[Entry], query: QueryDict) -> list[tuple[str, list[Row]]]:
    """The rows under these tops, those of the company first; `open` and `shut` turn what is open unasked."""
    tops = list(tops)
    turned = {"open": _ids(query, "open"), "shut": _ids(query, "shut")}
    opened = (_open_unasked(tops, small=len(found.entries) <= SMALL) | turned["open"]) - turned["shut"]
    groups = []
    company = set(found.company)
    for name, members in (
        ("", [top for top in tops if top in company or not company]),
        ("across", [top for top in tops if company and top not in company]),
    ):
        rows: list[Row] = []
        for top in members:
            _unfold(top, 0, opened, turned, query, rows)
        if rows:
            groups.append((name, rows))
    return groups


def _open_unasked(tops: Sequence[Entry], *, small: bool) -> set[int]:
    """Rows that hold something to look at, level by level while the page stays short; all of them in a small tree."""
    opened: set[int] = set()
    count, waiting = len(tops), deque(tops)
    while waiting:
        entry = waiting.popleft()
        size = min(len(entry.children), SIBLINGS)
        wanted = size and (small or entry.trouble_below or entry in tops)
        if wanted and (small or count + size <= OPENED):
            opened.add(entry.budget.pk)
            count += size
            waiting.extend(entry.children[:SIBLINGS])
    return opened


def _unfold(
    entry: Entry, depth: int, opened: set[int], turned: dict[str, set[int]], query: QueryDict, rows: list[Row]
) -> None:
    pk = entry.budget.pk
    is_open = pk in opened and bool(entry.children)
    rows.append(Row(entry, depth, is_open, _flip(query, turned, pk, is_open) if entry.children else ""))
    if is_open:
        for child in entry.children[:SIBLINGS]:
            _unfold(child, depth + 1, opened, turned, query, rows)
        if len(entry.children) > SIBLINGS:
            rows.append(Row(entry, depth + 1, more=len(entry.children) - SIBLINGS))


def _flip(query: QueryDict, turned: dict[str, set[int]], pk: int, is_open: bool) -> str:
    """The page's address with this row turned over."""
    add, drop = ("shut", "open") if is_open else ("open", "shut")
    ids = {add: turned[add] | {pk}, drop: turned[drop] - {pk}}
    parts = [f"{name}={'.'.join(map(str, sorted(ids[name])))}" for name in ("open", "shut") if ids[name]]
    if page := query.get("page", ""):
        parts.append(f"page={page}" if page.isascii() and page.isdigit() else "page=1")
    return "?" + "&".join(parts)


def _complete(rows: Sequence[Row]) -> None:
    """Adds what only the rows that are shown need: what no child covers, and when a limit was reached."""
    open_rows = [row for row in rows if row.opened]
    direct = spent_directly([(row.entry.status, [c.status for c in row.entry.children]) for row in open_rows])
    for row in open_rows:
        row.direct = direct.get(row.entry.budget.pk) or None
    passed = [row for row in rows if row.entry.standing == Standing.EXCEEDED]
    goals = [(row.entry.budget.pk, row.entry.status.period, row.entry.status.limit) for row in passed]
    for row, hour in zip(passed, reached(goals), strict=True):
        row.reached_on = hour
    for row in rows:
        status = row.entry.status
        if row.entry.standing == Standing.CRITICAL:
            row.reached_on = runs_out(status)


def _cents(shown: Sequence[Status]) -> bool:
    return cents_in(amount for status in shown for amount in (status.spent, status.limit, status.rate.forecast))


def _when(found: Outline, shown: Sequence[Status], now: datetime) -> dict[str, Any]:
    """Of which time the figures are: the period that most rows share, with its day, and the last usage."""
    words: dict[str, Any] = {}
    if shown:
        kinds = Counter((status.budget.period, status.period) for status in shown)
        (kind, period), _ = kinds.most_common(1)[0]
        usual = next(status for status in shown if status.period == period)
        words = {
            "kind": kind,
            "period": schedule_of(usual.budget).label(period),
            "day": day_number(period, now),
            "days": day_count(period),
            "last_day": last_day(period),
        }
    return {"when": words, "last_usage": last_usage(top.budget for top in found.tops)}


def _archived(request: HttpRequest, now: datetime) -> HttpResponse:
    """The archived budgets, the latest first, each as it stood when it was archived."""
    found = outline(request.user, now)
    query = request.GET.get("q", "").strip()[:200]
    budgets = Budget.objects.visible_to(request.user).filter(archived_at__isnull=False)
    if query:
        budgets = budgets.filter(name__icontains=query)
    page = _page(request, budgets.order_by("-archived_at", "name", "id"))
    context = {**_frame(request, found), "state": "archived", "page": page, "query": query, "now": now}
    last = last_periods(page)
    context["rows"] = [(budget, last.get(budget.pk)) for budget in page]
    return render(request, "budgets/archived.html", context)
