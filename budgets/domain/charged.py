"""What budgets are charged for, as usage takes it: who sees a budget sees the usage that it was charged."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from budgets.domain.periods import day_bounds
from budgets.domain.tree import hour_after
from budgets.models import Budget, BudgetAttribution, BudgetSpan
from usage.domain.visibility import Part
from wire.days import day_of
from wire.queries import id_in


def charged_to_visible(user: Any) -> Part:
    """Usage that is charged to a budget which the user may see, in the hours for which it is."""
    # As ids, since the condition of `visible_budgets` names its table and would not survive inside another query.
    return charged_to(list(Budget.objects.visible_to(user).values_list("pk", flat=True)))


def of_budget(user: Any, text: str) -> tuple[str, Part] | None:
    """The budget of this id, where the user sees it, and what it is charged for."""
    budget = Budget.objects.visible_to(user).filter(pk=id_in(text) or 0).first()
    return (budget.name, charged_to([budget.pk])) if budget else None


def charged_to(budgets: Collection[int]) -> Part:
    """What at least one of these budgets is charged for."""

    def condition(instant: str) -> Q:
        members = BudgetAttribution.objects.filter(
            Q(valid_from=None) | Q(valid_from__lte=OuterRef(instant)),
            Q(valid_to=None) | Q(valid_to__gt=OuterRef(instant)),
            attribution=OuterRef("attribution_id"),
            budget__in=budgets,
        )
        return Q(Exists(members))

    return Part(condition, _turns())


def _turns() -> tuple[datetime, ...]:
    """The instants at which what budgets are charged for changes, but for midnights: edges of spans and archivings."""
    edges = BudgetSpan.objects.order_by().values_list("starts", "ends").exclude(starts=None, ends=None)
    closed = Budget.objects.order_by().filter(archived_at__isnull=False).values_list("archived_at", flat=True)
    found = {edge for pair in edges.distinct() for edge in pair if edge is not None}
    found |= {hour_after(instant) for instant in closed}
    zone = settings.COSTOPS_ZONE
    return tuple(sorted(edge for edge in found if edge != day_bounds(day_of(edge, zone), zone).starts))
