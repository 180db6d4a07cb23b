"""Changes of the tree: budgets are made, edited, moved, archived and brought back here, and nowhere else.

A change of scope or place holds from the start of the open period, so that closed periods stay what they were, or for
all history when the person says so. Matching is done before the ledger's lock is taken, the rest of it under the lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.domain.roles import sees_everything
from accounts.models import User
from budgets.domain import rebuild, tree
from budgets.domain.allocation import refuse_over_allocation
from budgets.domain.candidates import Candidates, label_sets
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.membership import Membership, find_cycle
from budgets.domain.opening import amounts_of
from budgets.domain.periods import Period, PeriodError, hour_of, validate
from budgets.domain.scopes import ScopeError, contains, normalise, tag_keys
from budgets.domain.thresholds import set_thresholds, thresholds_of
from budgets.models import Budget, BudgetAttribution, BudgetChange, BudgetPeriod, BudgetSpan
from usage.domain import attribution, ground
from usage.domain.lock import hold_exclusive
from usage.tasks import reattribute_tags
from wire.jobs import soon
from wire.money import exact

TREE = {"parent", "scope"}
SCHEDULE = {"period", "anchor", "starts_on", "ends_on"}
MAX_AMOUNT = Decimal(10) ** 9


@dataclass(frozen=True)
class Actor:
    """Who changes something, and why."""

    user: User | None
    reason: str = ""


def create_budget(actor: Actor, fields: Mapping[str, Any], now: datetime, *, all_history: bool = False) -> Budget:
    """A new budget, charged at once for all that its scope spent before.

    `fields` are the model's, with `parent` a Budget or None, and `thresholds` a list of {"threshold", "channels"}.
    Its ancestors count its usage from the start of the open period on; with `all_history`, from the beginning.
    Raises BudgetError.
    """
    budget = Budget(created_by=actor.user, created_at=now)
    _assign(budget, {"owner": actor.user, **fields})
    candidates = Candidates([budget.scope])
    with transaction.atomic():
        hold_exclusive()
        _place(budget)
        _refuse_wider(budget, actor, None)
        refuse_over_allocation(budget)
        budget.save(force_insert=True)
        edge = None if all_history else _open_period_start([budget, *tree.ancestors_of(budget.parent)], now)
        if budget.parent is not None and edge is not None:
            BudgetSpan.objects.create(budget=budget, parent=None, scope=budget.scope, starts=None, ends=edge)
            BudgetSpan.objects.create(budget=budget, parent=budget.parent, scope=budget.scope, starts=edge, ends=None)
        else:
            BudgetSpan.objects.create(budget=budget, parent=budget.parent, scope=budget.scope)
        set_thresholds(budget, fields.get("thresholds") or [])
        _record(budget, actor, now, "created", {}, _snapshot(budget), None)
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
        before, lines = _snapshot(budget), tree.ancestors_of(budget)
        _assign(budget, fields)
        _place(budget)
        _refuse_wider(budget, actor, before["scope"])
        changed = {name for name, value in _snapshot(budget).items() if before[name] != value}
        if "thresholds" in fields:
            set_thresholds(budget, fields["thresholds"] or [])
        after = _snapshot(budget)
        if after == before:
            return budget
        if {"amount", "amounts", "over_allocation", "parent", "period"} & changed:
            refuse_over_allocation(budget)
        budget.version += 1
        budget.save()
        lines += [found for found in tree.ancestors_of(budget.parent) if found not in lines]
        edge = None if all_history else _open_period_start(lines, now)
        if changed & TREE:
            _replace_span(budget, edge)
            _name_tags(budget, now, all_history=all_history)
        if changed & {"starts_on", "ends_on"} and not all_history:
            _refuse_to_uncharge(budget)
        if changed & (TREE | SCHEDULE):
            _refuse_cycle(budget)
        if changed & SCHEDULE:
            _recut_periods(budget, now)
        if changed & {"amount", "amounts"}:
            _set_amounts(budget, before, after, now)
        for what, names in (("amount", {"amount"}), ("scope", {"scope"}), ("moved", {"parent"}), ("edited", None)):
            parts = names or set(before) - {"amount", "scope", "parent"}
            if any(before[name] != after[name] for name in parts):
                since = now if what == "amount" else edge if what in ("scope", "moved") else None
                old, new = ({name: side[name] for name in sorted(parts)} for side in (before, after))
                _record(budget, actor, now, what, old, new, since)
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
            _record(found, actor, now, "archived", {"archived_at": None}, {"archived_at": now.isoformat()}, now)
        _recharge({found.pk for found in closed}, None, now)
    return closed


def restore_budget(budget: Budget, actor: Actor, now: datetime) -> list[Budget]:
    """Brings back a budget with those that were archived together with it, as if they had never been away."""
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
        refuse_over_allocation(budget)
        below = Budget.objects.filter(pk__in=tree.descendant_ids([budget.pk]), archived_at=budget.archived_at)
        opened = list(below.select_for_update(of=("self",)))
        for found in opened:
            away_since = found.archived_at
            found.archived_at = None
            found.version += 1
            found.save(update_fields=["archived_at", "version"])
            before = {"archived_at": away_since.isoformat() if away_since else None}
            _record(found, actor, now, "restored", before, {"archived_at": None}, away_since)
        _recharge({found.pk for found in opened}, candidates, now)
    return opened


def _assign(budget: Budget, fields: Mapping[str, Any]) -> None:
    """Sets fields and checks them together."""
    known = {"name", "amount", "period", "anchor", "starts_on", "ends_on", "scope", "owner", "rollover", "parent"}
    for name in (known | {"over_allocation", "amounts"}) & set(fields):
        setattr(budget, name, fields[name])
    budget.name = budget.name.strip()
    if not budget.name or "\x00" in budget.name or len(budget.name) > 200:
        raise BudgetError("name", "Give the budget a name of up to 200 characters.")
    budget.amount = _amount(budget.amount, "amount")
    if budget.period not in Budget.Kind.values:
        raise BudgetError("period", f"{budget.period!r} is no period. Choose one of {', '.join(Budget.Kind.values)}.")
    if budget.over_allocation not in Budget.OverAllocation.values:
        raise BudgetError("over_allocation", "Choose show or refuse.")
    try:
        validate(budget.period, budget.anchor, budget.starts_on, budget.ends_on)
    except PeriodError as error:
        raise BudgetError(error.field, error.message) from None
    budget.scope = _scope(budget.scope)
    budget.amounts = _planned(budget.amounts)
    if "owner" in fields:
        budget.owner_name = budget.owner.get_full_name() if budget.owner else ""


def _place(budget: Budget) -> None:
    """Reads the parent as it is under the lock, and refuses a place that cannot be."""
    if budget.parent_id is None:
        return
    budget.parent = Budget.objects.select_related("parent").get(pk=budget.parent_id)
    if budget.parent.archived_at is not None:
        raise BudgetError("parent_budget", f"{budget.parent.name} is archived. Choose another budget above it.")
    if budget.pk and budget.pk in {found.pk for found in tree.ancestors_of(budget.parent)}:
        raise BudgetError(
            "parent_budget", f"{budget.name} cannot lie below itself. Choose a budget that is not under it."
        )


def _scope(raw: Any) -> dict[str, Any]:
    try:
        return normalise(raw)
    except ScopeError as error:
        raise BudgetError(error.field, str(error)) from None


def _amount(value: Any, field: str) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0 or amount >= MAX_AMOUNT:
        raise BudgetError(field, f"An amount is a number from 0 to below {MAX_AMOUNT:,}.")
    return amount


def _planned(amounts: Mapping[str, Any]) -> dict[str, str]:
    planned = {}
    for day, amount in (amounts or {}).items():
        try:
            planned[date.fromisoformat(day).isoformat()] = exact(_amount(amount, "amounts"))
        except (ValueError, ArithmeticError) as error:
            if isinstance(error, BudgetError):
                raise
            raise BudgetError("amounts", f"{day!r}: write the day that the period begins and its amount.") from None
    return dict(sorted(planned.items()))


def _snapshot(budget: Budget) -> dict[str, Any]:
    return {
        "name": budget.name,
        "amount": exact(Decimal(budget.amount)),
        "period": budget.period,
        "anchor": budget.anchor,
        "starts_on": budget.starts_on.isoformat() if budget.starts_on else None,
        "ends_on": budget.ends_on.isoformat() if budget.ends_on else None,
        "scope": budget.scope,
        "owner": budget.owner_name,
        "rollover": budget.rollover,
        "over_allocation": budget.over_allocation,
        "amounts": budget.amounts,
        "parent": budget.parent_id,
        "thresholds": thresholds_of(budget) if budget.pk else [],
    }


def _record(
    budget: Budget,
    actor: Actor,
    now: datetime,
    what: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    effective_from: datetime | None,
) -> None:
    BudgetChange.objects.create(
        budget=budget,
        at=now,
        by=actor.user,
        by_name=actor.user.get_full_name() if actor.user else "",
        reason=actor.reason,
        what=what,
        before=dict(before),
        after=dict(after),
        effective_from=effective_from,
    )


def _open_period_start(budgets: Collection[Budget], now: datetime) -> datetime:
    """The latest start of these budgets' open periods: from there on, no closed period of any of them changes."""
    stored = BudgetPeriod.objects.filter(budget__in=[b.pk for b in budgets], starts__lte=now, ends__gt=now)
    starts = list(stored.values_list("starts", flat=True))
    starts += [period.starts for b in budgets if (period := tree.schedule_of(b).period_at(now)) is not None]
    return max(starts, default=hour_of(now, settings.COSTOPS_ZONE))


def _replace_span(budget: Budget, edge: datetime | None) -> None:
    """From `edge` on (None: ever since) the budget has its present scope and parent."""
    if edge is None:
        budget.spans.all().delete()
    else:
        budget.spans.filter(starts__gte=edge).delete()
        budget.spans.filter(Q(ends=None) | Q(ends__gt=edge)).update(ends=edge)
    BudgetSpan.objects.create(budget=budget, parent=budget.parent, scope=budget.scope, starts=edge)


def _refuse_cycle(budget: Budget) -> None:
    if find_cycle(tree.load_spans()):
        message = "At some time these budgets would lie below each other. Move it for the open period only."
        raise BudgetError("parent_budget", message)


def _recut_periods(budget: Budget, now: datetime) -> None:
    """Closed periods stay; from the open one on, periods follow the new schedule."""
    budget.periods.filter(ends__gt=now).delete()


def _set_amounts(budget: Budget, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> None:
    amounts = amounts_of([budget])[budget.pk]
    for period in budget.periods.filter(ends__gt=now):
        period.amount = amounts.of(Period(period.starts, period.ends))
        period.save(update_fields=["amount"])
    if before["amounts"] == after["amounts"]:
        return
    for period in budget.periods.filter(ends__lte=now):
        day = period.starts.astimezone(settings.COSTOPS_ZONE).date().isoformat()
        if before["amounts"].get(day) != after["amounts"].get(day) and day in after["amounts"]:
            period.amount = Decimal(after["amounts"][day])
            period.save(update_fields=["amount"])


def _name_tags(budget: Budget, now: datetime, *, all_history: bool) -> None:
    """Tag keys that no scope named so early before become labels; usage of the open period gets them by a job."""
    since = None if all_history else _open_period_start([budget], now)
    if attribution.name_tags(tag_keys(budget.scope), since, now):
        soon(reattribute_tags)


def _scopes_touched(budget: Budget, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The scopes whose usage an edit may bring in: the new one, and where dates move all that they may uncover."""
    scopes = [_scope(fields.get("scope", budget.scope))]
    if SCHEDULE & set(fields):
        below = BudgetSpan.objects.filter(budget__in=tree.descendant_ids([budget.pk]))
        scopes += below.order_by("id").values_list("scope", flat=True)
    return scopes


def _refuse_to_uncharge(budget: Budget) -> None:
    """What was charged stays, unless the person says that the change is for all history."""
    starts, ends = tree.schedule_of(budget).applies()
    charged = budget.budgethour_set.filter(requests__gt=0)
    for field, outside in (("starts_on", {"hour__lt": starts}), ("ends_on", {"hour__gte": ends})):
        if None not in outside.values() and charged.filter(**outside).exists():
            message = "Usage outside of these dates is charged to this budget already. Choose dates that hold it, or "
            raise BudgetError(field, message + "change all history (all_history).")


def _refuse_wider(budget: Budget, actor: Actor, own: dict[str, Any] | None) -> None:
    """Who does not see all usage may only narrow: to what the budget, or the one above it, is for already."""
    if actor.user is None or sees_everything(actor.user) or budget.scope == own:
        return
    granted = [scope for scope in (own, budget.parent.scope if budget.parent else None) if scope is not None]
    if not any(contains(scope, budget.scope) for scope in granted):
        message = "Name at least what the budget, or the one above it, is for; finance may give it a wider scope."
        raise BudgetError("scope", message)


def _recharge(budgets: set[int], candidates: Candidates | None, now: datetime) -> None:
    """Brings membership, hours and periods into line with the tree, for all that these budgets can touch."""
    ground.bump("tree")
    members = BudgetAttribution.objects.filter(budget__in=budgets).order_by()
    affected = set(members.values_list("attribution_id", flat=True).distinct())
    if candidates is not None:
        affected |= candidates.complete()
    ranges = {}
    if affected:
        wanted = rebuild.members_of(label_sets(pk__in=affected), Membership(tree.load_spans()))
        ranges = rebuild.replace_members(wanted)
    rebuild.rebuild({**dict.fromkeys(budgets, rebuild.NOTHING), **ranges}, now)
