"""The periods of a budget as its page lists them, with a mark on those in which calls were priced again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest

from budgets.domain import tree
from budgets.domain.agreed import agreed_since, was_agreed
from budgets.domain.corrections import Correction, corrections_of
from budgets.domain.periods import Period
from budgets.domain.status import Status
from budgets.domain.timeline import planned_periods
from budgets.models import Budget, BudgetPeriod
from wire.days import TICK
from wire.templatetags.money import cents_in

PERIODS = 12
A_PAGE = 50
PLANNED = 3
ZERO = Decimal(0)


@dataclass(frozen=True)
class PastPeriod:
    """A period as its row shows it."""

    row: BudgetPeriod
    name: str
    first_day: date
    open: bool
    chosen: bool
    corrections: list[Correction]
    agreed: bool
    """The budget was made before it ended, or for a time before."""

    @property
    def limit(self) -> Decimal:
        """What could be spent in it."""
        return self.row.amount + self.row.carried

    @property
    def share(self) -> Decimal | None:
        """What was spent of that; None where nothing was agreed."""
        return self.row.spent / self.limit if self.agreed and self.limit > 0 else None

    @property
    def priced_again(self) -> tuple[Decimal, int, datetime] | None:
        """What repricings changed in it, how many did, and when the last one did."""
        marks = self.corrections
        return (sum((mark.cost_change for mark in marks), ZERO), len(marks), marks[0].at) if marks else None

    @property
    def width(self) -> str:
        """The share as the width of a small bar."""
        return f"{min(self.share or Decimal(0), Decimal(1)) * 100:.1f}%"


def periods_of(request: HttpRequest, budget: Budget, status: Status, now: datetime) -> dict[str, Any]:
    """The budget's stored periods, the latest few or a page of all of them, and the open one though nothing was charged
    to it yet; `planned_rows` are the next ones with an amount of their own.

    `corrections` are those of the period that the page speaks of.
    """
    unfolded = request.GET.get("all") == "periods"
    page = Paginator(budget.periods.all(), A_PAGE).get_page(request.GET.get("page")) if unfolded else None
    stored = list(page.object_list if page else budget.periods.all()[: PERIODS + 1])
    more = page is None and len(stored) > PERIODS
    stored = stored if page else stored[:PERIODS]
    latest = page is None or page.number == 1
    if (
        latest
        and not any(row.starts == status.period.starts for row in stored)
        and status.period.ends > now >= status.period.starts
    ):
        fresh = BudgetPeriod(budget=budget, amount=status.amount, carried=status.carried, spent=status.spent)
        fresh.starts, fresh.ends = status.period
        stored.insert(0, fresh)
    schedule = tree.schedule_of(budget)
    since = agreed_since(budget)
    corrections = corrections_of(budget, [*(Period(row.starts, row.ends) for row in stored), status.period])
    rows = [
        PastPeriod(
            row,
            schedule.label(Period(row.starts, row.ends)),
            row.starts.astimezone(settings.COSTOPS_ZONE).date(),
            open=row.starts <= now < row.ends and budget.archived_at is None,
            chosen=row.starts == status.period.starts,
            corrections=corrections.get(Period(row.starts, row.ends), []),
            agreed=was_agreed(budget, Period(row.starts, row.ends), row.ends - TICK),
        )
        for row in stored
    ]
    planned = planned_periods(budget, now) if latest and not budget.archived_at else []
    shown = planned if unfolded else planned[:PLANNED]
    return {
        "periods": rows,
        "planned_rows": [(schedule.label(period), amount) for period, amount in reversed(shown)],
        "more_planned_rows": len(planned) - len(shown),
        "periods_page": page,
        "more_periods": more,
        "nothing_agreed_before": None if all(row.agreed for row in rows) else since,
        "any_carried": any(row.row.carried for row in rows),
        "period_cents": cents_in(amount for row in rows for amount in (row.limit, row.row.spent)),
        "corrections": corrections.get(status.period, []),
    }
