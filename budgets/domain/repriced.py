"""Closed periods whose figures changed because their calls were priced again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from budgets.domain.periods import Period
from budgets.models import Budget
from usage.domain import ground
from usage.models import Attribution, RepriceJob


class Repriced(NamedTuple):
    """When a period was priced again after it had ended, and why; `models` is the pattern of names that it was for."""

    at: datetime
    models: str
    reason: str


def repriced(budget: Budget, periods: Sequence[Period]) -> dict[Period, list[Repriced]]:
    """For each of these periods the repricings after its end that changed calls, the latest first.

    Only those for models that the budget is charged for; a job goes over all budgets, so that it changed a call of
    the one at hand is likely, not certain.
    """
    if not periods:
        return {}
    first, last = min(period.starts for period in periods), max(period.ends for period in periods)
    jobs = list(RepriceJob.objects.filter(events_changed__gt=0, start__lt=last, end__gt=first).order_by("-pk"))
    if not jobs:
        return {}
    charged = Attribution.objects.filter(budgetattribution__budget=budget).exclude(model=None).order_by()
    names = list(charged.values_list("provider", "model").distinct())
    book = ground.current().prices
    found: dict[Period, list[Repriced]] = {}
    for job in jobs:
        at = job.finished_at or job.touched_at or job.created_at
        over = [period for period in periods if job.start < period.ends <= at and job.end > period.starts]
        if over and any(book.may_concern(job.provider or None, job.model_pattern, *name) for name in names):
            for period in over:
                found.setdefault(period, []).append(Repriced(at, job.model_pattern, job.reason))
    return found
