"""What the fields of a budget may be, each refused in a sentence that says what would pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from budgets.domain.errors import BudgetError
from budgets.domain.periods import PeriodError, validate
from budgets.domain.scopes import ScopeError, normalise
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetPeriod
from wire.money import exact

MAX_AMOUNT = Decimal(10) ** 9


def assign(budget: Budget, fields: Mapping[str, Any]) -> None:
    """Sets fields and checks them together. Raises BudgetError."""
    planned_before = budget.amounts or {}
    known = {"name", "amount", "period", "anchor", "starts_on", "ends_on", "scope", "owner", "rollover", "parent"}
    for name in (known | {"over_allocation", "amounts"}) & set(fields):
        setattr(budget, name, fields[name])
    budget.name = budget.name.strip()
    if not budget.name or "\x00" in budget.name or len(budget.name) > 200:
        raise BudgetError("name", "Give the budget a name of up to 200 characters.")
    budget.amount = _amount(budget.amount, "amount")
    if budget.period not in Budget.Kind.values:
        raise BudgetError("period", f"{budget.period!r} is no period. Choose one of {', '.join(Budget.Kind.values)}.")
    if budget.over_allocation not in Budget.OverAllocation.values:
        raise BudgetError("over_allocation", "Choose show or refuse.")
    try:
        validate(budget.period, budget.anchor, budget.starts_on, budget.ends_on)
    except PeriodError as error:
        raise BudgetError(error.field, error.message) from None
    budget.scope = sound_scope(budget.scope)
    if "amounts" in fields:
        budget.amounts = _planned(budget.amounts)
        _refuse_days(budget, budget.amounts.keys() - planned_before.keys())
    if "owner" in fields:
        budget.owner_name = budget.owner.get_full_name() if budget.owner else ""


def keep_past_amounts(
    budget: Budget, before: Mapping[str, str], now: datetime, closed: Collection[str] | None = None
) -> None:
    """What was planned for a period that is over stays, also where it is left out; another is refused: BudgetError.

    `closed` are the days on which its closed periods began, for who has read them already.
    """
    if before == budget.amounts:
        return
    schedule = schedule_of(budget)
    if closed is None:
        closed = closed_days([budget], now)[budget.pk]
    for day in sorted(before.keys() | budget.amounts.keys()):
        if before.get(day) == budget.amounts.get(day):
            continue
        # What is stored counts as well: it may have been cut by a schedule that the budget had before.
        period = schedule.period_on(date.fromisoformat(day))
        if day not in closed and (period is None or period.ends > now):
            continue
        if day in budget.amounts:
            message = f"The period from {day} is over and keeps its amount, unless it changes for all history"
            raise BudgetError("amounts", f"{message} (all_history).")
        budget.amounts = dict(sorted({**budget.amounts, day: before[day]}.items()))


def closed_days(budgets: Collection[Budget], now: datetime) -> dict[int, set[str]]:
    """The days on which the closed periods of stored budgets began, by the budget's id."""
    found: dict[int, set[str]] = {budget.pk: set() for budget in budgets}
    rows = BudgetPeriod.objects.filter(budget__in=list(found), ends__lte=now).values_list("budget_id", "starts")
    for pk, starts in rows:
        found[pk].add(_day_of(starts))
    return found


def _day_of(moment: datetime) -> str:
    return moment.astimezone(settings.COSTOPS_ZONE).date().isoformat()


def sound_scope(raw: Any) -> dict[str, Any]:
    """A scope in its one spelling. Raises BudgetError."""
    try:
        return normalise(raw)
    except ScopeError as error:
        raise BudgetError(error.field, str(error)) from None


def _amount(value: Any, field: str) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0 or amount >= MAX_AMOUNT:
        raise BudgetError(field, f"An amount is a number from 0 to below {MAX_AMOUNT:,}.")
    return amount


def _planned(amounts: Mapping[str, Any]) -> dict[str, str]:
    planned = {}
    for day, amount in (amounts or {}).items():
        try:
            begins = date.fromisoformat(day).isoformat()
            if begins in planned:
                raise BudgetError("amounts", f"{begins} is there twice. Write each day once.")
            planned[begins] = exact(_amount(amount, "amounts"))
        except (ValueError, ArithmeticError) as error:
            if isinstance(error, BudgetError):
                raise
            raise BudgetError("amounts", f"{day!r}: write the day that the period begins and its amount.") from None
    return dict(sorted(planned.items()))


def _refuse_days(budget: Budget, days: Iterable[str]) -> None:
    """An amount is for the period that begins on its day: raises BudgetError where none does."""
    schedule = schedule_of(budget)
    for day in sorted(days):
        period = schedule.period_on(date.fromisoformat(day))
        if period is None:
            raise BudgetError("amounts", f"The budget does not apply on {day}. Write a day on which a period begins.")
        begins = _day_of(period.starts)
        if begins != day:
            raise BudgetError("amounts", f"No period begins on {day}. The one around it begins on {begins}.")
