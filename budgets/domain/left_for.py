"""What a budget has left for one below it: said while a limit is typed, before anything is saved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from budgets.domain.allocation import Recurring, per_period_of
from budgets.domain.status import statuses
from budgets.models import Budget

ZERO = Decimal(0)


class Left(NamedTuple):
    """Money in the company's currency, for one period of the budget above.

    `left` is what it has not handed out to others than the budget that is edited, negative where it handed out more
    than its `amount`; `asked` what the limit takes of it, None where no one limit says that; `beyond` by how much that
    is more than there is.
    """

    amount: Decimal
    left: Decimal
    asked: Decimal | None
    beyond: Decimal | None
    refused: bool
    """Whether saving refuses what is beyond: the budget above wants it so, and what it is asked for changes."""


def left_for(
    parent: Budget, edited: Budget | None, asks: Recurring | None, limit: Decimal | None, now: datetime
) -> Left:
    """What `parent` has left for a `limit` in periods such as these; `edited` is the budget below that has it now."""
    found = statuses([parent, *([edited] if edited else [])], now)
    left, had = found[parent.pk].unallocated, None
    if edited and found[edited.pk].period.ends > now:
        had = per_period_of(found[edited.pk].amount, edited, parent)
        left += had
    asked = None
    if limit is not None and asks is not None and not (edited and edited.amounts):
        asked = per_period_of(limit, asks, parent)
    refuses = parent.over_allocation == Budget.OverAllocation.REFUSE
    beyond = asked - max(left, ZERO) if asked else None
    return Left(found[parent.pk].amount, left, asked, beyond, refuses and asked != had)
