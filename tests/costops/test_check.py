"""`costops check`: agrees with a sound database, finds what was tampered with, and repairs it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner, Result
from django.db import connection
from django.db.models import Sum

from budgets.domain.changes import create_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetAttribution, BudgetHour, BudgetPeriod
from costops.cli import costops
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest
from usage.models import DailyUsage, HourlyUsage
from wire.transactions import one_snapshot

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 19, 12, 30, tzinfo=UTC)


def run(*options: str) -> Result:
    return CliRunner().invoke(costops, ["check", *options])


@pytest.fixture
def budgets() -> tuple[Budget, Budget]:
    """A company and a team below it, with a call in each of three hours."""
    company = create_budget(Actor(None), {"name": "Company", "amount": 1000, "scope": {}, "rollover": True}, NOW)
    team = create_budget(
        Actor(None), {"name": "Team", "amount": 100, "scope": {"teams": ["a"]}, "parent": company}, NOW
    )
    for hours in range(3):
        at = NOW - timedelta(hours=hours)
        ingest([Post([Call(occurred_at=at, team="a", model="gpt-4", input_tokens=1_000_000)])], NOW)
    return company, team


def test_a_sound_database_agrees(budgets):
    result = run()
    assert (result.exit_code, result.stdout) == (0, "2 budgets, 6 hours agree.\n")


def test_an_hour_that_was_tampered_with_is_found_with_both_sums_and_repaired(budgets):
    _, team = budgets
    BudgetHour.objects.filter(budget=team, hour=NOW.replace(minute=0)).update(cost=Decimal("29.99"))
    result = run()
    assert result.exit_code == 1
    hour = [line for line in result.stdout.splitlines() if "Budget hour" in line]
    assert len(hour) == 1
    assert "Team, 2025-03-19T12:00+00:00" in hour[0]
    assert "30.0000000000 in 1 requests" in hour[0]
    assert "29.9900000000 in 1 requests" in hour[0]
    assert "2 differences." in result.stdout  # the period is no longer the sum of its hours either
    repaired = run("--repair")
    assert repaired.exit_code == 0
    assert repaired.stdout.endswith("Repaired.\n2 budgets, 6 hours agree.\n")
    assert run().exit_code == 0
    assert BudgetHour.objects.get(budget=team, hour=NOW.replace(minute=0)).cost == 30


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (lambda: HourlyUsage.objects.filter(hour=NOW.replace(minute=0)).update(cost=1), "Hourly usage"),
        (lambda: HourlyUsage.objects.filter(hour=NOW.replace(minute=0)).delete(), "Hourly usage"),
        (lambda: DailyUsage.objects.update(cost=1), "Daily usage"),
        (lambda: DailyUsage.objects.all().delete(), "Daily usage"),
        (lambda: BudgetPeriod.objects.filter(budget__name="Team").update(spent=0), "Period"),
        (lambda: BudgetPeriod.objects.filter(budget__name="Team").update(requests=7), "Period"),
        (lambda: BudgetPeriod.objects.filter(budget__name="Team").delete(), "Budget hour"),
        (lambda: BudgetAttribution.objects.filter(budget__name="Team").delete(), "Membership"),
        (lambda: BudgetHour.objects.filter(budget__name="Company").delete(), "Budget hour"),
        (lambda: BudgetPeriod.objects.filter(budget__name="Company").update(carried=5), "Carried over"),
    ],
)
def test_whatever_was_tampered_with_is_found_and_repaired(budgets, tamper, named):
    tamper()
    result = run()
    assert (result.exit_code, named in result.stdout) == (1, True), result.stdout
    assert run("--repair").exit_code == 0
    assert run().exit_code == 0
    spent = dict(BudgetPeriod.objects.values_list("budget__name", "spent"))
    assert spent == {"Company": 90, "Team": 90}


def test_events_that_vanished_are_found(budgets):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM usage_event WHERE occurred_at = %s", [NOW])
    assert run().exit_code == 1


def test_what_a_repair_cannot_mend_stays_a_failure(budgets):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX usage_event_y2025m03_id")
    result = run("--repair")
    assert result.exit_code == 1
    assert "usage_event_y2025m03" in result.stdout
    assert "after the repair as well" in result.stderr


def test_a_budget_whose_name_looks_like_markup_is_shown_as_it_is(budgets):
    Budget.objects.filter(name="Team").update(name="[red]Team[/]")
    BudgetPeriod.objects.filter(budget__name="[red]Team[/]").update(spent=0)
    assert "[red]Team[/]" in run().stdout


def test_who_reads_one_instant_sees_the_hours_of_that_instant_while_they_are_repaired(committed, budgets):
    HourlyUsage.objects.filter(hour=NOW.replace(minute=0)).update(cost=1)
    began, repaired, seen = threading.Event(), threading.Event(), []

    def read() -> None:
        try:
            with one_snapshot():
                Budget.objects.count()
                began.set()
                assert repaired.wait(60)
                seen.append(HourlyUsage.objects.aggregate(Sum("cost"))["cost__sum"])
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    assert began.wait(60)
    assert run("--repair").exit_code == 0
    repaired.set()
    reader.join()
    assert seen == [61]
    assert HourlyUsage.objects.aggregate(Sum("cost"))["cost__sum"] == 90


def test_a_difference_that_is_not_of_money_is_named(budgets):
    HourlyUsage.objects.filter(hour=NOW.replace(minute=0)).update(unpriced=3, output_tokens=5)
    (line,) = [line for line in run().stdout.splitlines() if "Hourly usage" in line]
    assert "30.0000000000 in 1 requests, 0 unpriced, 0 output tokens" in line
    assert "30.0000000000 in 1 requests, 3 unpriced, 5 output tokens" in line


def test_events_of_months_without_any_hour_are_compared_too(budgets):
    for at in (NOW - timedelta(days=60), NOW - timedelta(days=30), NOW + timedelta(seconds=1)):
        ingest([Post([Call(occurred_at=at, team="a", model="gpt-4", input_tokens=1_000_000)])], NOW)
    HourlyUsage.objects.filter(hour__lt=NOW - timedelta(days=20)).delete()
    assert run().stdout.count("Hourly usage") == 2
    assert run("--repair").exit_code == 0


def test_every_step_tells_how_far_it_is(budgets):
    told = []
    assert check(lambda *step: told.append(step)) == []
    assert told[0] == ("Events", 0, 3)
    assert [step for step in told if step[1] == step[2]] == [("Events", 3, 3), ("Label sets", 1, 1), ("Budgets", 2, 2)]
