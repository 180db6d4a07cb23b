"""Changes of the tree: budgets are made, edited, moved, archived and brought back here, and nowhere else.

A change of scope or place holds from the start of the open period, so that closed periods stay what they were, or for
all history when the person says so. Matching is done before the ledger's lock is taken, the rest of it under the lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from budgets.domain import tree
from budgets.domain.allocation import refuse_over_allocation
from budgets.domain.candidates import Candidates
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.history import Actor
from budgets.domain.placing import place, refuse_place, refuse_wider
from budgets.domain.scopes import Scope
from budgets.domain.thresholds import sound_thresholds
from budgets.domain.validation import assign, keep_past_amounts, sound_scope
from budgets.domain.writing import (
    SCHEDULE,
    TREE,
    Edit,
    New,
    Starts,
    charge_edits,
    recharge,
    write_archived,
    write_edits,
    write_new,
    write_restored,
)
from budgets.models import Budget, BudgetSpan
from usage.domain.lock import hold_exclusive

ALLOCATION = {"amount", "amounts", "over_allocation", "parent", "period", "starts_on", "ends_on"}


def create_budget(actor: Actor, fields: Mapping[str, Any], now: datetime, *, all_history: bool = False) -> Budget:
    """A new budget, charged at once for all that its scope spent before.

    `fields` are the model's, with `parent` a Budget or None, and `thresholds` a list of {"threshold", "channels"}.
    Its ancestors count its usage from the start of the open period on; with `all_history`, from the beginning.
    Raises BudgetError.
    """
    budget = Budget(created_by=actor.user, created_at=now)
    assign(budget, {"owner": actor.user, **fields})
    thresholds = sound_thresholds(fields.get("thresholds") or [])
    candidates = Candidates([budget.scope])
    with transaction.atomic():
        hold_exclusive()
        place(budget)
        refuse_place(actor.user, budget.parent)
        refuse_wider(budget, actor.user, None, all_history=all_history)
        refuse_over_allocation(budget, now)
        starts = Starts(tree.ancestors_of(budget.parent), now)
        write_new([New(budget, thresholds, all_history)], actor, now, starts)
        recharge({budget.pk}, candidates, now)
    return budget


def edit_budget(
    budget: Budget,
    actor: Actor,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    all_history: bool = False,
    version: int | None = None,
) -> Budget:
    """Changes a budget's fields; returns it as it then is.

    A new amount holds for the open period and those after it. `version`, when given, is the one that the caller read:
    BudgetConflict when the budget has another by now. Raises BudgetError.
    """
    candidates = Candidates(_scopes_touched(budget, fields))
    with transaction.atomic():
        hold_exclusive()
        budget = Budget.objects.select_for_update(of=("self",)).select_related("parent").get(pk=budget.pk)
        if version is not None and version != budget.version:
            raise BudgetConflict
        if budget.archived_at is not None:
            raise BudgetError("non_field_errors", "This budget is archived. Bring it back before you change it.")
        edit = Edit(budget, all_history=all_history)
        assign(budget, fields)
        if not all_history:
            keep_past_amounts(budget, edit.before["amounts"], now)
        place(budget)
        if budget.parent_id != edit.before["parent"]:
            refuse_place(actor.user, edit.above)
            refuse_place(actor.user, budget.parent)
        refuse_wider(budget, actor.user, edit.own, all_history=all_history)
        thresholds = sound_thresholds(fields["thresholds"] or []) if "thresholds" in fields else None
        if not edit.done(thresholds, _for_all_history(budget, fields) if all_history else ()):
            return budget
        if ALLOCATION & edit.changed:
            refuse_over_allocation(budget, now)
        starts = Starts([*edit.lines, *tree.ancestors_of(budget.parent)], now)
        write_edits([edit], actor, now, starts)
        charge_edits([edit], candidates, now)
    return budget


def archive_budget(budget: Budget, actor: Actor, now: datetime) -> list[Budget]:
    """Closes a budget and all below it: nothing is charged to them from the next hour on, and all stays readable."""
    with transaction.atomic():
        hold_exclusive()
        below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]), archived_at=None)
        closed = list(below.select_for_update(of=("self",)))
        write_archived(closed, actor, now)
        recharge({found.pk for found in closed}, None, now)
    return closed


def restore_budget(budget: Budget, actor: Actor, now: datetime, *, amount: Decimal | None = None) -> list[Budget]:
    """Brings back a budget with those that were archived together with it, as if they had never been away.

    With `amount` it comes back with that as its limit, where the budget above has no room for the old one. Raises
    BudgetError.
    """
    below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]))
    candidates = Candidates(list(below.values_list("scope", flat=True)))
    with transaction.atomic():
        hold_exclusive()
        budget = Budget.objects.select_related("parent").get(pk=budget.pk)
        if budget.archived_at is None:
            return []
        refuse_to_restore(budget)
        if amount is None or amount == budget.amount:
            refuse_over_allocation(budget, now)
        below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]), archived_at=budget.archived_at)
        opened = {found: found.archived_at for found in below.select_for_update(of=("self",)) if found.archived_at}
        write_restored(opened, actor, now)
        recharge({found.pk for found in opened}, candidates, now)
        if amount is not None:
            edit_budget(budget, actor, {"amount": amount}, now)
    return list(opened)


def refuse_to_restore(budget: Budget) -> None:
    """Raises BudgetError where a budget cannot come back because the one above it is archived."""
    if budget.parent is not None and budget.parent.archived_at is not None:
        raise BudgetError(
            "parent_budget",
            f"{budget.parent.name} above it is archived. Bring that back first.",
            budget.parent,
            "The budget above it is archived. That must be brought back first.",
        )


def _for_all_history(budget: Budget, fields: Mapping[str, Any]) -> set[str]:
    """The fields that hold for the past too from now on, even where they stay what they are."""
    again = TREE & set(fields) if budget.spans.count() > 1 else set()
    if fields.get("rollover") and budget.rollover_from is not None:
        again |= {"rollover"}
    return again


def _scopes_touched(budget: Budget, fields: Mapping[str, Any]) -> list[Scope]:
    """The scopes whose usage an edit may bring in: the new one, and where dates move all that they may uncover."""
    scopes = [sound_scope(fields.get("scope", budget.scope))]
    return scopes + (scopes_uncovered([budget.pk]) if SCHEDULE & set(fields) else [])


def scopes_uncovered(budgets: list[int]) -> list[Scope]:
    """The scopes whose usage other dates of these budgets may bring in, theirs and of all below them."""
    below = BudgetSpan.objects.filter(budget__in=tree.descendant_ids(budgets))
    return list(below.order_by("id").values_list("scope", flat=True))
