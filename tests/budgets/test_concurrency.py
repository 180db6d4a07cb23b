"""Two processes post overlapping batches while scopes and places of budgets change: nothing lost, nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from random import Random

from django.db.models import Sum

from budgets.domain.changes import archive_budget, create_budget, edit_budget, restore_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetPeriod
from tests.usage.importing import database_environment
from usage.models import HourlyUsage, UsageEvent

NOW = datetime(2025, 10, 27, 9, 20, tzinfo=UTC)
EVENTS, SIZE = 4_000, 50
POSTER = f"""
import sys, uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
import django
django.setup()
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest

now = datetime.fromisoformat("{NOW.isoformat()}")
chance = Random(1)
calls = [
    dict(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        occurred_at=now - timedelta(hours=chance.randrange(60 * 24)),
        team=chance.choice("abc"),
        project=chance.choice("xyz") + str(number // 400),
        model="gpt-4",
        cost=Decimal(number) / 1000,
    )
    for number in range({EVENTS})
]
Random(sys.argv[1]).shuffle(calls)
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, len(calls), {SIZE}):
    ingest([Post([Call(**call) for call in calls[start : start + {SIZE}]])], now)
"""


def test_posts_of_two_processes_and_changes_of_the_tree_leave_the_books_in_agreement(committed):
    actor = Actor(None)
    company = create_budget(actor, {"name": "Company", "amount": 100, "scope": {}}, NOW)
    names, budgets = iter(range(100)), [company]
    for team in "abc":
        fields = {"name": team, "amount": 10, "scope": {"teams": [team]}, "parent": company, "rollover": team == "a"}
        budgets.append(create_budget(actor, fields, NOW))
    posters = [
        subprocess.Popen(
            [sys.executable, "-c", POSTER, seed],
            env={**database_environment(), "DJANGO_SETTINGS_MODULE": "costops.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("one", "two")
    ]
    assert [poster.stdout.readline() for poster in posters] == ["ready\n"] * 2
    for poster in posters:
        poster.stdin.write("go\n")
        poster.stdin.flush()

    chance, changes = Random(2), 0
    kinds = cycle(("scope", "move", "create", "all history", "archive", "amount"))
    while any(poster.poll() is None for poster in posters):
        kind, budget = next(kinds), Budget.objects.get(pk=chance.choice(budgets[1:]).pk)
        if kind == "scope":
            edit_budget(budget, actor, {"scope": {"teams": [chance.choice("abc")]}}, NOW)
        elif kind == "move":
            edit_budget(budget, actor, {"parent": chance.choice([None, company])}, NOW)
        elif kind == "create" and len(budgets) < 30:
            scope = {"projects": [chance.choice("xyz") + str(chance.randrange(10))]}
            fields = {"name": f"P{next(names)}", "amount": 5, "period": "weekly", "scope": scope, "parent": company}
            budgets.append(create_budget(actor, fields, NOW))
        elif kind == "all history":
            edit_budget(budget, actor, {"scope": {"teams": list("ab")}}, NOW, all_history=True)
        elif kind == "archive":
            archive_budget(budget, actor, NOW - timedelta(days=20))
            restore_budget(budget, actor, NOW)
        elif kind == "amount":
            edit_budget(budget, actor, {"amount": Decimal(chance.randrange(1, 50))}, NOW)
        changes += 1
    for poster in posters:
        assert poster.communicate()[1] is None
        assert poster.returncode == 0
    assert changes > 10

    total = sum(Decimal(number) / 1000 for number in range(EVENTS))
    assert UsageEvent.objects.count() == EVENTS
    assert HourlyUsage.objects.aggregate(cost=Sum("cost"), requests=Sum("requests")) == {
        "cost": total,
        "requests": EVENTS,
    }
    assert BudgetPeriod.objects.filter(budget=company).aggregate(spent=Sum("spent"))["spent"] == total
    assert check() == []
