"""Children against their parent: what it promised them, what is left, and whether more may be promised."""

from __future__ import annotations

from decimal import Decimal

from budgets.domain.errors import BudgetError
from budgets.models import Budget
from wire.money import shown

DAYS = {"daily": Decimal(1), "weekly": Decimal(7)}
MONTHS = {"monthly": Decimal(1), "quarterly": Decimal(3), "yearly": Decimal(12)}
YEAR_DAYS = Decimal(365)
STEP = Decimal("0.0000000001")


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


def share_of(child: Budget, parent: Budget) -> Decimal:
    """What a child takes of its parent's period. Custom dates count with their whole amount."""
    converted = per_period_of(child.amount, child.period, parent.period)
    return child.amount if converted is None else converted


def refuse_over_allocation(budget: Budget) -> None:
    """Raises BudgetError where a parent that refuses over-allocation would promise more than it has."""
    parent = budget.parent
    if parent is not None and parent.over_allocation == Budget.OverAllocation.REFUSE:
        others = Budget.objects.live().filter(parent=parent).exclude(pk=budget.pk)
        free = parent.amount - sum((share_of(child, parent) for child in others), Decimal(0))
        if share_of(budget, parent) > free:
            message = f"{parent.name} has {shown(max(free, Decimal(0)))} left to allocate. Ask for no more than that."
            raise BudgetError("amount", message, parent, "The budget above has less than that left to allocate.")
    if budget.pk and budget.over_allocation == Budget.OverAllocation.REFUSE:
        promised = sum((share_of(child, budget) for child in Budget.objects.live().filter(parent=budget)), Decimal(0))
        if promised > budget.amount:
            raise BudgetError("amount", f"{shown(promised)} is allocated to the budgets below. Take no less than that.")
