"""Budgets as the API shows them: one form for a single budget, the list and the tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects

from budgets.domain.scopes import COMPANY_WIDE
from budgets.domain.status import Status, statuses
from budgets.models import Budget, BudgetThreshold, ThresholdCrossing
from usage.domain.arrays import among
from wire.money import exact
from wire.times import rfc3339

Crossings = Mapping[tuple[int, datetime], Mapping[Decimal, datetime]]  # by budget and start of its period


def shown(budgets: Sequence[Budget], user: Any, now: datetime) -> list[dict[str, Any]]:
    """Budgets with their status, in a fixed number of queries."""
    figures = statuses(budgets, now)
    above = {budget.parent_id for budget in budgets if budget.parent_id is not None}
    visible = Budget.objects.visible_to(user).filter(pk__in=among(above)).values_list("pk", flat=True)
    return shown_with(budgets, figures, visible if above else ())


def shown_with(
    budgets: Sequence[Budget], figures: Mapping[int, Status], visible: Iterable[int]
) -> list[dict[str, Any]]:
    """Budgets with the status that is known of them; a parent that is not among the `visible` is not named."""
    visible = set(visible)
    prefetch_related_objects(budgets, "owner")
    alerts = alerts_of(budgets)
    crossings = crossings_of([figures[budget.pk] for budget in budgets])
    return [
        budget_answer(budget, figures[budget.pk], alerts[budget.pk], crossings, budget.parent_id in visible)
        for budget in budgets
    ]


def budget_answer(
    budget: Budget, status: Status, alerts: list[dict[str, Any]], crossings: Crossings, parent_visible: bool
) -> dict[str, Any]:
    """One budget."""
    return {
        "id": budget.pk,
        "name": budget.name,
        "amount": exact(budget.amount),
        "currency": settings.COSTOPS_CURRENCY,
        "period": budget.period,
        "anchor": budget.anchor,
        "starts_on": budget.starts_on.isoformat() if budget.starts_on else None,
        "ends_on": budget.ends_on.isoformat() if budget.ends_on else None,
        "scope": budget.scope or COMPANY_WIDE,
        "parent_budget": budget.parent_id if parent_visible else None,
        "owner": budget.owner.email if budget.owner else None,
        "owner_name": budget.owner_name,
        "rollover": budget.rollover,
        "over_allocation": budget.over_allocation,
        "amounts": budget.amounts,
        "alerts": alerts,
        "version": budget.version,
        "created_at": rfc3339(budget.created_at),
        "archived_at": rfc3339(budget.archived_at) if budget.archived_at else None,
        "status": status_answer(status, crossings),
    }


def status_answer(status: Status, crossings: Crossings) -> dict[str, Any]:
    """How a budget stands."""
    rate = status.rate
    crossed_at = crossings.get((status.budget.pk, status.period.starts), {})
    return {
        "period": {"start": rfc3339(status.period.starts), "end": rfc3339(status.period.ends)},
        "amount": exact(status.amount),
        "carried_over": exact(status.carried),
        "limit": exact(status.limit),
        "current": exact(status.spent),
        "reserved": exact(status.reserved),
        "remaining": exact(status.remaining),
        "percentage": None if status.percentage is None else str(status.percentage),
        "burn_rate_per_day": exact(rate.burn_rate_per_day),
        "projected_rate_per_day": exact(rate.projected_rate_per_day),
        "forecast": exact(rate.forecast),
        "forecast_low": None if rate.low is None else exact(rate.low),
        "forecast_high": None if rate.high is None else exact(rate.high),
        "forecast_method": rate.method,
        "exceed_probability": None if rate.exceed_probability is None else float(rate.exceed_probability),
        "days_until_exceeded": None if rate.days_until_exceeded is None else float(rate.days_until_exceeded),
        "state": status.state.value,
        "allocated_to_children": exact(status.allocated),
        "unallocated": exact(status.unallocated),
        "requests": status.requests,
        "unpriced_requests": status.unpriced,
        "thresholds": [
            {"threshold": float(share), "crossed_at": rfc3339(crossed_at[share]) if share in crossed_at else None}
            for share in status.crossed
        ],
    }


def alerts_of(budgets: Iterable[Budget]) -> dict[int, list[dict[str, Any]]]:
    """The thresholds of several budgets, by their id, in one query."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = BudgetThreshold.objects.filter(budget__in=among(budget.pk for budget in budgets)).order_by("threshold")
    for budget_id, share, channels in rows.values_list("budget_id", "threshold", "channels"):
        found[budget_id].append({"threshold": float(share), "channels": channels})
    return found


def crossings_of(found: Iterable[Status]) -> Crossings:
    """When the thresholds of these periods were reached, in one query."""
    places = {(status.budget.pk, status.period.starts): status.at for status in found if status.crossed}
    if not places:
        return {}
    crossed: dict[tuple[int, datetime], dict[Decimal, datetime]] = defaultdict(dict)
    rows = ThresholdCrossing.objects.filter(
        period__budget__in=among(pk for pk, _ in places), period__starts__in={starts for _, starts in places}
    )
    for pk, starts, share, moment in rows.values_list("period__budget_id", "period__starts", "threshold", "crossed_at"):
        crossed[pk, starts][share] = moment
    return crossed
