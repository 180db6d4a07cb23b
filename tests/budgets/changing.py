"""What the tests of changes share: budgets made and edited, and calls posted, on a day in March."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

from budgets.domain import changes
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from budgets.models import Budget
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest

NOW = datetime(2025, 3, 19, 16, 12, tzinfo=UTC)
LAST_MONTH = datetime(2025, 2, 10, 9, 30, tzinfo=UTC)


def make(name: str, amount: object = 1000, parent: Budget | None = None, **fields: object) -> Budget:
    all_history = bool(fields.pop("all_history", False))
    now = fields.pop("now", NOW)
    return changes.create_budget(
        Actor(None), {"name": name, "amount": amount, "parent": parent, **fields}, now, all_history=all_history
    )


def edit(budget: Budget, now: datetime = NOW, *, all_history: bool = False, **fields: object) -> Budget:
    return changes.edit_budget(budget, Actor(None, "because"), fields, now, all_history=all_history)


def spend(cost: object, at: datetime = NOW, **labels: object) -> Call:
    call = Call(id=uuid.uuid4(), occurred_at=at, cost=Decimal(str(cost)), **labels)
    ingest([Post([call])], max(at, NOW))
    return call


def spent(budget: Budget, now: datetime = NOW, at: datetime | None = None) -> Decimal:
    return statuses([budget], now, at)[budget.pk].spent
