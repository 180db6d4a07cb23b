"""Children against their parent: what it promised them, what is left, and whether more may be promised."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple, Protocol

from django.conf import settings

from budgets.domain.errors import BudgetError
from budgets.domain.spans import open_period_start
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from wire.money import agreed

DAYS = {"daily": Decimal(1), "weekly": Decimal(7)}
MONTHS = {"monthly": Decimal(1), "quarterly": Decimal(3), "yearly": Decimal(12)}
YEAR_DAYS = Decimal(365)
ITS_PERIOD = {
    "daily": "a day",
    "weekly": "a week",
    "monthly": "a month",
    "quarterly": "a quarter",
    "yearly": "a year",
    "custom": "its period",
}
STEP = Decimal("0.0000000001")
CENT = Decimal("0.01")
MUCH = Decimal(10) ** 9
ZERO = Decimal(0)


class Recurring(NamedTuple):
    """How long the periods of a budget without custom dates are."""

    period: str
    starts_on: date | None = None
    ends_on: date | None = None


def per_period_of(amount: Decimal, child: Budget | Recurring, parent: Budget) -> Decimal:
    """An amount for each period of a child as one for each period of its parent: 10 a day is 70 a week.

    Days, months and custom dates convert by the length of the period, through a year of 365 days. Custom dates within
    one period of the parent count with the whole amount.
    """
    if child.period == parent.period != Budget.Kind.CUSTOM:
        return amount
    if Budget.Kind.CUSTOM not in (child.period, parent.period):
        return (amount * _a_year(child.period) / _a_year(parent.period)).quantize(STEP)
    part = _days(parent) / _days(child)
    if child.period == Budget.Kind.CUSTOM:
        part = min(part, Decimal(1))
    return (amount * part).quantize(STEP)


def _a_year(period: str) -> Decimal:
    return YEAR_DAYS / DAYS[period] if period in DAYS else Decimal(12) / MONTHS[period]


def _days(budget: Budget | Recurring) -> Decimal:
    if budget.period == Budget.Kind.CUSTOM and budget.starts_on and budget.ends_on:
        return Decimal((budget.ends_on - budget.starts_on).days + 1)
    return YEAR_DAYS / _a_year(budget.period)


def share_of(child: Budget, parent: Budget, day: str | None = None) -> Decimal:
    """What a child takes of its parent's period, or of the one that begins on `day` where it plans for that."""
    amount = _agreed(child, day) if child.period == parent.period else child.amount
    return per_period_of(amount, child, parent)


class Tree(Protocol):
    """What lies below budgets, and when their open periods began: as it is stored, or as it would be."""

    def children_of(self, parent: Budget) -> Iterable[Budget]:
        """The live budgets right below one."""

    def open_period_start(self, budgets: Collection[Budget], now: datetime) -> datetime:
        """The latest start of these budgets' open periods."""


class StoredTree:
    """The tree as it is in the database."""

    def children_of(self, parent: Budget) -> Iterable[Budget]:
        """The live budgets right below one."""
        return Budget.objects.live().filter(parent=parent) if parent.pk else ()

    def open_period_start(self, budgets: Collection[Budget], now: datetime) -> datetime:
        """The latest start of these budgets' open periods."""
        return open_period_start(budgets, now)


def refuse_over_allocation(budget: Budget, now: datetime, tree: Tree | None = None) -> None:
    """Raises BudgetError where a parent that refuses over-allocation would promise more than it has.

    Asked of the amount that each period has, and of every period not yet over that one of them plans another for.
    """
    tree = tree or StoredTree()
    parent = budget.parent
    if parent is not None and parent.over_allocation == Budget.OverAllocation.REFUSE and not _is_over(budget, now):
        others = [child for child in _children(parent, now, tree) if child != budget]
        for day in _planned(parent, [budget, *others], now, tree):
            free = _agreed(parent, day) - sum((share_of(child, parent, day) for child in others), ZERO)
            if share_of(budget, parent, day) > free:
                raise _too_much(budget, parent, max(free, ZERO), day)
    if budget.over_allocation == Budget.OverAllocation.REFUSE:
        children = _children(budget, now, tree)
        for day in _planned(budget, children, now, tree):
            promised = sum((share_of(child, budget, day) for child in children), ZERO)
            if promised > _agreed(budget, day):
                least = _money(promised)
                message = f"{least} is handed out to the budgets below{_on(day)}: choose {least} or more."
                raise BudgetError("amounts" if day in budget.amounts else "amount", message)


def _too_much(budget: Budget, parent: Budget, free: Decimal, day: str | None) -> BudgetError:
    """What a parent with so much left for a budget says to more."""
    for_period = "" if budget.period == parent.period else f" for {ITS_PERIOD[parent.period]}"
    left, enough = _cut(free), _cut(free * MUCH / per_period_of(MUCH, budget, parent))
    message = f"{parent.name} has {_money(left)} not handed out{for_period}{_on(day)}: choose {_money(enough)} or less."
    if not free:
        message = f"{parent.name} has nothing left to hand out{_on(day)}. Raise its limit, or lower another’s below it."
    elsewhere = f"The budget above does not have that much left to hand out{_on(day)}."
    return BudgetError("amounts" if day in budget.amounts else "amount", message, parent, elsewhere)


def handed_out(parent: Budget, now: datetime, tree: Tree) -> Decimal:
    """What a budget promises those right below it, of the amount that its period has."""
    return sum((share_of(child, parent) for child in _children(parent, now, tree)), ZERO)


def _children(parent: Budget, now: datetime, tree: Tree) -> list[Budget]:
    return [child for child in tree.children_of(parent) if not _is_over(child, now)]


def _is_over(budget: Budget, now: datetime) -> bool:
    ends = schedule_of(budget).applies()[1]
    return ends is not None and ends <= now


def _agreed(budget: Budget, day: str | None) -> Decimal:
    """The amount of the period that begins on a day, or of one that nothing is planned for."""
    planned = budget.amounts.get(day) if day else None
    return budget.amount if planned is None else Decimal(planned)


def _planned(parent: Budget, children: Collection[Budget], now: datetime, tree: Tree) -> list[str | None]:
    since = tree.open_period_start([parent], now).astimezone(settings.COSTOPS_ZONE).date().isoformat()
    alike = [parent, *(child for child in children if child.period == parent.period)]
    return [None, *sorted({day for budget in alike for day in budget.amounts if day >= since})]


def _on(day: str | None) -> str:
    return f" in the period of {day}" if day else ""


def _cut(amount: Decimal) -> Decimal:
    """So much to the cent that it is not more; less than one cent as it is."""
    return amount.quantize(CENT, ROUND_DOWN) or amount


def _money(amount: Decimal) -> str:
    return agreed(amount, settings.COSTOPS_CURRENCY)
