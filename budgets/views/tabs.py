"""What every list of budgets is cut by: a search, a place in the tree, and a state, which the tabs choose and count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, QueryDict

from budgets.domain.outline import AT_RISK, OUTSIDE, Entry, Outline, Standing, by_urgency, is_meant
from budgets.models import Budget
from budgets.models.budget import BudgetQuerySet
from budgets.rules import may_create
from budgets.templatetags.standing import word_of
from budgets.views.sorting import Order
from wire.queries import id_in

A_PAGE = 50
STATES = {
    "at-risk": ("At risk", AT_RISK),
    "close": ("Close", (Standing.WARNING,)),
    "on-track": ("On track", (Standing.OK,)),
    "not-running": ("Not running", OUTSIDE),
    "not-agreed": ("No limit agreed", (Standing.UNAGREED,)),
}
UNASKED = ("at-risk", "close", "on-track")  # tabs that are there even if they hold nothing
ARCHIVED = "archived"
MINE, NOBODY = "me", "none"


@dataclass(frozen=True)
class Tab:
    """A tab with how many budgets it holds, and where it leads."""

    name: str
    count: int
    address: str
    chosen: bool


class Cut:
    """The budgets that someone may see, cut by what the address asks for. Raises Http404 for an unknown place."""

    def __init__(self, request: HttpRequest, found: Outline) -> None:
        self.request, self.found = request, found
        wanted = request.GET.get("state", "")
        self.state = wanted if wanted in STATES or wanted == ARCHIVED else ""
        self.query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        self.under = self._place(request.GET["under"]) if "under" in request.GET else None
        self.owner = request.GET.get("owner", "").replace("\x00", "").strip()[:254]
        self.order = Order(request)

    def _place(self, pk: str) -> Entry:
        number = id_in(pk)
        entry = self.found.entries.get(number) if number is not None else None
        if entry is None:
            raise Http404
        return entry

    @property
    def is_tree(self) -> bool:
        """Nothing is asked for, so all of it is shown in its place."""
        return not (self.query or self.under or self.state or self.owner)

    def entries(self) -> list[Entry]:
        """The live budgets in the place and of the search, of every state, the most urgent first."""
        held = self.under.all_below if self.under else self.found.entries.values()
        kept = (e for e in held if (not self.query or is_meant(e.budget, self.query)) and self._is_owned(e.budget))
        return self.order.of(by_urgency(kept))

    def _is_owned(self, budget: Budget) -> bool:
        """Whether the budget is of the chosen owner: of a name, of whoever looks (me), of nobody (none)."""
        if self.owner == MINE:
            return budget.owner_id == self.request.user.pk
        return not self.owner or budget.owner_name == ("" if self.owner == NOBODY else self.owner)

    def of_state(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of them that the chosen tab holds."""
        return [e for e in entries if e.standing in STATES[self.state][1]] if self.state in STATES else list(entries)

    def archived(self) -> list[Budget] | BudgetQuerySet:
        """The archived budgets in the place and of the search, the latest first."""
        budgets = Budget.objects.visible_to(self.request.user).filter(archived_at__isnull=False)
        if self.under:
            budgets = budgets.filter(parent__in=[self.under.budget.pk, *(e.budget.pk for e in self.under.all_below)])
        if self.owner == MINE:
            budgets = budgets.filter(owner=self.request.user.pk)
        elif self.owner:
            budgets = budgets.filter(owner_name="" if self.owner == NOBODY else self.owner)
        budgets = budgets.order_by("-archived_at", "name", "id")
        return [budget for budget in budgets if is_meant(budget, self.query)] if self.query else budgets

    def owners(self) -> list[tuple[str, str]]:
        """The owners of budgets that the person may see, as the filter offers them."""
        names = {entry.budget.owner_name for entry in self.found.entries.values()}
        named = [(name, name) for name in sorted(names - {"", MINE, NOBODY}, key=str.casefold)]
        return [(MINE, "Mine"), *named, *([(NOBODY, "Nobody’s")] if "" in names else [])]

    def frame(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """What the page shows around its list; `entries` are those of every state."""
        counts = Counter(entry.standing for entry in entries)
        tabs = [self._tab("", "All", len(entries))]
        fine = [entry for entry in entries if entry.standing is Standing.OK]
        over = bool(fine) and all(entry.status.is_over for entry in fine)
        for key, (name, standings) in STATES.items():
            count = sum(counts[standing] for standing in standings)
            if count or key in UNASKED or key == self.state:
                words = word_of(Standing.OK, over=over) if key == "on-track" else name
                tabs.append(self._tab(key, words, count))
        archived = self.archived()
        count = len(archived) if isinstance(archived, list) else archived.count()
        tabs.append(self._tab(ARCHIVED, "Archived", count))
        return {
            "section": "budgets",
            "total": len(self.found.entries),
            "tabs": tabs,
            "may_create": may_create(self.request.user),
            "state": self.state,
            "query": self.query,
            "under": self.under,
            "owner": self.owner,
            "owners": self.owners(),
            "sort": self.order.written,
            "headings": self.order.headings(),
            "shown": self.address(),
        }

    def kept(self) -> dict[str, str]:
        """What the address asks for, by its parameters; those that ask for nothing are empty."""
        return {
            "state": self.state,
            "under": str(self.under.budget.pk) if self.under else "",
            "q": self.query,
            "owner": self.owner,
            "sort": self.order.written,
            "period": self.request.GET.get("period", ""),
        }

    def address(self, **changes: str) -> str:
        """The query of the list with other parameters."""
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in {**self.kept(), **changes}.items() if value})
        return f"?{query.urlencode()}" if query else ""

    def _tab(self, key: str, name: str, count: int) -> Tab:
        return Tab(name, count, self.address(state=key), key == self.state)


def page_of(request: HttpRequest, rows: Sequence[Any]) -> Page:
    """The page of a list that the address asks for."""
    return Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
