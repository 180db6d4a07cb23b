"""The company that the benchmarks measure: a tree of budgets and as much usage as asked for."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from budgets.domain.changes import create_budget
from budgets.domain.history import Actor
from budgets.domain.opening import open_due
from budgets.models import Budget
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest

MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4", "gpt-3.5-turbo", "o3-mini")
TEAMS, PROJECTS = 50, 10


def make_tree(budgets: int, now: datetime) -> list[Budget]:
    """A company-wide budget, five departments, and teams below them until there are `budgets`, each with its open
    period: beat opens periods every minute."""
    made = list(Budget.objects.order_by("pk"))

    def add(name: str, scope: dict[str, list[str]], parent: Budget | None) -> Budget:
        fields = {"name": name, "amount": Decimal(100_000), "scope": scope, "parent": parent}
        made.append(create_budget(Actor(None), fields, now))
        return made[-1]

    if not made:
        company = add("Company", {}, None)
        for number in range(5):
            add(f"Department {number}", {"departments": [f"d{number}"]}, company)
    while len(made) < budgets:
        number = len(made)
        scope = {"teams": [f"t{number % TEAMS}"]}
        if number >= 40:
            scope["projects"] = [f"p{number}"]
        add(f"Team {number}", scope, made[1 + number % 5])
    open_due(now)
    return made


def calls(count: int, now: datetime, days: float, seed: int) -> list[Call]:
    """Calls over the last `days`, the same for the same seed. A team works on one project, with every model."""
    dice = random.Random(seed)  # noqa: S311 - made-up usage
    found = []
    for _ in range(count):
        team = dice.randrange(TEAMS)
        found.append(
            Call(
                id=uuid.UUID(int=dice.getrandbits(128), version=4),
                occurred_at=now - timedelta(days=dice.random() * days),
                provider="openai",
                model=MODELS[dice.randrange(5)],
                input_tokens=dice.randrange(1, 4000),
                output_tokens=dice.randrange(1, 900),
                team=f"t{team}",
                project=f"p{team % PROJECTS}",
            )
        )
    return found


def fill(events: int, now: datetime, days: float, seed: int = 0) -> None:
    """Posts `events` calls of the last `days`, oldest first, in batches of 5,000, as they would have come."""
    batches = max(1, events // 5_000)
    for number in range(batches):
        until = now - timedelta(days=days * (batches - 1 - number) / batches)
        size = events // batches + (number < events % batches)
        ingest([Post(calls(size, until, days / batches, seed * 10_000 + number))], now)
