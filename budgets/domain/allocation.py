"""Children against their parent: what it promised them, what is left, and whether more may be promised."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from budgets.domain.errors import BudgetError
from budgets.domain.spans import open_period_start
from budgets.models import Budget
from wire.money import agreed

DAYS = {"daily": Decimal(1), "weekly": Decimal(7)}
MONTHS = {"monthly": Decimal(1), "quarterly": Decimal(3), "yearly": Decimal(12)}
YEAR_DAYS = Decimal(365)
STEP = Decimal("0.0000000001")
ZERO = Decimal(0)


def per_period_of(amount: Decimal, period: str, of: str) -> Decimal | None:
    """An amount per `period` as an amount per `of`: 10 a day is 70 a week, 300 a quarter is 100 a month.

    Days and months convert through a year of 365 days. None when one of them has custom dates.
    """
    if period == of:
        return amount
    if "custom" in (period, of):
        return None
    return (amount * _a_year(period) / _a_year(of)).quantize(STEP)


def _a_year(period: str) -> Decimal:
    return YEAR_DAYS / DAYS[period] if period in DAYS else Decimal(12) / MONTHS[period]


def share_of(child: Budget, parent: Budget, day: str | None = None) -> Decimal:
    """What a child takes of its parent's period, or of the one that begins on `day` where it plans for that.

    Custom dates count with their whole amount.
    """
    amount = _agreed(child, day) if child.period == parent.period else child.amount
    converted = per_period_of(amount, child.period, parent.period)
    return amount if converted is None else converted


def refuse_over_allocation(budget: Budget, now: datetime) -> None:
    """Raises BudgetError where a parent that refuses over-allocation would promise more than it has.

    Asked of the amount that each period has, and of every period not yet over that one of them plans another for.
    """
    parent = budget.parent
    if parent is not None and parent.over_allocation == Budget.OverAllocation.REFUSE:
        others = list(Budget.objects.live().filter(parent=parent).exclude(pk=budget.pk))
        for day in _days(parent, [budget, *others], now):
            free = _agreed(parent, day) - sum((share_of(child, parent, day) for child in others), ZERO)
            if share_of(budget, parent, day) > free:
                left = agreed(max(free, ZERO))
                message = f"{parent.name} has {left} left to allocate{_on(day)}. Ask for no more than that."
                elsewhere = f"The budget above has less than that left to allocate{_on(day)}."
                raise BudgetError("amounts" if day in budget.amounts else "amount", message, parent, elsewhere)
    if budget.pk and budget.over_allocation == Budget.OverAllocation.REFUSE:
        children = list(Budget.objects.live().filter(parent=budget))
        for day in _days(budget, children, now):
            promised = sum((share_of(child, budget, day) for child in children), ZERO)
            if promised > _agreed(budget, day):
                message = f"{agreed(promised)} is allocated to the budgets below{_on(day)}. Take no less than that."
                raise BudgetError("amounts" if day in budget.amounts else "amount", message)


def _agreed(budget: Budget, day: str | None) -> Decimal:
    """The amount of the period that begins on a day, or of one that nothing is planned for."""
    planned = budget.amounts.get(day) if day else None
    return budget.amount if planned is None else Decimal(planned)


def _days(parent: Budget, children: Collection[Budget], now: datetime) -> list[str | None]:
    since = open_period_start([parent], now).astimezone(settings.COSTOPS_ZONE).date().isoformat()
    alike = [parent, *(child for child in children if child.period == parent.period)]
    return [None, *sorted({day for budget in alike for day in budget.amounts if day >= since})]


def _on(day: str | None) -> str:
    return f" in the period of {day}" if day else ""
