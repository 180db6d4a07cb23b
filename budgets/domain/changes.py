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

from budgets.domain import rebuild, tree
from budgets.domain.allocation import refuse_over_allocation
from budgets.domain.candidates import Candidates, label_sets
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.history import Actor, record, snapshot, told_apart
from budgets.domain.membership import Membership
from budgets.domain.opening import keep_closed_periods
from budgets.domain.placing import (
    is_limited,
    place,
    present_reach,
    reach_of,
    refuse_cycle,
    refuse_place,
    refuse_wider,
)
from budgets.domain.rollover import settle_rollover
from budgets.domain.scopes import tag_keys
from budgets.domain.spans import (
    detach_uncovered,
    first_spans,
    open_period_start,
    recut_periods,
    refuse_to_uncharge,
    replace_span,
    set_amounts,
)
from budgets.domain.thresholds import set_thresholds
from budgets.domain.validation import assign, keep_past_amounts, sound_scope
from budgets.models import Budget, BudgetAttribution, BudgetSpan
from usage.domain import attribution, ground
from usage.domain.lock import hold_exclusive

TREE = {"parent", "scope"}
SCHEDULE = {"period", "anchor", "starts_on", "ends_on"}
ALLOCATION = {"amount", "amounts", "over_allocation", "parent", "period", "starts_on", "ends_on"}


def create_budget(actor: Actor, fields: Mapping[str, Any], now: datetime, *, all_history: bool = False) -> Budget:
    """A new budget, charged at once for all that its scope spent before.

    `fields` are the model's, with `parent` a Budget or None, and `thresholds` a list of {"threshold", "channels"}.
    Its ancestors count its usage from the start of the open period on; with `all_history`, from the beginning.
    Raises BudgetError.
    """
    budget = Budget(created_by=actor.user, created_at=now)
    assign(budget, {"owner": actor.user, **fields})
    candidates = Candidates([budget.scope])
    with transaction.atomic():
        hold_exclusive()
        place(budget)
        refuse_place(actor.user, budget.parent)
        refuse_wider(budget, actor.user, None, all_history=all_history)
        refuse_over_allocation(budget, now)
        settle_rollover(budget, now, all_history=budget.starts_on is not None)
        budget.save(force_insert=True)
        edge = None if all_history else open_period_start([budget, *tree.ancestors_of(budget.parent)], now)
        since = present_reach(budget.parent).starts if budget.parent and is_limited(actor.user) else None
        first_spans(budget, since, edge)
        set_thresholds(budget, fields.get("thresholds") or [])
        record(budget, actor, now, "created", {}, snapshot(budget), None)
        _name_tags(budget, now, all_history=all_history)
        _recharge({budget.pk}, candidates, now)
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
        before, own, above, lines = snapshot(budget), reach_of(budget), budget.parent, tree.ancestors_of(budget)
        owner = budget.owner
        assign(budget, fields)
        if not all_history:
            keep_past_amounts(budget, before["amounts"], now)
        place(budget)
        if budget.parent_id != before["parent"]:
            refuse_place(actor.user, above)
            refuse_place(actor.user, budget.parent)
        refuse_wider(budget, actor.user, own, all_history=all_history)
        changed = {name for name, value in snapshot(budget).items() if before[name] != value}
        for_all = TREE & set(fields) if all_history and budget.spans.count() > 1 else set()
        if all_history and fields.get("rollover") and budget.rollover_from is not None:
            for_all = for_all | {"rollover"}
        if "thresholds" in fields:
            set_thresholds(budget, fields["thresholds"] or [])
        after = snapshot(budget)
        if owner != budget.owner:
            before["owner"], after["owner"] = told_apart(owner, budget.owner)
        if after == before and not for_all:
            return budget
        if ALLOCATION & changed:
            refuse_over_allocation(budget, now)
        if "rollover" in changed | for_all:
            settle_rollover(budget, now, all_history=all_history)
        if changed & {"period", "anchor"}:
            keep_closed_periods(budget, now)
        budget.version += 1
        budget.save()
        lines += [found for found in tree.ancestors_of(budget.parent) if found not in lines]
        edge = None if all_history else open_period_start(lines, now)
        if edge is not None and changed & {"starts_on", "ends_on"}:
            detach_uncovered(budget, own.starts, own.ends, edge)
        changed |= for_all
        if changed & TREE:
            replace_span(budget, edge)
            _name_tags(budget, now, all_history=all_history)
        if changed & {"starts_on", "ends_on"} and not all_history:
            refuse_to_uncharge(budget)
        if changed & (TREE | SCHEDULE):
            refuse_cycle()
        if changed & SCHEDULE:
            recut_periods(budget, now, same_kind=not changed & {"period", "anchor"}, all_history=all_history)
        kept = None if all_history else now
        told = [
            ("amount", {"amount"}, now),
            ("scope", {"scope"}, edge),
            ("moved", {"parent"}, edge),
            ("edited", {"rollover"}, kept),
            ("edited", {"amounts"}, kept),
            ("edited", {"starts_on", "ends_on"}, edge),
            ("edited", {"period", "anchor"}, edge or now),
        ]
        for what, parts, since in [*told, ("edited", set(before).difference(*(names for _, names, _ in told)), None)]:
            if any(before[name] != after[name] or name in for_all for name in parts):
                old, new = ({name: side[name] for name in sorted(parts)} for side in (before, after))
                record(budget, actor, now, what, old, new, since)
        if changed & {"amount", "amounts"}:
            set_amounts(budget, before, after, now)
        if changed & (TREE | SCHEDULE):
            _recharge({budget.pk}, candidates, now)
        else:
            rebuild.settle_periods([budget.pk], now)
    return budget


def archive_budget(budget: Budget, actor: Actor, now: datetime) -> list[Budget]:
    """Closes a budget and all below it: nothing is charged to them from the next hour on, and all stays readable."""
    with transaction.atomic():
        hold_exclusive()
        below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]), archived_at=None)
        closed = list(below.select_for_update(of=("self",)))
        for found in closed:
            found.archived_at = now
            found.version += 1
            found.save(update_fields=["archived_at", "version"])
            record(found, actor, now, "archived", {"archived_at": None}, {"archived_at": now.isoformat()}, now)
        _recharge({found.pk for found in closed}, None, now)
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
        if budget.parent is not None and budget.parent.archived_at is not None:
            raise BudgetError(
                "parent_budget",
                f"{budget.parent.name} above it is archived. Bring that back first.",
                budget.parent,
                "The budget above it is archived. That must be brought back first.",
            )
        if amount is None or amount == budget.amount:
            refuse_over_allocation(budget, now)
        below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]), archived_at=budget.archived_at)
        opened = list(below.select_for_update(of=("self",)))
        for found in opened:
            away_since = found.archived_at
            found.archived_at = None
            found.version += 1
            found.save(update_fields=["archived_at", "version"])
            before = {"archived_at": away_since.isoformat() if away_since else None}
            record(found, actor, now, "restored", before, {"archived_at": None}, away_since)
        _recharge({found.pk for found in opened}, candidates, now)
        if amount is not None:
            edit_budget(budget, actor, {"amount": amount}, now)
    return opened


def _name_tags(budget: Budget, now: datetime, *, all_history: bool) -> None:
    """Tag keys that no scope named so early before become labels; usage of the open period gets them by a job."""
    since = None if all_history else open_period_start([budget], now)
    attribution.name_tags(tag_keys(budget.scope), since, now)


def _scopes_touched(budget: Budget, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The scopes whose usage an edit may bring in: the new one, and where dates move all that they may uncover."""
    scopes = [sound_scope(fields.get("scope", budget.scope))]
    if SCHEDULE & set(fields):
        below = BudgetSpan.objects.filter(budget__in=tree.descendant_ids([budget.pk]))
        scopes += below.order_by("id").values_list("scope", flat=True)
    return scopes


def _recharge(budgets: set[int], candidates: Candidates | None, now: datetime) -> None:
    """Brings membership, hours and periods into line with the tree, for all that these budgets can touch."""
    ground.bump("tree")
    members = BudgetAttribution.objects.filter(budget__in=budgets).order_by()
    affected = {} if candidates is None else candidates.complete()
    others = set(members.values_list("attribution_id", flat=True).distinct()) - affected.keys()
    affected |= {labels.id: labels for labels in label_sets(pk__in=others)}
    wanted = rebuild.members_of(affected.values(), Membership(tree.load_spans()))
    ranges = rebuild.replace_members(wanted)
    rebuild.rebuild({**dict.fromkeys(budgets, rebuild.NOTHING), **ranges}, now)
