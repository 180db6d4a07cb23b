"""The page of amounts that are worth adjusting for the next quarter."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.domain.status import statuses
from budgets.domain.tree import schedule_of
from budgets.models import Budget
from forecasting.domain.adjusting import adjusted, total_of
from forecasting.domain.quarters import periods_in
from forecasting.models import Forecast
from tests.factories import budget, now, person, recorded_for_years, share
from tests.forecasting.making import LONG_AGO, forecast, with_history
from tests.pages.reading import row_of, text_of
from tests.pages.test_forecasts_list import names
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
MONTHLY: dict[str, Any] = {"period": "monthly", "starts_on": None, "ends_on": None}


def team(name: str, limit: object, **fields: Any) -> Budget:
    """A monthly budget of a team that spends about 3,100 a month, and was forecast."""
    found = with_history(name, limit, scope={"teams": [name.lower()]}, **{**MONTHLY, **fields})
    forecast(found)
    return found


def test_those_are_listed_whose_amount_is_too_low_or_too_high(signed_in: SignIn) -> None:
    low, high = team("Low", 1000), team("High", 90_000)
    advised = adjusted([statuses([low], now())[low.pk]], now()).found[0].advised
    team("Right", advised)
    page = signed_in().get("/forecasts/next-quarter/")
    assert names(page) == ["High", "Low"], "what changes most comes first"
    assert f"$1,000 {in_words(adjusted_of(low).expected)} {in_words(advised)}" in row_of(page, "Low")
    assert f"−{in_words(high.amount - adjusted_of(high).advised)}" in row_of(page, "High")
    assert "is the dearest" in row_of(page, "Low")


def adjusted_of(found: Budget) -> Any:
    """What is advised for it."""
    return adjusted([statuses([found], now())[found.pk]], now()).found[0]


def test_what_is_advised_is_enough_for_the_dearest_month_of_the_fiscal_quarter(settings: Any) -> None:
    found = team("Low", 1000)
    status = statuses([found], now())[found.pk]
    one = adjusted([status], now()).found[0]
    assert one.periods == 3
    assert one.advised > one.expected
    settings.COSTOPS_FISCAL_YEAR_START = (now().month + 1 - 1) % 12 + 1
    assert adjusted([status], now()).quarter.first == date(now().year + now().month // 12, now().month % 12 + 1, 1), (
        "a fiscal year that begins next month has its first quarter then"
    )


def planned(found: Budget, *amounts: object) -> None:
    """Plans these amounts for the months of the next quarter."""
    quarter = adjusted([], now()).quarter
    months = [quarter.first.replace(month=(quarter.first.month + n - 1) % 12 + 1) for n in range(3)]
    found.amounts = {day.isoformat(): str(amount) for day, amount in zip(months, amounts, strict=True)}
    found.save()


def test_an_amount_that_was_planned_for_the_dearest_month_is_what_is_agreed(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    planned(found, 100, 900, 200)
    one = adjusted_of(found)
    assert one.current in (100, 900, 200)
    planned(found, *(one.advised if amount == one.current else amount for amount in (100, 900, 200)))
    assert names(signed_in().get("/forecasts/next-quarter/")) == []


def test_the_total_adds_what_was_planned_for_each_month(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    planned(found, 100, 900, 200)
    one = adjusted_of(found)
    assert total_of([one]).current == 1200
    assert total_of([one]).advised == one.advised * 3
    assert abs(total_of([one]).expected - one.expected * 3) < Decimal("0.01")
    told = f"Total for {adjusted([], now()).quarter.label} {in_words(Decimal(1200), cents=False)}"
    assert told in text_of(signed_in().get("/forecasts/next-quarter/"))


def test_of_a_period_that_ends_later_the_total_counts_the_days_in_the_quarter() -> None:
    quarter = adjusted([], now()).quarter
    found = team("Yearly", 36_500, period="yearly", anchor=quarter.first.month)
    one = adjusted_of(found)
    [period] = periods_in(schedule_of(found), quarter)
    days = (period.ends - period.starts).days
    assert (one.current, one.periods) == (36_500, 1)
    assert total_of([one]) == (
        *(pytest.approx(sum_ * quarter.days / days) for sum_ in (one.current, one.expected, one.advised)),
    )


def test_the_total_is_for_the_quarter_and_counts_nothing_twice(signed_in: SignIn) -> None:
    top = budget("Company", 500, at=LONG_AGO)
    team("Part", 400, parent=top)
    forecast(top)
    page = signed_in().get("/forecasts/next-quarter/")
    assert set(names(page)) == {"Company", "Part"}
    sums = total_of([adjusted_of(top)])
    assert sums.current == 500 * 3
    said = [in_words(amount, cents=False) for amount in (sums.current, sums.expected, sums.advised)]
    assert " ".join(said) in text_of(page)
    assert "The total leaves out 1 that lies inside another listed budget" in text_of(page)


def test_a_budget_without_a_forecast_that_reaches_so_far_is_counted_but_not_listed(signed_in: SignIn) -> None:
    team("Low", 1000)
    with_history("Unknown", 5, scope={"teams": ["unknown"]}, **MONTHLY)
    page = signed_in().get("/forecasts/next-quarter/")
    assert names(page) == ["Low"]
    assert "1 more has no forecast that reaches so far yet" in text_of(page)


def test_a_run_that_was_made_afterwards_for_the_score_says_nothing(signed_in: SignIn) -> None:
    team("Low", 1000)
    Forecast.objects.update(backtested=True)
    assert names(signed_in().get("/forecasts/next-quarter/")) == []


def test_the_file_holds_what_the_page_lists_with_exact_sums(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    answer = signed_in().get("/forecasts/next-quarter/export.csv")
    [row] = csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]
    one = adjusted_of(found)
    assert (row["budget"], Decimal(row["agreed"]), Decimal(row["advised"])) == ("Low", 1000, one.advised)
    assert Decimal(row["change"]) == one.change
    assert row["reason"] == one.words


def test_only_who_may_change_a_budget_is_led_to_its_form(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    reader = person("viewer")
    share(found, reader)
    address = f"/budgets/{found.pk}/edit/"
    assert address in signed_in().get("/forecasts/next-quarter/").content.decode()
    seen = signed_in(reader).get("/forecasts/next-quarter/")
    assert names(seen) == ["Low"]
    assert address not in seen.content.decode()


def test_nothing_to_adjust_says_so(signed_in: SignIn) -> None:
    recorded_for_years()
    budget("Quiet", 100, at=LONG_AGO)
    assert "Nothing is worth adjusting" in text_of(signed_in().get("/forecasts/next-quarter/"))
    assert not Forecast.objects.exists()


def test_what_a_run_kept_of_the_quarter_is_what_its_curve_says(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    kept = adjusted_of(found)
    run = Forecast.objects.get()
    assert run.next_quarter["periods"] == 3
    run.next_quarter = None
    run.save()
    worked_out = adjusted_of(found)
    assert worked_out == dataclasses.replace(kept, status=worked_out.status)


def test_a_budget_whose_dates_changed_since_its_run_is_told_of_by_its_new_ones(signed_in: SignIn) -> None:
    found = team("Low", 1000)
    found.period, found.amount = "weekly", Decimal(10)
    found.version += 1
    found.save()
    assert adjusted_of(found).periods in (12, 13, 14)


def test_the_page_reads_no_curve(signed_in: SignIn) -> None:
    team("Low", 1000)
    client = signed_in()
    with CaptureQueriesContext(connection) as asked:
        client.get("/forecasts/next-quarter/")
    assert not [query["sql"] for query in asked if "SELECT f.*" in query["sql"]]
