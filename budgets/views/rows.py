"""The rows of the page of all budgets: which of them are open, and what each says beside its figures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.http import QueryDict
from django.utils.http import urlencode

from budgets.bars import arrows
from budgets.domain.course import last_day, reached
from budgets.domain.outline import Entry, Group, Outline, Standing, passed_threshold
from budgets.domain.parts import sums_of
from budgets.domain.periods import Period
from budgets.domain.scopes import KEYS
from budgets.domain.tree import schedule_of
from budgets.templatetags.limits import row_needs_cents
from budgets.words import period_words
from wire.queries import id_in
from wire.templatetags.money import cents_in

ZERO = Decimal(0)
SIBLINGS = 50
SMALL = 25  # a tree of so few rows is shown whole
OPENED = 60  # rows that are opened unasked
DEEPEST = 6
TURNS = ("open", "shut")


@dataclass
class Row:
    """One row of the page: a budget with how it is shown, or, with `more`, the link to those that did not fit."""

    entry: Entry
    depth: int = 0
    opened: bool = False
    flip: str = ""
    more: int = 0
    listed: bool = False
    path: tuple[str, ...] = ()
    """The names of what lies above it, the top first."""
    apart: bool = False
    """Its period is not that of the row above."""
    dates: str = ""
    """Its period in words, where it is not the one that most rows share."""
    cents: bool = False
    """Whether its figures are said with cents."""
    counted: Decimal | None = None
    """What of its spend is in the row above, where that is not what the row itself says."""
    counted_in: str = ""
    """The period of the row above, of which that speaks."""
    direct: Decimal = ZERO
    """What was spent that no budget below covers."""
    gone: Decimal = ZERO
    """What came through budgets that are no longer below: archived ones, and those that moved away."""
    twice: Decimal = ZERO
    """What is counted in several of those below."""
    passed: Decimal | None = None
    """The highest threshold that its spend has reached, where that is why it is close."""
    reached_on: datetime | None = None
    """When that threshold or the limit was reached, or will be."""

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

    @property
    def over_allocated(self) -> Decimal | None:
        """How much more was handed out below it than was agreed."""
        left = self.entry.status.unallocated
        return -left if left < 0 else None


@dataclass
class Rows:
    """Rows that are read together, under a band of words unless they are the main ones."""

    name: str
    rows: list[Row] = field(default_factory=list)
    seen_by: str = ""

    @property
    def budgets(self) -> Iterator[Row]:
        """Those that show one budget."""
        return (row for row in self.rows if not row.more)


def unfolded(found: Outline, tops: Iterable[Entry], query: QueryDict) -> list[Rows]:
    """The rows under these tops, group by group; `open` and `shut` turn what is open unasked."""
    shown = {top.budget.pk for top in tops}
    turned = {name: _ids(query, name) for name in TURNS}
    groups = []
    by_itself = _open_unasked([top for group in found.groups() for top in group.tops if top.budget.pk in shown], found)
    opened = (by_itself | turned["open"]) - turned["shut"]
    for group in found.groups():
        rows: list[Row] = []
        for top in group.tops:
            if top.budget.pk in shown:
                _unfold(top, None, 0, opened, turned, query, rows)
        if rows:
            groups.append(Rows(group.name, rows, _seen_by(group)))
    return groups


def complete(rows: Sequence[Row], usual: Period | None) -> None:
    """Adds what only the rows that are shown need: dates, how they add up, why one is close, and since when."""
    _add_up(rows)
    asked = []
    for row in rows:
        if row.more:
            continue
        status, standing = row.entry.status, row.entry.standing
        if status.period != usual:
            row.dates = period_words(status.budget, status.period)
        if standing == Standing.CRITICAL:
            row.reached_on = status.rate.exceeds_at
        elif standing in (Standing.EXCEEDED, Standing.OVERRUN):
            asked.append((row, status.limit))
        elif (passed := passed_threshold(status, standing)) is not None:
            row.passed = passed
            asked.append((row, row.passed * status.limit))
    goals = [(row.entry.budget.pk, row.entry.status.period, amount) for row, amount in asked]
    for (row, _), hour in zip(asked, reached(goals), strict=True):
        row.reached_on = hour


def units(rows: Sequence[Row]) -> dict[str, bool]:
    """Whether the columns have cents, and tells each row whether it has some all the same."""
    shown = [row.entry.status for row in rows]
    cents = cents_in(amount for status in shown for amount in (status.spent, status.limit, status.rate.forecast))
    for row, status in zip(rows, shown, strict=True):
        row.cents = cents or row_needs_cents(status.limit, status.spent, status.rate.forecast)
    return {"cents": cents}


def notes(rows: Sequence[Row]) -> dict[str, int | bool | frozenset[str]]:
    """What the lines around the table have to explain, asked of the rows that it shows."""
    return {
        "apart": sum(row.apart for row in rows),
        "over_allocated": any(row.over_allocated for row in rows),
        "any_unpriced": any(row.entry.status.unpriced for row in rows),
        "beyond": arrows(row.entry.status for row in rows),
    }


def path_of(entry: Entry, found: Outline) -> tuple[str, ...]:
    """The names of what lies above an entry, without the company's own budget, which lies above everything."""
    above = found.path(entry)
    if len(above) > 1 and above[0] in found.company[:1]:
        above = above[1:]
    return tuple(place.budget.name for place in above)


def _add_up(rows: Sequence[Row]) -> None:
    """Tells each open row what its rows do not say, and each row under it what it counts there."""
    open_rows = [row for row in rows if row.opened]
    sums = sums_of([row.entry.status for row in open_rows])
    shown = {row.entry.budget.pk: row for row in rows if not row.more}
    for row in open_rows:
        found, children = sums[row.entry.budget.pk], row.entry.children
        row.direct, row.twice = found.direct, found.twice
        row.gone = sum(found.through.values(), ZERO)
        period = schedule_of(row.entry.budget).label(row.entry.status.period)
        for child in children:
            counted = found.through.get(child.budget.pk, ZERO)
            row.gone -= counted
            if child.budget.pk in shown and counted != child.status.spent:
                below = shown[child.budget.pk]
                below.counted, below.counted_in = counted, period
    for row in rows:
        if row.more:
            through = sums[row.entry.budget.pk].through
            row.counted = sum((through.get(child.budget.pk, ZERO) for child in row.entry.children[SIBLINGS:]), ZERO)


def _seen_by(group: Group) -> str:
    *others, last = [KEYS[key] for key in group.keys] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _ids(query: QueryDict, name: str) -> set[int]:
    found = (id_in(pk) for text in query.getlist(name) for pk in text.split("."))
    return {pk for pk in found if pk is not None}


def _open_unasked(tops: Sequence[Entry], found: Outline) -> set[int]:
    """Rows that hold something to look at, level by level while the page stays short; all of them in a small tree."""
    opened: set[int] = set()
    small = len(found.entries) <= SMALL
    first = {top.budget.pk for top in tops}
    count, waiting = len(tops), deque(tops)
    while waiting:
        entry = waiting.popleft()
        size = min(len(entry.children), SIBLINGS)
        wanted = size and (small or entry.trouble_below or entry.budget.pk in first)
        if wanted and (small or count + size <= OPENED):
            opened.add(entry.budget.pk)
            count += size
            waiting.extend(entry.children[:SIBLINGS])
    return opened


def _unfold(
    entry: Entry,
    above: Entry | None,
    depth: int,
    opened: set[int],
    turned: dict[str, set[int]],
    query: QueryDict,
    rows: list[Row],
) -> None:
    pk = entry.budget.pk
    is_open = pk in opened and bool(entry.children)
    apart = above is not None and above.status.period != entry.status.period
    rows.append(Row(entry, depth, is_open, _flip(query, turned, pk, is_open) if entry.children else "", apart=apart))
    if is_open:
        for child in entry.children[:SIBLINGS]:
            _unfold(child, entry, depth + 1, opened, turned, query, rows)
        if len(entry.children) > SIBLINGS:
            rows.append(Row(entry, depth + 1, more=len(entry.children) - SIBLINGS))


def _flip(query: QueryDict, turned: dict[str, set[int]], pk: int, is_open: bool) -> str:
    """The page's address with this row turned over."""
    add, drop = ("shut", "open") if is_open else ("open", "shut")
    ids = {add: turned[add] | {pk}, drop: turned[drop] - {pk}}
    parts = [f"{name}={'.'.join(map(str, sorted(ids[name])))}" for name in TURNS if ids[name]]
    if page := query.get("page", ""):
        parts.append(f"page={id_in(page) or 1}")
    parts += [urlencode({name: str(query[name])}) for name in ("sort", "period") if query.get(name)]
    return "?" + "&".join(parts)
