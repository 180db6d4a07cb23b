"""What a plan would change, worked out in memory by the rules that single changes follow, and nothing written.

All rows are assigned before any is checked, so that it is the tree as it would be in the end that is asked: a child may
grow with its parent, and a budget may lie below one that the same plan makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from accounts.models import User
from budgets.domain.allocation import handed_out, refuse_over_allocation
from budgets.domain.candidates import label_sets
from budgets.domain.changes import ALLOCATION, refuse_to_restore
from budgets.domain.errors import BudgetError
from budgets.domain.history import snapshot
from budgets.domain.placing import MAY_NOT_PLACE, MAY_NOT_PLACE_BELOW, reach_of, refuse_beyond, refuse_position
from budgets.domain.plan.columns import SCOPE, is_day
from budgets.domain.plan.matching import Entry, Matching
from budgets.domain.plan.reading import Row, said
from budgets.domain.plan.standing import Standing
from budgets.domain.scopes import ScopeIndex
from budgets.domain.spans import charged_outside
from budgets.domain.thresholds import sound_thresholds, thresholds_of
from budgets.domain.validation import assign, closed_days, keep_past_amounts, sound_scope
from budgets.domain.writing import Edit
from budgets.models import Budget
from usage.rules import visible_hours
from wire.money import exact

PLAIN = ("name", "amount", "period", "anchor", "starts_on", "ends_on", "rollover", "over_allocation")
SHOWN = (*PLAIN, "scope", "owner", "thresholds", "amounts")
NOT_YOURS = "You may see this budget but not change it. Ask someone who may edit it, or take the row out."
ARCHIVED = "This budget is archived. Write no under archived to bring it back, or take the row out."
NEW_ARCHIVED = "A new budget cannot be archived. Write no, or take the row out."
BACK_WITH_ABOVE = "It comes back with the budget above it. Archive it once it is back, or leave the one above archived."
NO_USER = "No one has this e-mail address here. Ask an administrator to add them."
NO_AMOUNT = "Write an amount: a new budget needs one."


class Handed(NamedTuple):
    """What a budget has, and what it hands out to those right below it, before and after. None: it was not there."""

    budget: Budget
    is_top: bool
    limit_before: Decimal | None
    out_before: Decimal
    limit: Decimal
    out: Decimal

    @property
    def is_over(self) -> bool:
        """Whether the plan has it hand out more than it has, or more beyond it than before."""
        over_before = max(self.out_before - (self.limit_before or 0), Decimal(0))
        return self.out - self.limit > over_before


@dataclass
class Plan:
    """All rows worked out. `edits` go with entries that change a budget; `archived` and `restored` with all below."""

    entries: list[Entry]
    standing: Standing
    edits: dict[Entry, Edit] = field(default_factory=dict)
    archived: dict[int, Budget] = field(default_factory=dict)  # by id
    restored: dict[Budget, datetime] = field(default_factory=dict)
    handed: list[Handed] = field(default_factory=list)

    @property
    def new(self) -> list[Entry]:
        """Those that make a budget."""
        return [entry for entry in self.entries if entry.is_new]

    @property
    def refused(self) -> int:
        """How many rows have something wrong."""
        return sum(bool(entry.problems) for entry in self.entries)

    @property
    def changes(self) -> int:
        """How many rows change anything."""
        return sum("unchanged" not in entry.kinds for entry in self.entries)

    def versions(self) -> dict[int, int]:
        """The versions of all stored budgets that the plan changes or builds on."""
        involved: dict[int, int] = {}
        for entry in self.entries:
            for budget in (entry.budget, entry.budget.parent, entry.above):
                if budget is not None and budget.pk is not None:
                    involved[budget.pk] = budget.version
        for budget in (*self.archived.values(), *self.restored):
            involved[budget.pk] = budget.version
        return involved


def draft(rows: Sequence[Row], user: User | None, now: datetime) -> Plan:
    """What these rows would change if `user` (None: the command line, which may all) applied them now.

    Reads in a fixed number of queries, and writes nothing.
    """
    standing = Standing(user, now)
    entries = Matching(rows, standing).entries
    plan = Plan(entries, standing)
    owners = {owner.email: owner for owner in User.objects.filter(email__in=said(rows, "owner"), is_active=True)}
    before = _handed(standing)
    limits = {budget.pk: budget.amount for budget in standing.budgets.values()}
    closed = closed_days([e.budget for e in entries if not e.is_new and e.budget.pk and _plans(e.row)], now)
    for entry in entries:
        _fields(entry, standing, owners)
    for entry in entries:
        if not entry.is_new and entry.budget.pk is not None:
            plan.edits[entry] = Edit(entry.budget)
            entry.before["parent"] = standing.path_of(entry.budget)
    for entry in entries:
        _assign(entry, plan, closed)
    standing.settle([*standing.budgets.values(), *(entry.budget for entry in plan.new)])
    _restore(plan)
    _archive(plan)
    for entry in entries:
        _refuse_place(entry, standing)
    for entry in entries:
        _refuse_rest(entry, plan)
    _refuse_to_uncharge(plan)
    _warn_of_no_usage(plan)
    for entry in entries:
        _settle(entry, plan)
    plan.handed = _compare(standing, before, limits)
    return plan


def _plans(row: Row) -> bool:
    return any(is_day(name) for name in row.values)


def _fields(entry: Entry, standing: Standing, owners: Mapping[str, User]) -> None:
    """The fields that the row says and that differ, as `edit_budget` and `create_budget` take them."""
    values, budget, fields = entry.row.values, entry.budget, entry.fields
    if not entry.is_new and budget.pk is None:
        return
    for name in PLAIN:
        if name in values and (entry.is_new or values[name] != getattr(budget, name)):
            fields[name] = values[name]
    if any(key in values for key in SCOPE):
        scope = {key: value for key in SCOPE if (value := values.get(key, budget.scope.get(key)))}
        with _told(entry, standing):
            if (scope := sound_scope(scope)) != budget.scope:
                fields["scope"] = scope
    if "owner" in values:
        _owner(entry, values["owner"], standing, owners)
    if "thresholds" in values:
        with _told(entry, standing):
            thresholds = sound_thresholds(values["thresholds"])
            if entry.is_new or thresholds != thresholds_of(budget):
                fields["thresholds"] = thresholds
    if _plans(entry.row):
        planned = {name: value for name, value in values.items() if is_day(name)}
        amounts = {**budget.amounts, **{day: exact(value) for day, value in planned.items() if value is not None}}
        amounts = {day: amount for day, amount in sorted(amounts.items()) if planned.get(day, amount) is not None}
        if amounts != budget.amounts:
            fields["amounts"] = amounts
    if entry.is_new:
        if "amount" not in fields and not any(problem.column == "amount" for problem in entry.problems):
            entry.refuse("amount", NO_AMOUNT)
        fields.setdefault("owner", standing.user)


def _owner(entry: Entry, address: str, standing: Standing, owners: Mapping[str, User]) -> None:
    present = None if entry.is_new else entry.budget.owner
    if address == (present.email if present else "") and not entry.is_new:
        return
    if address and address not in owners:
        entry.refuse("owner", NO_USER)
    else:
        entry.fields["owner"] = owners.get(address)


@contextmanager
def _told(entry: Entry, standing: Standing) -> Iterator[None]:
    """Notes what the domain refuses at the entry that it is about, in words that name no budget not to be seen."""
    try:
        yield
    except BudgetError as error:
        hidden = error.about is not None and not standing.sees(error.about)
        entry.refuse(_column(error.field), error.elsewhere if hidden else error.message)


COLUMN_OF = {"parent_budget": "path", "non_field_errors": "", "alerts": "thresholds", "amounts": "planned amounts"}


def _column(refused: str) -> str:
    name = refused.removeprefix("scope.").partition(".")[0]
    return COLUMN_OF.get(name, name)


def _assign(entry: Entry, plan: Plan, closed: Mapping[int, set[str]]) -> None:
    """Gives the budget its new fields and place; where one is refused, it stays what it was."""
    budget, standing = entry.budget, plan.standing
    if entry.is_new:
        budget.created_at, budget.created_by = standing.now, standing.user
        budget.parent = entry.above
        budget.name, budget.amount = "", Decimal(0)
        with _told(entry, standing):
            assign(budget, entry.fields)
        return
    if budget.pk is None:
        return
    edit = plan.edits[entry]
    was = {name: getattr(budget, name) for name in ("owner", "owner_name", "scope", "amounts", *PLAIN)}
    fields = {name: value for name, value in entry.fields.items() if name != "thresholds"}
    with _told(entry, standing):
        assign(budget, fields)
        if "amounts" in fields:
            keep_past_amounts(budget, edit.before["amounts"], standing.now, closed[budget.pk])
    if entry.problems:
        for name, value in was.items():
            setattr(budget, name, value)
        del plan.edits[entry]
    elif entry.moves:
        budget.parent = entry.above


def _refuse_place(entry: Entry, standing: Standing) -> None:
    budget = entry.budget
    if entry.problems or not (entry.is_new or entry.moves):
        return
    with _told(entry, standing):
        refuse_position(budget, lambda: standing.height_of(budget))


def _restore(plan: Plan) -> None:
    """Brings back what rows say, each with those below that were archived together with it."""
    standing = plan.standing
    back = [
        entry
        for entry in plan.entries
        if not entry.is_new and entry.budget.archived_at is not None and entry.row.values.get("archived") is False
    ]
    for entry in back:
        since = entry.budget.archived_at
        opened = [found for found in standing.below(entry.budget) if found.archived_at == since]
        plan.restored |= {found: found.archived_at for found in opened if found.archived_at is not None}
        entry.kinds.append("restored")
        _say_others(entry, plan, opened, "comes back", "come back")
    for found in plan.restored:
        found.archived_at = None
    for entry in back:
        with _told(entry, standing):
            refuse_to_restore(entry.budget)


def _archive(plan: Plan) -> None:
    """Archives what rows say, each with all that is below it once the rows have moved what they move."""
    standing = plan.standing
    for entry in plan.entries:
        budget = entry.budget
        if not entry.row.values.get("archived") or (budget.pk is None and not entry.is_new):
            continue
        if entry.is_new:
            entry.refuse("archived", NEW_ARCHIVED)
        elif budget in plan.restored:
            entry.refuse("archived", BACK_WITH_ABOVE)
        elif budget.archived_at is None or budget.pk in plan.archived:
            closed = [found for found in standing.below(budget) if found.archived_at is None and found.pk is not None]
            _say_others(entry, plan, closed, "is archived", "are archived")
            plan.archived |= {found.pk: found for found in [budget, *closed]}
            for found in closed:
                found.archived_at = standing.now
            entry.kinds.append("archived")


def _say_others(entry: Entry, plan: Plan, found: Sequence[Budget], one: str, many: str) -> None:
    others = sum(budget is not entry.budget and plan.standing.sees(budget) for budget in found)
    if others:
        entry.warnings.append(f"{others} budget{'s' if others > 1 else ''} below it {many if others > 1 else one} too.")


def _refuse_rest(entry: Entry, plan: Plan) -> None:
    """What is asked of the tree as it would be: rights, reach, over-allocation."""
    budget, standing = entry.budget, plan.standing
    if entry.problems:
        return
    edit = plan.edits.get(entry)
    does_more = bool({"archived", "restored"} & set(entry.kinds))
    changes = entry.is_new or entry.moves or bool(entry.fields)
    if not (changes or does_more):
        return
    if not entry.is_new and not standing.may_edit(budget):
        entry.refuse("", NOT_YOURS)
        return
    if changes and budget.archived_at is not None and budget.pk not in plan.archived:
        entry.refuse("archived", ARCHIVED)
        return
    places = [budget.parent] if entry.is_new else [edit.above, budget.parent] if edit and entry.moves else []
    for place in places:
        if not standing.may_place(place):
            entry.refuse(
                "path", (MAY_NOT_PLACE if place is None else MAY_NOT_PLACE_BELOW).replace("parent_budget", "path")
            )
            return
    wanted = reach_of(budget)
    own = edit.own if edit else None
    with _told(entry, standing):
        if standing.limited and wanted != own:
            above = standing.parent_of(budget)
            refuse_beyond(wanted, own, [standing.present_reach(above)] if above is not None else [])
        names = set(entry.fields) | ({"parent"} if entry.moves else set())
        if (entry.is_new or ALLOCATION & names or does_more) and budget.pk not in plan.archived:
            refuse_over_allocation(budget, standing.now, standing)


def _refuse_to_uncharge(plan: Plan) -> None:
    dated = [entry for entry in plan.edits if {"starts_on", "ends_on"} & set(entry.fields) and not entry.problems]
    refused = charged_outside([entry.budget for entry in dated])
    for entry in dated:
        if error := refused.get(entry.budget.pk):
            message = error.message.replace(", or change all history (all_history)", "")
            entry.refuse(error.field, message)


def _warn_of_no_usage(plan: Plan) -> None:
    """A scope that no usage matches may be misspelt: told of those that are new, by the usage that the person sees."""
    asked = [entry for entry in plan.entries if not entry.problems and entry.fields.get("scope")]
    if not asked:
        return
    index = ScopeIndex(list(enumerate(entry.budget.scope for entry in asked)))
    user = plan.standing.user
    seen = (
        label_sets()
        if not plan.standing.limited
        else label_sets(pk__in=visible_hours(user).order_by().values("attribution"))
    )
    unmatched = set(range(len(asked)))
    for labels in seen:
        unmatched -= index.matching(labels)
        if not unmatched:
            break
    for number in sorted(unmatched):
        asked[number].warnings.append("No usage fits its scope yet. Check the spelling of its names.")


def _settle(entry: Entry, plan: Plan) -> None:
    """What kind of change it is, with both sides of what differs."""
    budget = entry.budget
    edit = plan.edits.get(entry)
    if entry.problems:
        entry.kinds = ["refused"]
        return
    entry.path = plan.standing.path_of(budget)
    if entry.is_new:
        entry.kinds = ["created"]
        after = snapshot(budget, entry.fields.get("thresholds") or [])
        entry.before, entry.after = {}, {name: after[name] for name in SHOWN}
        return
    assert edit is not None
    above = entry.before.pop("parent")
    edit.done(entry.fields.get("thresholds"))
    names = [name for name in SHOWN if name in edit.changed]
    entry.before = {name: edit.before[name] for name in names}
    entry.after = {name: edit.after[name] for name in names}
    if names:
        entry.kinds.append("changed")
    if "parent" in edit.changed or entry.moves:
        entry.kinds.append("moved")
        entry.before["parent"], entry.after["parent"] = list(above), list(entry.path)
    if not edit.changed and not entry.moves:
        del plan.edits[entry]
    entry.kinds = entry.kinds or ["unchanged"]


def _handed(standing: Standing) -> dict[int, Decimal]:
    return {
        budget.pk: handed_out(budget, standing.now, standing)
        for budget in standing.seen()
        if standing.all_children_of(budget)
    }


def _compare(standing: Standing, before: Mapping[int, Decimal], limits: Mapping[int, Decimal]) -> list[Handed]:
    """Budgets with others below them whose limit changes, or that hand out more or less than before, in tree order."""
    found = []
    for budget in standing.in_order():
        if not standing.sees(budget):
            continue
        out = handed_out(budget, standing.now, standing) if standing.children_of(budget) else Decimal(0)
        out_before = before.get(budget.pk, Decimal(0))
        limit_before = limits.get(budget.pk)
        if (out or out_before) and (out, budget.amount) != (out_before, limit_before):
            is_top = standing.parent_of(budget) is None
            found.append(Handed(budget, is_top, limit_before, out_before, budget.amount, out))
    return found
