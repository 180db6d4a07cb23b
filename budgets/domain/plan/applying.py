"""A plan is applied as it was shown, all of it in one transaction or nothing.

What the rows change is worked out before the ledger's lock, so that posts wait for the writing alone. Where any budget
was changed until the lock is there, it is worked out once more under it: only what was shown is ever written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import User
from budgets.domain.candidates import Candidates
from budgets.domain.changes import scopes_uncovered
from budgets.domain.errors import BudgetError
from budgets.domain.history import Actor
from budgets.domain.plan.drafting import draft
from budgets.domain.plan.outcome import Plan
from budgets.domain.plan.reading import Row
from budgets.domain.writing import (
    SCHEDULE,
    New,
    Starts,
    charge_edits,
    write_archived,
    write_edits,
    write_new,
    write_restored,
)
from budgets.models import Budget
from budgets.rules import editable_budgets
from usage.domain.lock import hold_exclusive


class PlanRefused(Exception):
    """Rows of the plan cannot be taken; `plan` says which and why."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("Rows of the plan cannot be taken.")
        self.plan = plan


class PlanChanged(Exception):
    """The plan would change something else by now than what was shown; `budgets` are those that changed since."""

    def __init__(self, budgets: Sequence[int] = (), message: str = "") -> None:
        super().__init__(message or "Budgets changed since this was shown.")
        self.budgets = budgets
        self.message = message


class Shown(msgspec.Struct):
    """What was shown of a plan: enough to know whether it would still do exactly that."""

    fingerprint: str
    versions: Mapping[int, int]


def shown(plan: Plan) -> Shown:
    """What a plan would do, and the versions of the budgets that it is about."""
    lines = [
        (entry.row.line, entry.budget.pk, entry.path, entry.kinds, entry.before, entry.after) for entry in plan.entries
    ]
    others = (sorted(plan.archived), sorted(found.pk for found in plan.restored))
    encoded = msgspec.json.encode((lines, others))
    return Shown(hashlib.sha256(encoded).hexdigest(), plan.versions())


def apply_rows(rows: Sequence[Row], actor: Actor, now: datetime, expected: Shown | None = None) -> Plan:
    """Makes every change that the rows say, with the actor's reason in the history of each budget.

    Raises PlanRefused where rows cannot be taken, PlanChanged where it is not what was `expected`.
    """
    with transaction.atomic():
        stamp = _stamp(actor)
        plan = _sound(draft(rows, actor.user, now), expected)
        candidates = Candidates(_scopes(plan))
        hold_exclusive()
        if _stamp(actor) != stamp:
            plan = _sound(draft(rows, actor.user, now), expected or shown(plan))
        try:
            _write(plan, actor, now, candidates)
        except BudgetError as error:
            raise PlanChanged(message=error.message_for(actor.user) if actor.user else error.message) from None
    return plan


def _stamp(actor: Actor) -> tuple[Any, ...]:
    """Changes with every change of any budget, none being ever deleted and each edit adding to a version, and with what
    the actor may see and change.
    """
    found = Budget.objects.aggregate(count=Count("pk"), versions=Sum("version"))
    # Read anew: what they may do is remembered with the person.
    user = User.objects.filter(pk=actor.user.pk).first() if actor.user else None
    rights = [
        frozenset(budgets.values_list("pk", flat=True))
        for budgets in (Budget.objects.visible_to(user), editable_budgets(Budget.objects.all(), user))
    ]
    return found["count"], found["versions"], *rights


def _sound(plan: Plan, expected: Shown | None) -> Plan:
    if expected is not None:
        found = shown(plan)
        stale = sorted(pk for pk, version in expected.versions.items() if found.versions.get(pk) != version)
        if stale or found.fingerprint != expected.fingerprint:
            raise PlanChanged(stale)
    if plan.refused:
        raise PlanRefused(plan)
    return plan


def _scopes(plan: Plan) -> list[dict]:
    """The scopes whose usage the plan may bring into a budget."""
    scopes = [entry.budget.scope for entry in plan.entries if entry.is_new or "scope" in entry.fields]
    scopes += [budget.scope for budget in plan.restored]
    dated = [entry.budget.pk for entry in plan.edits if SCHEDULE & set(entry.fields)]
    scopes += scopes_uncovered(dated) if dated else []
    unique = {msgspec.json.encode(scope): scope for scope in scopes}
    return list(unique.values())


def _write(plan: Plan, actor: Actor, now: datetime, candidates: Candidates) -> None:
    starts = Starts(None, now)
    edits = list(plan.edits.values())
    new = [New(entry.budget, entry.fields.get("thresholds") or ()) for entry in plan.new]
    write_restored(plan.restored, actor, now)
    write_new(new, actor, now, starts)
    write_edits(edits, actor, now, starts)
    write_archived(list(plan.archived.values()), actor, now)
    others = {one.budget.pk for one in new} | {budget.pk for budget in plan.restored} | set(plan.archived)
    charge_edits(edits, candidates, now, others)
