"""A release is rolled out while servers of the version before, which know of no daily usage, go on posting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner, Result
from django.core.management import call_command
from django.db import connection

from budgets.models import BudgetAttribution
from costops.cli import costops
from tests.at_once import at_once
from tests.factories import Api, api, budget, call, spend
from usage.domain.days import mend_days
from usage.models import DailyUsage

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
EARLIER = TODAY - timedelta(days=40)
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def days_can_be_left_out(committed: None) -> Iterator[None]:
    """Connections that say so write no days, as those of the version before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RETURN CASE WHEN current_setting('costops.before_days', true) = 'yes' THEN NULL ELSE NEW END;
            END $$;
            CREATE TRIGGER leave_out BEFORE INSERT ON usage_daily FOR EACH ROW EXECUTE FUNCTION leave_out()"""
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS leave_out ON usage_daily; DROP FUNCTION leave_out()")


@contextmanager
def a_server_of_the_version_before() -> Iterator[None]:
    """What is posted inside goes into hours alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET costops.before_days = 'yes'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET costops.before_days")


@pytest.fixture
def finance() -> Api:
    """Who reads sums; four calls of the new server cost 1 each, four of the old one 10 each."""
    budget("Company", 1000, at=LONG_AGO)
    for cost in (1, 10):
        calls = [call(cost, at, team=team) for at in (EARLIER, TODAY) for team in ("a", f"only of {cost}")]
        if cost == 1:
            spend(*calls)
        else:
            with a_server_of_the_version_before():
                spend(*calls)
    return api("finance")


def sums(finance: Api) -> dict[str, Decimal]:
    """The cost by team since the earlier day, as the API adds up days."""
    answer = finance.get("usage/summary/", group_by="team", start=EARLIER.isoformat())
    return {row["team"]: Decimal(row["cost"]) for row in answer.json()["results"]}


def check(*options: str) -> Result:
    return CliRunner().invoke(costops, ["check", *options])


DUE = {"a": Decimal(22), "only of 1": Decimal(2), "only of 10": Decimal(20)}


def test_what_old_servers_left_out_of_days_is_found_and_filled_in(finance: Api) -> None:
    assert sums(finance) == {"a": Decimal(2), "only of 1": Decimal(2)}
    told = check()
    assert told.exit_code == 1
    assert told.stdout.count("Daily usage") == 4
    assert "4 differences." in told.stdout
    members = set(BudgetAttribution.objects.values_list("pk", flat=True))

    repaired = check("--repair")

    assert repaired.exit_code == 0
    assert repaired.stdout.splitlines()[-2] == "Repaired."
    assert sums(finance) == DUE
    assert check().exit_code == 0
    assert set(BudgetAttribution.objects.values_list("pk", flat=True)) == members, "nothing else is made anew"


def test_days_that_have_too_much_or_have_nothing_to_be_of_are_mended_too(finance: Api) -> None:
    check("--repair")
    DailyUsage.objects.filter(day=TODAY.date()).update(cost=7)
    DailyUsage.objects.filter(day=EARLIER.date()).update(day=EARLIER.date() - timedelta(days=1))
    assert check().exit_code == 1
    assert check("--repair").exit_code == 0
    assert sums(finance) == DUE
    assert not DailyUsage.objects.filter(day__lt=EARLIER.date()).exists()


def test_what_is_posted_while_days_are_mended_is_in_them(finance: Api) -> None:
    errors = at_once(lambda: mend_days(lambda *_: None), lambda: spend(call(100, TODAY, team="a")))
    assert not [error for error in errors if isinstance(error, Exception)]
    assert sums(finance) == DUE | {"a": Decimal(122)}
    assert check().exit_code == 0


def test_the_upgrade_itself_sums_the_hours_that_are_there(finance: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER leave_out ON usage_daily")
    try:
        call_command("migrate", "usage", "0006", verbosity=0)
    finally:
        call_command("migrate", "usage", verbosity=0)
    assert sums(finance) == DUE
    assert check().exit_code == 0
