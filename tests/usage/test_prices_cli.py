"""`costops prices` and `costops teams`: the same domain as the API, told on a terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from budgets.domain.check import check
from costops.cli import costops
from tests import factories
from tests.usage.repricing import MILLION, call, costs, post
from usage.models import ModelAlias, PriceOverride, RepriceJob, TeamDepartment, UsageEvent

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> Result:
    """Runs `costops` to its end."""
    return CliRunner().invoke(costops, arguments)


def rows(result: Result) -> list[list[str]]:
    """The words of each line that was printed."""
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines()]


def test_a_contract_price_prices_the_past_before_the_command_ends():
    post(call(40), call(2))
    told = run("prices", "override", "gpt-4", "--rate", "input=2.5", "--rate", "output=10", "--from", "2025-11-01")
    assert told.exit_code == 0, told.output
    assert "Repricing" in told.stdout
    assert "1 of 1 events changed, -27.50 USD." in told.stdout
    assert [str(cost.normalize()) for cost in costs()] == ["3E+1", "2.5"]
    assert PriceOverride.objects.get().rates == {"input": "2.50", "output": "10.00"}
    assert RepriceJob.objects.get().state == "done"
    assert check() == []


def test_a_percentage_dry_run_tells_the_change_and_writes_nothing():
    post(call(2), call(2, model="gpt-4o"))
    told = rows(run("prices", "override", "gpt-4", "--percent-off", "15", "--from", "2025-01-01", "--dry-run"))
    assert ["openai", "gpt-4", "1", "1", "30.00", "25.50", "-4.50"] in told
    assert not PriceOverride.objects.exists()
    assert 30 in costs()


def test_a_change_of_cost_is_told_in_the_currency_of_the_company(settings):
    settings.COSTOPS_CURRENCY = "VND"
    post(call(2))
    told = run("prices", "override", "gpt-4", "--percent-off", "10", "--from", "2025-11-01")
    assert "1 of 1 events changed, -3.00 VND." in told.stdout, told.output


def test_a_dry_run_tells_that_calls_lose_their_price():
    run("prices", "alias", "house", "gpt-4", "--from", "2025-01-01")
    post(call(2, model="house"), call(1, model="house"))
    alias = str(ModelAlias.objects.get().pk)
    told = run("prices", "end", "alias", alias, "--at", "2025-01-02", "--dry-run")
    assert "Without a price: 0 now, 2 then." in told.stdout, told.output
    assert "Without a price" not in run("prices", "end", "alias", alias, "--at", "2026-01-01", "--dry-run").stdout


def test_an_alias_prices_what_had_no_price():
    yesterday = factories.now() - timedelta(days=1)
    post(call(occurred_at=yesterday, model="house"), call(occurred_at=yesterday, provider="azure", model="house"))
    told = run("prices", "alias", "house", "gpt-4", "--provider", "azure")
    assert "1 of 1 events changed, +30.00 USD." in told.stdout, told.output
    assert sorted(costs()) == [0, 30]
    left = rows(run("prices", "list", "--unpriced"))
    assert left[1][:6] == ["openai", "house", "1", "0.00", "1", "since"]
    assert len(left) == 2


def test_agreements_are_listed_with_their_days_and_ended_by_number():
    run("prices", "alias", "house", "gpt-4", "--from", "2025-01-01", "--to", "2026-01-01")
    run("prices", "override", "gpt-4*", "--percent-off", "12.5", "--from", "2025-02-01", "--note", "EA 25")
    alias, override = ModelAlias.objects.get().pk, PriceOverride.objects.get().pk
    told = rows(run("prices", "agreements"))
    assert [str(alias), "any", "house", "gpt-4", "2025-01-01", "2026-01-01"] in told
    assert [str(override), "any", "gpt-4*", "2025-02-01", "-", "12.5%", "off", "EA", "25"] in told
    post(call(2))
    assert "+3.75 USD" in run("prices", "end", "override", str(override), "--at", "2025-11-10").stdout
    assert costs() == [30]
    again = run("prices", "end", "override", str(override))
    assert (again.exit_code, "ended on 2025-11-10 already" in again.output) == (2, True)
    assert run("prices", "end", "alias", "999999").exit_code == 1


def test_show_tells_the_price_and_why_or_fails_with_the_nearest_name():
    told = run("prices", "show", "gpt-4o-2024-08-06", "--provider", "azure", "--at", "2025-01-01")
    assert told.stdout.startswith("The price of gpt-4o-2024-08-06 of azure: ")
    assert ["input", "2.50", f"{MILLION:,}"] in rows(told)
    unknown = run("prices", "show", "gtp-4o")
    assert (unknown.exit_code, unknown.stdout) == (
        1,
        "Nobody knows a price for this name. The nearest that has one is gpt-4o.\n",
    )


def test_reprice_works_on_its_job_and_the_list_of_jobs_says_why():
    post(call(2))
    UsageEvent.objects.update(cost_source="unpriced", price_basis="")
    dry = rows(run("prices", "reprice", "--from", "2025-11-01", "--to", "2025-12-01", "--dry-run"))
    assert dry[1][:4] == ["openai", "gpt-4", "1", "1"]
    told = run("prices", "reprice", "--from", "2025-11-01", "--to", "2025-12-01", "--reason", "New list")
    assert "1 of 1 events changed" in told.stdout, told.output
    assert rows(run("prices", "jobs"))[1][-2:] == ["New", "list"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("override", "gpt-4", "--from", "2025-01-01"),
        ("override", "gpt-4", "--from", "soon", "--percent-off", "5"),
        ("override", "gpt-4", "--from", "2025-01-01", "--rate", "input"),
        ("override", "gpt-4", "--from", "2025-01-01", "--rate", "inptu=5"),
        ("override", "gpt-4", "--from", "2025-01-01", "--percent-off", "much"),
        ("alias", "house", "gtp-4o"),
        ("reprice", "--from", "2025-01-01", "--to", "2025-01-01"),
    ],
)
def test_what_makes_no_sense_ends_with_status_2_and_one_sentence(arguments):
    told = run("prices", *arguments)
    assert told.exit_code == 2, told.output
    assert not PriceOverride.objects.exists()
    assert not ModelAlias.objects.exists()


def test_a_team_gets_a_department_from_a_day_on():
    assert run("teams", "set", "backend", "engineering", "--from", "2025-01-01").exit_code == 0
    assert run("teams", "set", "backend", "platform", "--from", "2025-11-18").exit_code == 0
    assert rows(run("teams", "list"))[1:] == [
        ["backend", "platform", "2025-11-18", "-"],
        ["backend", "engineering", "2025-01-01", "2025-11-18"],
    ]
    post(call(2, team="backend"), call(0.5, team="backend"))
    found = UsageEvent.objects.order_by("occurred_at").values_list("attribution__department", flat=True)
    assert list(found) == ["engineering", "platform"]
    assert run("teams", "set", "backend", "other", "--from", "2025-01-01").exit_code == 2
    assert TeamDepartment.objects.count() == 2
