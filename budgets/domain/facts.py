"""Facts: what a condition of an alert or a control may speak of. Each is documented once, here or in the room above.

Shares are shares (0.93 is 93%), money is in the company's currency, rates are per day. A fact that is not known, such
as the deviation of a budget without history, is None, and no comparison with it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db import connection

from budgets.domain.conditions import Condition, parse
from budgets.domain.status import Status, statuses
from budgets.models import Budget
from wire.days import hour_of

Facts = dict[str, object]
BASELINE = timedelta(days=28)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

BUDGET_FACTS = {
    "budget_percentage": "what is spent, as a share of the limit: 0.93 is 93%",
    "budget_spent": "what is spent in the open period",
    "budget_remaining": "what is left of the limit; negative when it was passed",
    "spending_rate": "what was spent in the last 24 hours, per day",
    "projected_rate": "what is expected to be spent per day until the period ends",
    "forecast_percentage": "what is expected to be spent at the period's end, as a share of the limit",
    "cost": "what was spent in the last full hour",
    "mean": "the mean of `cost` over the 28 days before",
    "stddev": "the standard deviation of `cost` over the 28 days before",
}
CALL_FACTS = {
    "environment": "the environment that a call names",
    "project": "the project that a call names",
    "department": "the department that a call names, or its team's",
    "team": "the team that a call names",
    "user": "the user that a call names",
    "model": "the model that a call asks for",
    "provider": "the provider that a call goes to",
    "tags": 'the tags of a call: tags["feature"]',
}
TIME_FACTS = {
    "hour": "the hour of the company's clock, 0 to 23",
    "weekday": "the day of the week, 1 (Monday) to 7 (Sunday)",
}


class Source(Protocol):
    """A room above that knows facts of its own, or knows some of these better."""

    meanings: Mapping[str, str]

    def facts(self, budgets: Sequence[Budget], now: datetime) -> Mapping[int, Facts]:
        """What it knows of each budget, by the budget's id."""


_sources: list[Source] = []


def register(source: Source) -> None:
    """Adds a source; what it says replaces what was said before it. Called once per room, in its app's ready()."""
    _sources.append(source)


def meanings() -> dict[str, str]:
    """Every fact's name and what it means."""
    found = {**BUDGET_FACTS, **CALL_FACTS, **TIME_FACTS}
    for source in _sources:
        found.update(source.meanings)
    return found


def condition(text: str) -> Condition:
    """A condition over the facts that are known. Raises ConditionError with the position and the nearest name."""
    return parse(text, meanings().keys())


def facts_of(budgets: Sequence[Budget], now: datetime, call: Mapping[str, object] | None = None) -> dict[int, Facts]:
    """The facts of each budget by its id, in a fixed number of queries; `call` brings the labels of a call."""
    local = now.astimezone(settings.COSTOPS_ZONE)
    shared: Facts = {**dict.fromkeys(CALL_FACTS), **(call or {}), "hour": local.hour, "weekday": local.isoweekday()}
    standing, recent = statuses(budgets, now), _recent(budgets, now)
    found = {budget.pk: {**shared, **_of(standing[budget.pk], recent[budget.pk])} for budget in budgets}
    for source in _sources:
        for pk, known in source.facts(budgets, now).items():
            found[pk].update(known)
    return found


class _Recent(NamedTuple):
    last_day: Decimal
    cost: Decimal
    mean: Decimal | None
    stddev: Decimal | None


def _of(status: Status, recent: _Recent) -> Facts:
    return {
        "budget_percentage": status.share,
        "budget_spent": status.spent,
        "budget_remaining": status.remaining,
        "spending_rate": recent.last_day,
        "projected_rate": status.rate.projected_rate_per_day,
        "forecast_percentage": status.rate.forecast / status.limit if status.limit else None,
        "cost": recent.cost,
        "mean": recent.mean,
        "stddev": recent.stddev,
    }


RECENT = """
SELECT budget_id,
    coalesce(sum(cost) FILTER (WHERE hour >= %(day)s), 0),
    coalesce(sum(cost) FILTER (WHERE hour = %(last)s), 0),
    coalesce(sum(cost) FILTER (WHERE hour < %(last)s), 0),
    coalesce(sum(cost * cost) FILTER (WHERE hour < %(last)s), 0),
    min(hour)
FROM budgets_budgethour WHERE budget_id = ANY(%(budgets)s) AND hour >= %(start)s AND hour <= %(now)s
GROUP BY budget_id
"""


def _recent(budgets: Sequence[Budget], now: datetime) -> dict[int, _Recent]:
    last = hour_of(now, settings.COSTOPS_ZONE) - HOUR
    start = last - BASELINE
    span: dict[str, Any] = {
        "budgets": [b.pk for b in budgets],
        "start": start,
        "day": now - DAY,
        "last": last,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECENT, span)
        rows = {pk: sums for pk, *sums in cursor.fetchall()}
    found = {}
    for budget in budgets:
        last_day, cost, total, squares, first = rows.get(
            budget.pk, (Decimal(0), Decimal(0), Decimal(0), Decimal(0), last)
        )
        hours = (last - max(first, start)) // HOUR
        mean = total / hours if hours > 0 else None
        deviation = None if mean is None else max(Decimal(0), squares / hours - mean * mean).sqrt()
        found[budget.pk] = _Recent(last_day, cost, mean, deviation)
    return found
