"""What of budgets waits for a person: those they answer for that are, or will be, past their limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from budgets.domain.course import reached
from budgets.domain.outline import Entry, Outline, Standing, outline
from budgets.models import Budget
from budgets.rules import editable_budgets
from budgets.templatetags.limits import to_cent
from wire.needs import Need, Severity
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

MOST = 8
TROUBLE = {Standing.EXCEEDED: Severity.CRITICAL, Standing.CRITICAL: Severity.WARNING, Standing.OVERRUN: Severity.TO_DO}


def needs(user: Any, now: datetime, known: Mapping[str, Any]) -> Iterator[Need]:
    """Budgets that the person may change or owns, the most urgent first; those that they merely see are left out.

    `known` may hold the present `outline`.
    """
    found: Outline = known.get("outline") or outline(user, now)
    troubled = found.standing(TROUBLE)
    editable = set(editable_budgets(Budget.objects.all(), user).values_list("pk", flat=True)) if troubled else set()
    mine = [e for e in troubled if e.budget.pk in editable or e.budget.owner_id == getattr(user, "pk", None)][:MOST]
    goals = [(entry.budget.pk, entry.status.period, entry.status.limit) for entry in mine]
    for entry, hour in zip(mine, reached(goals), strict=True):
        yield _need(entry, hour, may_edit=entry.budget.pk in editable)


def _need(entry: Entry, hour: datetime | None, *, may_edit: bool) -> Need:
    budget, status = entry.budget, entry.status
    spent, limit = in_words(status.spent, cents=status.limit < 1000), to_cent(status.limit)
    page = reverse("budgets:detail", args=[budget.pk])
    edit = reverse("budgets:edit", args=[budget.pk]) if may_edit else page
    if entry.standing is Standing.EXCEEDED:
        since = f" since {short_day(timezone.localdate(hour))}" if hour else ""
        detail = f"{spent} of {limit} spent{since}"
        return Need(
            TROUBLE[entry.standing],
            "passed its limit",
            detail,
            "Raise limit" if may_edit else "Look",
            edit,
            hour,
            budget.name,
            page,
        )
    if entry.standing is Standing.CRITICAL:
        day = status.rate.exceeds_at
        when = f", on {short_day(timezone.localdate(day))}" if day else ""
        detail = f"{spent} of {limit} spent, {in_words(status.rate.forecast, cents=status.limit < 1000)} projected"
        text = f"will pass its limit{when}"
        return Need(TROUBLE[entry.standing], text, detail, "See why", page, day, budget.name)
    archive = reverse("budgets:archive", args=[budget.pk]) if may_edit else page
    return Need(
        TROUBLE[entry.standing],
        "ended past its limit",
        f"{spent} of {limit} spent",
        "Archive" if may_edit else "Look",
        archive,
        status.period.ends,
        budget.name,
        page,
    )
