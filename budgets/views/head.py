"""The head of a budget's pages: who finds it where, how it stands, what one may do with it, and its tabs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from budgets.domain import tree
from budgets.domain.course import day_count, day_number, last_day
from budgets.domain.outline import Standing, last_usage, passed_threshold
from budgets.domain.status import Status
from budgets.models import Budget
from budgets.places import tabs_of
from budgets.rules import may_create, may_edit
from budgets.templatetags.limits import limits_need_cents
from wire.templatetags.moments import short_day
from wire.templatetags.money import cents_in


def head_of(
    request: HttpRequest,
    status: Status,
    standing: Standing,
    now: datetime,
    place: str,
    *,
    terms: Budget,
    looking_back: bool = False,
) -> dict[str, Any]:
    """What budgets/head.html says; `terms` is the budget as it stood then, `place` the name of the page's address."""
    budget = status.budget
    return {
        "section": "budgets",
        "budget": budget,
        "terms": terms,
        "status": status,
        "standing": standing,
        "looking_back": looking_back,
        "running": not standing.at_rest and not looking_back,
        "period": tree.schedule_of(budget).label(status.period),
        "last_day": last_day(status.period),
        "last_day_words": short_day(last_day(status.period)),
        "day": day_number(status.period, now),
        "days": day_count(status.period),
        "passed": passed_threshold(status, standing),
        "projected_share": status.rate.forecast / status.limit if status.limit > 0 else None,
        "may_edit": may_edit(request.user, budget),
        "may_create": may_create(request.user),
        "crumbs": tree.ancestors_seen(request.user, budget),
        "last_usage": last_usage([budget]),
        "tabs": tabs_of(budget.pk, place),
    }


def lead_cents(status: Status, *others: Decimal | None) -> bool:
    """Whether the lead figures are said with their cents, all of them or none: also where the limit has cents."""
    if limits_need_cents([status.amount]):
        return True
    leading = [amount for amount in (status.spent, status.rate.forecast, *others) if amount]
    return cents_in(leading or [status.limit])
