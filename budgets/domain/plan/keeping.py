"""Plans that were shown: kept on the server, so that exactly what was shown is applied, by its maker, once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.plan.applying import Shown, apply_rows, shown
from budgets.domain.plan.drafting import draft
from budgets.domain.plan.matching import Entry
from budgets.domain.plan.outcome import Handed, Plan
from budgets.domain.plan.reading import Reading, heading_of, read_plan
from budgets.models import PlanImport, PlanLine
from wire.money import exact

KEPT = timedelta(days=1)
MOST_KEPT = 20  # of one maker: each may be megabytes, and nobody looks at more of them in a day
KINDS = ("created", "changed", "moved", "archived", "restored", "unchanged", "refused")


class PlanGone(Exception):
    """The plan has expired, was never there, or is someone else's."""


def keep(content: bytes, source: str, user: User, now: datetime) -> PlanImport:
    """Reads a plan and keeps what it would change. Raises PlanError for what is no plan as a whole."""
    kept = PlanImport(maker=user, made_at=now, source=source[:200], content=content)
    kept = _show(kept, user, now)
    forget(now, user)
    return kept


def find(pk: uuid.UUID, user: User, now: datetime, *, lock: bool = False) -> PlanImport:
    """A plan that this person brought in within the last day. Raises PlanGone."""
    rows = PlanImport.objects.select_for_update() if lock else PlanImport.objects.defer("content")
    found = rows.filter(pk=pk, maker=user, made_at__gt=now - KEPT).first()
    if found is None:
        raise PlanGone
    return found


def show_again(pk: uuid.UUID, user: User, now: datetime, answers: Mapping[str, str]) -> PlanImport:
    """Works out anew what a kept plan would change now, with these answers and the earlier ones. Raises PlanGone."""
    with transaction.atomic():
        kept = find(pk, user, now, lock=True)
        if kept.applied_at is not None:
            return kept
        known = {name: answers[name] for name in ("decimal", "dates") if answers.get(name)}
        kept.answers = {**kept.answers, **known}
        return _show(kept, user, now)


def apply(pk: uuid.UUID, actor: Actor, now: datetime) -> tuple[PlanImport, bool]:
    """Applies a plan exactly as it was shown; the plan, and whether that was done just now or before.

    Raises PlanGone, PlanRefused, and PlanChanged where it would do something else by now.
    """
    assert actor.user is not None
    with transaction.atomic():
        kept = find(pk, actor.user, now, lock=True)
        if kept.applied_at is not None:
            return kept, False
        reading = _read(kept)
        versions = {int(budget): version for budget, version in kept.versions.items()}
        plan = apply_rows(reading.rows, actor, now, Shown(kept.fingerprint, versions))
        kept.applied_at = now
        kept.save(update_fields=["applied_at"])
    _link(kept, plan)
    return kept, True


def _link(kept: PlanImport, plan: Plan) -> None:
    """Has the lines of new budgets lead to them. Done when the ledger's lock is free again."""
    made = {entry.row.line: entry.budget.pk for entry in plan.new}
    lines = list(kept.lines.filter(line__in=made))
    for line in lines:
        line.budget_id = made[line.line]
    PlanLine.objects.bulk_update(lines, ["budget_id"], batch_size=500)


def forget(now: datetime, maker: User | None = None) -> int:
    """Deletes plans of more than a day ago, and of each maker those beyond the newest few; returns how many.

    `maker` None is all of them. What plans changed stays in the history of budgets.
    """
    plans = PlanImport.objects.all() if maker is None else PlanImport.objects.filter(maker=maker)
    place = Window(RowNumber(), partition_by=F("maker"), order_by=[F("made_at").desc(), F("pk").desc()])
    rows = plans.order_by().annotate(place=place).values_list("pk", "made_at", "place")
    gone = [pk for pk, made_at, place in rows if made_at <= now - KEPT or place > MOST_KEPT]
    PlanImport.objects.filter(pk__in=gone).delete()
    return len(gone)


def _read(kept: PlanImport) -> Reading:
    content = bytes(kept.content)
    # What was pasted is text already: its bytes are ours.
    return read_plan(content if kept.source else content.decode(), settings.COSTOPS_CURRENCY, kept.answers)


@transaction.atomic
def _show(kept: PlanImport, user: User, now: datetime) -> PlanImport:
    reading = _read(kept)
    plan = draft(reading.rows, user, now)
    found = shown(plan)
    kept.shown_at = now
    kept.notes = reading.notes
    kept.questions = [question._asdict() for question in reading.questions]
    kept.counts = dict(Counter(kind for entry in plan.entries for kind in entry.kinds))
    kept.counts["lines"] = len(plan.entries)
    told = [handed for handed in plan.handed if handed.is_top or handed.is_over]
    kept.handed = [] if plan.refused else [_handed(handed) for handed in told]
    kept.fingerprint, kept.versions = found.fingerprint, found.versions
    kept.save()
    kept.lines.all().delete()
    PlanLine.objects.bulk_create(_line(kept, entry, plan, reading.headings) for entry in plan.entries)
    return kept


def _handed(handed: Handed) -> dict[str, Any]:
    before = handed.limit_before
    return {
        "budget": handed.budget.pk,
        "name": handed.budget.name,
        "limit_before": None if before is None else exact(before),
        "out_before": None if before is None else exact(handed.out_before),
        "limit": exact(handed.limit),
        "out": exact(handed.out),
        "is_over": handed.is_over,
    }


def _line(kept: PlanImport, entry: Entry, plan: Plan, headings: Mapping[str, str]) -> PlanLine:
    name = entry.row.values.get("name") or entry.budget.name
    path = entry.path or entry.row.values.get("path") or ()
    return PlanLine(
        plan=kept,
        line=entry.row.line,
        kinds=entry.kinds,
        budget_id=entry.budget.pk,
        name=str(name)[:200],
        path=list(path),
        before=entry.before,
        after=entry.after,
        problems=[(heading_of(column, headings), message) for column, message in entry.problems],
        warnings=entry.warnings,
    )
