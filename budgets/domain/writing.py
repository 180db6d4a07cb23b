"""New and edited budgets are written here, one or a thousand: rows, spans, periods, thresholds and history together.

The caller holds the ledger's lock, has checked all that may be refused, and charges anew afterwards what is told here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts.models import User
from budgets.domain import rebuild, tree
from budgets.domain.candidates import Candidates, label_sets
from budgets.domain.history import Actor, change_row, snapshot, told_apart
from budgets.domain.membership import Membership
from budgets.domain.opening import keep_closed_periods
from budgets.domain.placing import Reach, is_limited, present_reach, reach_of, refuse_cycle
from budgets.domain.rollover import settle_rollover
from budgets.domain.scopes import tag_keys
from budgets.domain.spans import (
    charged_outside,
    detach_uncovered,
    first_spans,
    latest_start,
    recut_periods,
    replace_span,
    set_amounts,
)
from budgets.domain.thresholds import set_thresholds
from budgets.models import Budget, BudgetAttribution, BudgetChange, BudgetPeriod, BudgetSpan
from usage.domain import attribution, ground

TREE = {"parent", "scope"}
SCHEDULE = {"period", "anchor", "starts_on", "ends_on"}
WRITTEN = [
    *("parent", "name", "amount", "period", "anchor", "starts_on", "ends_on", "scope", "owner", "owner_name"),
    *("rollover", "rollover_from", "over_allocation", "amounts", "archived_at", "version"),
]


class Starts:
    """When the open periods of stored budgets began, read once for many of them."""

    def __init__(self, budgets: Collection[Budget] | None, now: datetime) -> None:
        rows = BudgetPeriod.objects.filter(starts__lte=now, ends__gt=now)
        if budgets is not None:
            rows = rows.filter(budget__in=[budget.pk for budget in budgets if budget.pk])
        self._stored = dict(rows.order_by("starts").values_list("budget_id", "starts"))
        self._now = now

    def latest(self, budgets: Collection[Budget]) -> datetime:
        """The latest start of these budgets' open periods."""
        stored = [self._stored[budget.pk] for budget in budgets if budget.pk in self._stored]
        return latest_start(budgets, self._now, stored)


class Edit:
    """A budget that is edited: made before its fields are assigned, `done` when they are."""

    def __init__(self, budget: Budget, *, all_history: bool = False) -> None:
        self.budget = budget
        self.all_history = all_history
        self.before = snapshot(budget)
        self.own: Reach = reach_of(budget)
        self.above = budget.parent
        self.lines = tree.ancestors_of(budget)
        self.owner: User | None = budget.owner
        self.after: dict[str, Any] = {}
        self.changed: set[str] = set()
        self.parts: set[str] = set()

    def done(self, thresholds: Sequence[Mapping[str, Any]] | None, again: Collection[str] = ()) -> bool:
        """The fields are assigned, and the thresholds shall be these, or stay. Whether anything is to be written.

        `again` are fields that hold for all history now, though they are what they were.
        """
        self.after = snapshot(self.budget)
        if thresholds is not None:
            self.after["thresholds"] = thresholds
        self.changed = {name for name, value in self.after.items() if self.before[name] != value}
        self.parts = self.changed | set(again)
        if self.owner != self.budget.owner:
            self.before["owner"], self.after["owner"] = told_apart(self.owner, self.budget.owner)
        return self.before != self.after or bool(again)

    def rows(self, actor: Actor, now: datetime, edge: datetime | None) -> list[BudgetChange]:
        """The history's lines of the edit: one for each part that holds from another time on."""
        kept = None if self.all_history else now
        told = [
            ("amount", {"amount"}, now),
            ("scope", {"scope"}, edge),
            ("moved", {"parent"}, edge),
            ("edited", {"rollover"}, kept),
            ("edited", {"amounts"}, kept),
            ("edited", {"starts_on", "ends_on"}, edge),
            ("edited", {"period", "anchor"}, edge or now),
        ]
        others = set(self.before).difference(*(names for _, names, _ in told))
        rows = []
        for what, parts, since in [*told, ("edited", others, None)]:
            if any(self.before[name] != self.after[name] or name in self.parts - self.changed for name in parts):
                old, new = ({name: side[name] for name in sorted(parts)} for side in (self.before, self.after))
                rows.append(change_row(self.budget, actor, now, what, old, new, since))
        return rows


def write_edits(edits: Sequence[Edit], actor: Actor, now: datetime, starts: Starts) -> None:
    """Writes edits that are done. Raises BudgetError for what only the ledger can tell."""
    for edit in edits:
        budget = edit.budget
        if "rollover" in edit.parts:
            settle_rollover(budget, now, all_history=edit.all_history)
        if edit.changed & {"period", "anchor"}:
            keep_closed_periods(budget, now)
        budget.version += 1
    save_rows([edit.budget for edit in edits])
    edges = {edit: _replace_spans(edit, starts) for edit in edits if edit.parts & (TREE | SCHEDULE)}
    dated = [edit.budget for edit in edits if edit.changed & {"starts_on", "ends_on"} and not edit.all_history]
    for error in charged_outside(dated).values():
        raise error
    if edges:
        refuse_cycle()
    for edit in edges:
        if edit.parts & SCHEDULE:
            same_kind = not edit.parts & {"period", "anchor"}
            recut_periods(edit.budget, now, same_kind=same_kind, all_history=edit.all_history)
    rows = [row for edit in edits for row in edit.rows(actor, now, edges.get(edit))]
    BudgetChange.objects.bulk_create(rows)
    amounts = [edit for edit in edits if edit.changed & {"amount", "amounts"}]
    set_amounts({edit.budget: (edit.before["amounts"], edit.after["amounts"]) for edit in amounts}, now)
    set_thresholds({edit.budget: edit.after["thresholds"] for edit in edits if "thresholds" in edit.changed})
    _name_tags([edit.budget for edit in edges if edit.parts & TREE and not edit.all_history], now, starts)
    _name_tags([edit.budget for edit in edges if edit.parts & TREE and edit.all_history], now, None)


def _replace_spans(edit: Edit, starts: Starts) -> datetime | None:
    """Cuts the spans where the edit begins to hold, and says when that is: None for all history."""
    above = [found for found in tree.ancestors_of(edit.budget.parent) if found not in edit.lines]
    edge = None if edit.all_history else starts.latest([*edit.lines, *above])
    if edge is not None and edit.changed & {"starts_on", "ends_on"}:
        detach_uncovered(edit.budget, edit.own.starts, edit.own.ends, edge)
    if edit.parts & TREE:
        replace_span(edit.budget, edge)
    return edge


@dataclass(eq=False)
class New:
    """A budget that is to be made, checked, with sound thresholds."""

    budget: Budget
    thresholds: Sequence[Mapping[str, Any]] = ()
    all_history: bool = False
    rollover_since_ever: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rollover_since_ever = self.budget.starts_on is not None


def write_new(new: Sequence[New], actor: Actor, now: datetime, starts: Starts) -> None:
    """Writes new budgets, those above before those below them."""
    levels: dict[int, list[New]] = defaultdict(list)
    for one in new:
        settle_rollover(one.budget, now, all_history=one.rollover_since_ever)
        levels[len(tree.ancestors_of(one.budget))].append(one)
    reaches: dict[int, datetime | None] = {}
    for _, level in sorted(levels.items()):
        Budget.objects.bulk_create([one.budget for one in level])
        spans = []
        for one in level:
            parent = one.budget.parent
            edge = None if one.all_history else starts.latest([one.budget, *tree.ancestors_of(parent)])
            since = None
            if parent is not None and is_limited(actor.user):
                if parent.pk not in reaches:
                    reaches[parent.pk] = present_reach(parent).starts
                since = reaches[parent.pk]
            spans += first_spans(one.budget, since, edge)
        BudgetSpan.objects.bulk_create(spans)
    set_thresholds({one.budget: one.thresholds for one in new if one.thresholds})
    rows = []
    for one in new:
        after = snapshot(one.budget, one.thresholds)
        rows.append(change_row(one.budget, actor, now, "created", {}, after, None))
    BudgetChange.objects.bulk_create(rows)
    _name_tags([one.budget for one in new if not one.all_history], now, starts)
    _name_tags([one.budget for one in new if one.all_history], now, None)


def write_archived(closed: Sequence[Budget], actor: Actor, now: datetime) -> None:
    """Archives these budgets."""
    after = {"archived_at": now.isoformat()}
    _set_archived(closed, now)
    BudgetChange.objects.bulk_create(
        change_row(budget, actor, now, "archived", {"archived_at": None}, after, now) for budget in closed
    )


def write_restored(opened: Mapping[Budget, datetime], actor: Actor, now: datetime) -> None:
    """Brings these budgets back, which were archived then."""
    _set_archived(opened, None)
    BudgetChange.objects.bulk_create(
        change_row(budget, actor, now, "restored", {"archived_at": since.isoformat()}, {"archived_at": None}, since)
        for budget, since in opened.items()
    )


def _set_archived(budgets: Collection[Budget], archived_at: datetime | None) -> None:
    """Touches nothing else of the rows, which may be about to be edited."""
    for budget in budgets:
        budget.archived_at = archived_at
        budget.version += 1
    rows = Budget.objects.filter(pk__in=[budget.pk for budget in budgets])
    rows.update(archived_at=archived_at, version=F("version") + 1)


def save_rows(budgets: Sequence[Budget]) -> None:
    """Writes stored budgets as they are now, in one statement."""
    if len(budgets) == 1:
        budgets[0].save(force_update=True)
    elif budgets:
        ordered = sorted(budgets, key=lambda budget: budget.pk)
        Budget.objects.bulk_create(ordered, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)


def _name_tags(budgets: Iterable[Budget], now: datetime, starts: Starts | None) -> None:
    """Tag keys that no scope named so early before become labels; usage of the open period gets them by a job."""
    keys: dict[datetime | None, set[str]] = defaultdict(set)
    for budget in budgets:
        if named := tag_keys(budget.scope):
            keys[starts.latest([budget]) if starts else None] |= named
    for since, together in keys.items():
        attribution.name_tags(together, since, now)


def recharge(budgets: Collection[int], candidates: Candidates | None, now: datetime) -> None:
    """Brings membership, hours and periods into line with the tree, for all that these budgets can touch."""
    ground.bump("tree")
    members = BudgetAttribution.objects.filter(budget__in=budgets).order_by()
    affected = {} if candidates is None else candidates.complete()
    others = set(members.values_list("attribution_id", flat=True).distinct()) - affected.keys()
    affected |= {labels.id: labels for labels in label_sets(pk__in=others)}
    wanted = rebuild.members_of(affected.values(), Membership(tree.load_spans()))
    ranges = rebuild.replace_members(wanted)
    rebuild.rebuild({**dict.fromkeys(budgets, rebuild.NOTHING), **ranges}, now)


def charge_edits(edits: Sequence[Edit], candidates: Candidates, now: datetime, others: Collection[int] = ()) -> None:
    """Charges what was written: where scopes, places or dates changed anew, elsewhere by the new amounts alone.

    `others` are budgets that are new, or archived or brought back.
    """
    moved = {edit.budget.pk for edit in edits if edit.parts & (TREE | SCHEDULE)} | set(others)
    if moved:
        recharge(moved, candidates, now)
    if rest := {edit.budget.pk for edit in edits} - moved:
        rebuild.settle_periods(rest, now)
