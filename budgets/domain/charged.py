"""What budgets are charged for, as usage takes it: who sees a budget sees the usage that it was charged."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from budgets.domain.periods import day_bounds
from budgets.domain.tree import hour_after
from budgets.models import Budget, BudgetAttribution
from usage.domain.used import has_usage
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

    with_usage = has_usage(OuterRef("attribution_id"), OuterRef("valid_from"), OuterRef("valid_to"))
    # DISTINCT has the planner find the members first and once: what it costs goes by what these budgets are charged for
    # and not by all that there is. Without it they were looked for anew, budget by budget, for each label set.
    members = BudgetAttribution.objects.filter(with_usage, budget__in=budgets)
    return Part(condition, Q(pk__in=members.values("attribution").distinct()), _turns(budgets))


#: The edges of the spans of these budgets and of all that ever was below them, and when those were archived.
TURNS = """
WITH RECURSIVE below(id) AS (
    SELECT unnest(%s::bigint[])
    UNION
    SELECT s.budget_id FROM budgets_budgetspan s JOIN below ON s.parent_id = below.id
), spans AS (SELECT s.starts, s.ends FROM budgets_budgetspan s JOIN below ON below.id = s.budget_id)
SELECT starts, false FROM spans WHERE starts IS NOT NULL
UNION SELECT ends, false FROM spans WHERE ends IS NOT NULL
UNION SELECT b.archived_at, true FROM budgets_budget b JOIN below USING (id) WHERE b.archived_at IS NOT NULL
"""


def _turns(budgets: Collection[int]) -> tuple[datetime, ...]:
    """The instants at which what these budgets are charged for may change, but for midnights.

    What others are charged for is not asked: a company that changes much reads days by the hour where it concerns one.
    """
    if not budgets:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(TURNS, [list(budgets)])
        found = {hour_after(instant) if archived else instant for instant, archived in cursor.fetchall()}
    zone = settings.COSTOPS_ZONE
    return tuple(sorted(edge for edge in found if edge != day_bounds(day_of(edge, zone), zone).starts))
