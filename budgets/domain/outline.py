"""The budgets that a person may see, laid out as they are read: trees with figures, and each one's standing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db.models import OuterRef, Subquery

from budgets.domain.scopes import KEYS, describe
from budgets.domain.status import State, Status, statuses
from budgets.models import Budget, BudgetHour, BudgetPeriod


class Standing(StrEnum):
    """How a budget stands, in the order of how much it needs someone. Of those outside their time only the overrun ones
    do: they ended past their limit, and stay until someone archives them. Those looked back at from before they were
    agreed do not stand in any way.
    """

    EXCEEDED = "exceeded"
    CRITICAL = "critical"
    OVERRUN = "overrun"
    WARNING = "warning"
    OK = "ok"
    WAITING = "waiting"
    ENDED = "ended"
    UNAGREED = "unagreed"
    ARCHIVED = "archived"

    @property
    def at_rest(self) -> bool:
        """Nothing is projected: it has ended, not begun, or is archived."""
        return self in AT_REST


AT_RISK = (Standing.EXCEEDED, Standing.CRITICAL, Standing.OVERRUN)
NOT_ON_TRACK = (*AT_RISK, Standing.WARNING)
OUTSIDE = (Standing.WAITING, Standing.ENDED)
AT_REST = (*OUTSIDE, Standing.OVERRUN, Standing.UNAGREED, Standing.ARCHIVED)
LINES = {"teams", "departments"}
URGENCY = {standing: place for place, standing in enumerate(Standing)}
OF_STATE = {
    State.EXCEEDED: Standing.EXCEEDED,
    State.CRITICAL: Standing.CRITICAL,
    State.WARNING: Standing.WARNING,
    State.OK: Standing.OK,
}


def standing_of(status: Status) -> Standing:
    """The budget's state, or the reason why it has none now."""
    if status.budget.archived_at is not None:
        return Standing.ARCHIVED
    if status.at < status.period.starts:
        return Standing.WAITING
    if not status.agreed:
        return Standing.UNAGREED
    if status.at >= status.period.ends:
        return Standing.OVERRUN if status.state is State.EXCEEDED else Standing.ENDED
    return OF_STATE[status.state]


def projection_of(status: Status, standing: Standing) -> Decimal | None:
    """What a period is heading for; None where it is at rest or over, so that nothing more is expected."""
    return None if standing.at_rest or status.is_over else status.rate.forecast


def passed_threshold(status: Status, standing: Standing) -> Decimal | None:
    """The highest threshold that was reached, as a share of 1, where the budget is close for it; else None."""
    return max(status.crossed) if standing is Standing.WARNING and status.crossed else None


@dataclass(eq=False)
class Entry:
    """A budget in its place. It knows what is below it; what is above it knows the outline: a circle would stay in
    memory until the collector comes round, and a thousand budgets at a time hold up the process when it does.
    """

    budget: Budget
    status: Status
    standing: Standing
    children: list[Entry] = field(default_factory=list)
    below: int = 0
    trouble_below: int = 0
    """How many of those below are not on track."""
    worst_below: Standing = Standing.ARCHIVED

    @property
    def projected(self) -> Decimal | None:
        """What its period is heading for; None where nothing more is expected."""
        return projection_of(self.status, self.standing)

    @property
    def all_below(self) -> Iterator[Entry]:
        """Everything under it, each above its own children."""
        for child in self.children:
            yield child
            yield from child.all_below


class Group(NamedTuple):
    """Trees that are read together. `name` is "" for the main ones; "again" (company-wide too), "beside" and "across"
    are those that count the same calls once more, and `keys` what the scopes of these name.
    """

    name: str
    tops: list[Entry]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outline:
    """All live budgets that someone may see. `company` are the trees under company-wide budgets, the company's
    own first; `others` the rest.
    """

    entries: dict[int, Entry]
    company: list[Entry]
    others: list[Entry]

    @property
    def tops(self) -> list[Entry]:
        """The entries that have none above them, the company's first."""
        return [*self.company, *self.others]

    def groups(self) -> list[Group]:
        """The tops as they are read: the company's tree, those beside it, and those that cut across teams.

        Of several company-wide trees the one that holds the most budgets is the company's, or else the oldest. Without
        any the trees of teams and departments are the main ones; where there are none of them either, nothing stands
        apart. Asked of visible scopes alone, so that nobody learns what is above.
        """
        lines = [entry for entry in self.others if LINES & entry.budget.scope.keys()]
        cutting = [entry for entry in self.others if not LINES & entry.budget.scope.keys()]
        main = self.company[:1] or lines or cutting
        apart = [("again", self.company[1:]), ("beside", lines), ("across", cutting)]
        return [Group("", main), *(_apart(name, tops) for name, tops in apart if tops and tops is not main)]

    def path(self, entry: Entry) -> list[Entry]:
        """What lies above an entry, the top first, as far as the person may see it."""
        found: list[Entry] = []
        above = self.entries.get(entry.budget.parent_id)
        while above is not None:
            found.insert(0, above)
            above = self.entries.get(above.budget.parent_id)
        return found

    def counts(self) -> Counter[Standing]:
        """How many budgets stand how."""
        return Counter(entry.standing for entry in self.entries.values())

    def standing(self, wanted: Iterable[Standing]) -> list[Entry]:
        """The entries that stand so, the most urgent first."""
        kept = set(wanted)
        return by_urgency(entry for entry in self.entries.values() if entry.standing in kept)

    def matching(self, text: str) -> list[Entry]:
        """The entries whose name, owner or scope holds every word of the text, the most urgent first."""
        return by_urgency(entry for entry in self.entries.values() if is_meant(entry.budget, text))


def is_meant(budget: Budget, text: str) -> bool:
    """Whether the budget's name, owner or scope holds every word of a search."""
    words = f"{budget.name}\n{budget.owner_name}\n{describe(budget.scope)}".casefold()
    return all(word in words for word in text.casefold().split())


class Stands(Protocol):
    """A budget with its figures and its standing."""

    @property
    def budget(self) -> Budget:
        """The budget."""

    @property
    def status(self) -> Status:
        """Its figures."""

    @property
    def standing(self) -> Standing:
        """How it stands."""


Placed = TypeVar("Placed", bound=Stands)


def by_urgency(found: Iterable[Placed]) -> list[Placed]:
    """Budgets by standing, then by how much of the limit is spent."""
    return sorted(found, key=lambda e: (URGENCY[e.standing], -(e.status.share or 0), e.budget.name, e.budget.pk))


def outline(user: Any, now: datetime, at: datetime | None = None) -> Outline:
    """Lays out the live budgets that the user may see, siblings by what they spent, in a fixed number of queries.

    `at` is an instant in the past to look back to: each budget stands as it did in its period then.
    """
    budgets = list(Budget.objects.visible_to(user).live())
    figures = statuses(budgets, now, at)
    entries = {b.pk: Entry(b, figures[b.pk], standing_of(figures[b.pk])) for b in budgets}
    tops: list[Entry] = []
    for entry in sorted(entries.values(), key=lambda e: (-e.status.spent, e.budget.name, e.budget.pk)):
        parent = entries.get(entry.budget.parent_id)
        (parent.children if parent else tops).append(entry)
    for entry in reversed(list(_from_the_top(tops))):
        entry.below = sum(1 + child.below for child in entry.children)
        entry.trouble_below = sum(child.trouble_below + (child.standing in NOT_ON_TRACK) for child in entry.children)
        inside = (standing for child in entry.children for standing in (child.standing, child.worst_below))
        entry.worst_below = min(inside, key=URGENCY.__getitem__, default=Standing.ARCHIVED)
    company = sorted((entry for entry in tops if not entry.budget.scope), key=_least_of_a_tree)
    return Outline(entries, company, [entry for entry in tops if entry.budget.scope])


def _apart(name: str, tops: list[Entry]) -> Group:
    used = {key for top in tops for key in top.budget.scope}
    return Group(name, tops, tuple(key for key in KEYS if key in used))


def _least_of_a_tree(entry: Entry) -> tuple[int, datetime, int]:
    """Puts the tree that holds the most budgets first, then the oldest."""
    return -entry.below, entry.budget.created_at, entry.budget.pk


def _from_the_top(tops: list[Entry]) -> Iterator[Entry]:
    waiting = list(tops)
    for entry in waiting:
        yield entry
        waiting.extend(entry.children)


def last_usage(budgets: Iterable[Budget]) -> datetime | None:
    """The last hour in which one of these budgets was charged."""
    latest = BudgetHour.objects.filter(budget=OuterRef("pk")).order_by("-hour").values("hour")[:1]
    found = Budget.objects.filter(pk__in=[budget.pk for budget in budgets]).annotate(latest=Subquery(latest))
    return max((hour for hour in found.values_list("latest", flat=True) if hour is not None), default=None)


def last_periods(budgets: Iterable[Budget]) -> dict[int, BudgetPeriod]:
    """The latest stored period of each budget, by the budget's id."""
    rows = BudgetPeriod.objects.filter(budget__in=[budget.pk for budget in budgets])
    return {row.budget_id: row for row in rows.order_by("budget_id", "-starts").distinct("budget_id")}
