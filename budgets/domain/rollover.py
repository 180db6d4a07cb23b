"""Rollover: what a period leaves unspent is there to spend in the next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from budgets.domain.thresholds import note_crossings
from budgets.domain.tree import schedule_of
from budgets.models import Budget


def begins_to_carry(budget: Budget) -> datetime | None:
    """From when on a budget with rollover has periods that leave something, also those without usage; None: its first.

    That is when rollover was agreed, or, where it holds for all history, the first day that the budget has.
    """
    return budget.rollover_from or schedule_of(budget).applies()[0]


def leaves_something(budget: Budget, ends: datetime) -> bool:
    """Whether a period that ends then leaves what it did not spend: not if it was over when rollover was agreed."""
    return budget.rollover and (budget.rollover_from is None or ends > budget.rollover_from)


def carry_forward(cursor: CursorWrapper, budgets: Collection[int], now: datetime) -> None:
    """Brings `carried` of budgets with rollover up to date: what a period left unspent goes to the one after it.

    Overspending is not carried: the amount that people agreed on stands again in the next period. Nor is what lies
    before rollover was agreed: periods that had ended by then leave nothing, and stay what they were.
    """
    hold_periods(cursor, [], budgets)
    # A statement of its own: what was committed while the locks were waited for is no part of the one that waited.
    cursor.execute(
        """SELECT p.id, p.budget_id, p.starts, p.ends, p.amount, p.carried, p.spent,
            b.rollover_from IS NULL OR p.ends > b.rollover_from
        FROM budgets_budgetperiod p JOIN budgets_budget b ON b.id = p.budget_id
        WHERE p.budget_id = ANY(%s) ORDER BY p.budget_id, p.starts""",
        [sorted(budgets)],
    )
    changed: list[tuple[int, Decimal]] = []
    previous: tuple[int, datetime, Decimal] | None = None
    for pk, budget_id, starts, ends, amount, carried, spent, agreed in cursor.fetchall():
        follows = previous is not None and previous[0] == budget_id and previous[1] == starts
        due = max(Decimal(0), previous[2]) if follows and previous else Decimal(0)
        if agreed and due != carried:
            changed.append((pk, due))
        previous = (budget_id, ends, amount + due - spent if agreed else Decimal(0))
    if changed:
        ids, carry = zip(*sorted(changed), strict=True)
        cursor.execute(
            """UPDATE budgets_budgetperiod p SET carried = c.carried
            FROM unnest(%s::bigint[], %s::numeric[]) AS c(id, carried) WHERE p.id = c.id""",
            [list(ids), list(carry)],
        )
        note_crossings(cursor, budgets, now)


def hold_periods(cursor: CursorWrapper, periods: Collection[int], budgets: Collection[int]) -> None:
    """Locks what a charge of these periods locks, and all of these budgets' periods, in the order of every charge.

    That is, of a budget with rollover, all of its periods: what one of them leaves moves those after it.
    """
    cursor.execute(
        """SELECT id FROM budgets_budgetperiod WHERE id = ANY(%(periods)s::bigint[]) OR budget_id IN (
            SELECT p.budget_id FROM budgets_budgetperiod p JOIN budgets_budget b ON b.id = p.budget_id AND b.rollover
            WHERE p.id = ANY(%(periods)s::bigint[])
            UNION ALL SELECT * FROM unnest(%(budgets)s::bigint[]))
        ORDER BY id FOR UPDATE""",
        {"periods": list(periods), "budgets": list(budgets)},
    )


def settle_rollover(budget: Budget, now: datetime, *, all_history: bool = False) -> None:
    """Rollover was switched: on, the open period is the first to leave something; off, nothing is carried into it."""
    budget.rollover_from = now if budget.rollover and not all_history else None
    if budget.pk and not budget.rollover:
        budget.periods.filter(ends__gt=now).update(carried=0)
