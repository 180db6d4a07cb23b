"""What a plan would change, worked out in memory by the rules that single changes follow, and nothing written.

All rows are assigned before any is checked, so that it is the tree as it would be in the end that is asked: a child may
grow with its parent, and a budget may lie below one that the same plan makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from budgets.domain.history import snapshot
from budgets.domain.plan.checking import check, told
from budgets.domain.plan.columns import SCOPE, is_day
from budgets.domain.plan.matching import Entry, Matching
from budgets.domain.plan.outcome import Plan, all_handed, compared
from budgets.domain.plan.reading import Row, said
from budgets.domain.plan.standing import Standing
from budgets.domain.thresholds import sound_thresholds, thresholds_of
from budgets.domain.validation import assign, closed_days, keep_past_amounts, sound_scope
from budgets.domain.writing import Edit
from wire.money import exact

PLAIN = ("name", "amount", "period", "anchor", "starts_on", "ends_on", "rollover", "over_allocation")
SHOWN = (*PLAIN, "scope", "owner", "thresholds", "amounts")
NO_USER = "No one has this e-mail address here. Ask an administrator to add them."
NO_NAME = "—"  # only until a row that lacks one is refused for that
NO_AMOUNT = "Write an amount: a new budget needs one."


def draft(rows: Sequence[Row], user: User | None, now: datetime) -> Plan:
    """What these rows would change if `user` (None: the command line, which may all) applied them now.

    Reads in a fixed number of queries, and writes nothing.
    """
    standing = Standing(user, now)
    entries = Matching(rows, standing).entries
    plan = Plan(entries, standing)
    owners = {owner.email: owner for owner in User.objects.filter(email__in=said(rows, "owner"), is_active=True)}
    before = all_handed(standing)
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
    check(plan)
    for entry in entries:
        _settle(entry, plan)
    plan.handed = compared(standing, before, limits)
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
        with told(entry, standing):
            if (scope := sound_scope(scope)) != budget.scope:
                fields["scope"] = scope
    if "owner" in values:
        _owner(entry, values["owner"], standing, owners)
    if "thresholds" in values:
        with told(entry, standing):
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


def _assign(entry: Entry, plan: Plan, closed: Mapping[int, set[str]]) -> None:
    """Gives the budget its new fields and place; where one is refused, it stays what it was."""
    budget, standing = entry.budget, plan.standing
    if entry.is_new:
        budget.created_at, budget.created_by = standing.now, standing.user
        budget.parent = entry.above
        budget.name, budget.amount = NO_NAME, Decimal(0)
        with told(entry, standing):
            assign(budget, entry.fields)
        return
    if budget.pk is None:
        return
    edit = plan.edits[entry]
    was = {name: getattr(budget, name) for name in ("owner", "owner_name", "scope", "amounts", *PLAIN)}
    fields = {name: value for name, value in entry.fields.items() if name != "thresholds"}
    with told(entry, standing):
        assign(budget, fields)
        if "amounts" in fields:
            keep_past_amounts(budget, edit.before["amounts"], standing.now, closed[budget.pk])
    if entry.problems:
        for name, value in was.items():
            setattr(budget, name, value)
        del plan.edits[entry]
    elif entry.moves:
        budget.parent = entry.above


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
