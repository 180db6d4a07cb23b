"""Two people who edit one budget: the second is told who changed what meanwhile, beside what they typed themselves.

What only the other one changed is taken over into the form. What both changed stays as it was typed, with the other's
beside it. Nothing is saved until the person saves again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.http import QueryDict

from budgets.domain.errors import BudgetError
from budgets.domain.history import snapshot
from budgets.domain.validation import sound_scope
from budgets.forms import AS_IT_IS, HELD_BY, as_sent
from budgets.limits_form import CELL, cell_texts, made_for
from budgets.models import Budget, BudgetChange
from budgets.views.history import NAMES, words_of
from wire.money import exact

SOMEONE = "Someone"


class Save(NamedTuple):
    """Something that was saved meanwhile: by whom, when and why."""

    who: str
    at: datetime
    reason: str


class Clash(NamedTuple):
    """A field that someone else changed: what it was, what they made of it, and what was typed here, in words.

    `theirs_typed` are the form's fields as they would be sent with theirs, as JSON; "" where nothing is to choose.
    """

    title: str
    was: str
    theirs: str
    mine: str
    save: Save
    theirs_typed: str = ""


@dataclass(frozen=True)
class Conflict:
    """What was saved meanwhile, the fields that both changed, those that the other alone did, the form's new data."""

    saves: list[Save]
    both: list[Clash]
    taken: list[Clash]
    data: QueryDict


def conflict_of(budget: Budget, fields: Mapping[str, Any], sent: QueryDict, user: Any) -> Conflict:
    """What to tell someone who sent `fields` for an older version of the budget, which is given as it is now."""
    rows = _since(budget, int(sent.get("version") or 0))
    theirs = snapshot(budget)
    was, by_field = dict(theirs), dict[str, BudgetChange]()
    for row in rows:  # the latest first
        for name in row.after:
            was[name] = row.before.get(name, was.get(name))
            by_field.setdefault(name, row)
    mine = _typed(fields, theirs)
    names = _names_of({one.get("parent") for one in (was, theirs, mine)}, user)
    data, both, taken = sent.copy(), [], []
    data["version"] = str(budget.version)
    for name, title in NAMES.items():
        if name not in by_field or _alike(name, was, theirs):
            continue
        before, there, here = (words_of(name, side[name], side, names) for side in (was, theirs, mine))
        clash = Clash(title, before, there, here, _save_of(by_field[name]))
        if _alike(name, mine, was):
            taken.append(clash)
            _take_over(data, name, budget)
        elif not _alike(name, mine, theirs):
            both.append(clash._replace(theirs_typed=json.dumps(_sent_with(name, budget))))
    if "plan-for" in data and _alike("amounts", mine, was):
        _take_over(data, "amounts", budget)
    saves = [_save_of(next(group)) for _, group in groupby(rows, key=lambda row: (row.at, row.by_id))]
    return Conflict(saves, both, taken, data)


def _since(budget: Budget, version: int) -> list[BudgetChange]:
    """The changes of the edits after a version, the latest first: each edit counts one, and has one instant."""
    found: list[BudgetChange] = []
    edits = max(budget.version - version, 0)
    rows = budget.changes.exclude(what__in=("shared", "created")).select_related("by")[: edits * len(NAMES)]
    for number, (_, group) in enumerate(groupby(rows, key=lambda row: (row.at, row.by_id))):
        if number < edits:
            found += [row for row in group if row.what not in ("archived", "restored")]
    return found


def _save_of(row: BudgetChange) -> Save:
    return Save(row.by_name or SOMEONE, row.at, row.reason)


def _typed(fields: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the history keeps it; what the form does not hold is what it is now."""
    owner, parent = fields["owner"], fields.get("parent")
    try:
        scope = sound_scope(fields["scope"])
    except BudgetError:
        scope = fields["scope"]
    return {
        **{name: fields[name] for name in ("period", "anchor", "rollover", "over_allocation", "thresholds")},
        "name": fields["name"].strip(),
        "amount": exact(fields["amount"]),
        **{name: day.isoformat() if (day := fields[name]) else None for name in ("starts_on", "ends_on")},
        "scope": scope,
        "owner": owner.get_full_name() if owner else "",
        "amounts": fields.get("amounts", theirs["amounts"]),
        "parent": (parent.pk if parent else None) if "parent" in fields else theirs["parent"],
    }


def _alike(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if name == "thresholds":
        shares = ({row["threshold"] for row in side[name]} for side in (one, other))
        return next(shares) == next(shares)
    return bool(one[name] == other[name])


def _names_of(parents: set[Any], user: Any) -> dict[int, str]:
    return dict(Budget.objects.visible_to(user).filter(pk__in=parents - {None}).values_list("pk", "name"))


def _sent_with(name: str, budget: Budget) -> dict[str, str]:
    """The form's fields for one of the budget's, as a browser would send them; "" for a box that is not ticked."""
    if name == "amounts":
        return cell_texts(budget)
    return {field: as_sent(field, budget) for field in HELD_BY.get(name, (name,))}


def _take_over(data: QueryDict, name: str, budget: Budget) -> None:
    if name == "parent" and data.get("parent") == AS_IT_IS:
        return
    if name == "amounts":
        for field in [field for field in data if field.startswith(CELL)]:
            del data[field]
        data["plan-for"] = made_for(budget)
    for field, text in _sent_with(name, budget).items():
        data[field] = text
