"""The page of a budget's forecast."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from budgets.models import Budget
from forecasting.domain.chances import odds
from forecasting.domain.outlook import Outlook, outlook_of
from tests.factories import budget, call, now, person, share, spend
from tests.forecasting.making import LONG_AGO, forecast, with_history
from tests.pages.reading import text_of
from tests.pages.test_budget_page import figure_of, line_of
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def outlook(found: Budget, confidence: str = "0.95") -> Outlook:
    """What the domain says of it now."""
    return outlook_of(statuses([found], now())[found.pk], Decimal(confidence))


def page_of(client: Client, found: Budget, query: str = "") -> HttpResponse:
    """Its page."""
    return client.get(f"/budgets/{found.pk}/forecast/{query}")


def rows_of(client: Client, found: Budget, query: str = "") -> list[dict[str, str]]:
    """The rows of its file."""
    answer = client.get(f"/budgets/{found.pk}/forecast/export.csv{query}")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


def test_tabs_lead_from_the_spend_to_the_forecast_and_back(signed_in: SignIn) -> None:
    found = with_history(days=2)
    client = signed_in()
    spend_page, forecast_page = client.get(f"/budgets/{found.pk}/"), page_of(client, found)
    assert f'<a href="/budgets/{found.pk}/forecast/">Forecast</a>' in spend_page.content.decode()
    assert f'<a href="/budgets/{found.pk}/">Spend</a>' in forecast_page.content.decode()
    assert 'aria-current="page">Forecast</a>' in forecast_page.content.decode()


def test_the_figures_are_the_domains(signed_in: SignIn) -> None:
    found = with_history(limit=2_200)
    forecast(found)
    said, text = outlook(found), text_of(page_of(signed_in(), found))
    last = short_day(timezone.localdate() + timedelta(days=10))
    assert f"Projected for {last} {in_words(said.projected)} 95%: {in_words(said.low)} to {in_words(said.high)}" in text
    assert said.exceed_probability is not None
    assert f"{odds(said.exceed_probability)}, by {last}" in text
    assert said.advice
    assert said.advice.words in text
    assert "Several models, weighted" in text or "Few days, the latest counting most" in text
    assert said.words in text


def test_the_chart_has_the_four_layers_and_ends_at_the_projection(signed_in: SignIn) -> None:
    found = with_history()
    forecast(found)
    page, said = page_of(signed_in(), found), outlook(found)
    assert [trace["name"] for trace in figure_of(page)["data"] if "name" in trace] == [
        *("Limit", "95% band", "Projected", "Actual"),
    ]
    assert line_of(page, "Projected")["line"] == {"color": "var(--projected)", "width": 2, "dash": "5px 5px"}
    assert line_of(page, "Limit")["line"]["dash"]
    assert abs(Decimal(line_of(page, "Projected")["y"][-1]) - said.projected) < 1
    assert line_of(page, "Actual")["y"][-1] == f"{statuses([found], now())[found.pk].spent:.2f}"
    assert "today" in [note["text"] for note in figure_of(page)["layout"]["annotations"]]


def test_a_lower_confidence_has_a_narrower_band(signed_in: SignIn) -> None:
    found = with_history()
    client = signed_in()

    def width(query: str, name: str) -> Decimal:
        y = line_of(page_of(client, found, query), name)["y"]
        middle = len(y) // 2
        return Decimal(y[middle]) - Decimal(y[middle - 1])

    assert width("?confidence=0.5", "50% band") < width("", "95% band") < width("?confidence=0.99", "99% band")
    assert "50%: $" in text_of(page_of(client, found, "?confidence=0.5"))


@pytest.mark.parametrize("asked", ["0.4", "1", "nan", "many", "-1"])
def test_a_confidence_that_no_band_is_made_of_is_refused_with_a_sentence(signed_in: SignIn, asked: str) -> None:
    found = with_history(days=2)
    client = signed_in()
    page = page_of(client, found, f"?confidence={asked}")
    assert page.status_code == 400
    assert "from 0.5 to 0.99" in text_of(page)
    assert client.get(f"/budgets/{found.pk}/forecast/export.csv?confidence={asked}").status_code == 400


def test_the_file_has_the_rows_of_the_table_and_days_that_add_up(signed_in: SignIn) -> None:
    found = with_history()
    forecast(found)
    client = signed_in()
    rows = rows_of(client, found)
    today = timezone.localdate()
    status = statuses([found], now())[found.pk]
    assert [row["day"] for row in rows] == [f"{today + timedelta(days=n)}" for n in range(-10, 11)]
    assert sum(Decimal(row["actual"]) for row in rows if row["actual"]) == status.spent
    assert Decimal(rows[10]["total_actual"]) == status.spent
    assert [row["actual"] for row in rows[11:]] == [""] * 10
    assert {(Decimal(row["limit"]), row["confidence"]) for row in rows} == {(status.limit, "0.95")}
    last = rows[-1]
    assert Decimal(last["total_low"]) <= Decimal(last["total_projected"]) <= Decimal(last["total_high"])
    table = page_of(client, found).content.decode().split('<table class="quick">')[1].split("<tbody>")[1]
    assert table.split("</tbody>")[0].count("<tr>") == len(rows)


def test_the_next_period_begins_with_nothing_and_has_its_own_limit(signed_in: SignIn) -> None:
    found = with_history(period="weekly", starts_on=None, ends_on=None, limit=500)
    forecast(found)
    client = signed_in()
    page = page_of(client, found, "?range=next")
    limits = [trace for trace in figure_of(page)["data"] if trace.get("name") == "Limit"]
    heading = [trace for trace in figure_of(page)["data"] if trace.get("name") == "Projected"]
    assert len(limits) == len(heading) == 2
    assert heading[1]["y"][0] == "0"
    rows = rows_of(client, found, "?range=next")
    assert len(rows) == 14
    week = rows[7:]
    assert {Decimal(row["limit"]) for row in rows} == {Decimal(500)}
    assert abs(sum(Decimal(row["projected"]) for row in week) - Decimal(week[-1]["total_projected"])) < 1


def test_the_last_ninety_days_are_shown_day_by_day(signed_in: SignIn) -> None:
    found = with_history(days=80, period="weekly", starts_on=None, ends_on=None)
    rows = rows_of(signed_in(), found, "?range=past")
    assert len(rows) == 90 + 7 - timezone.localdate().isoweekday()
    assert sum(Decimal(row["actual"]) for row in rows if row["actual"]) == sum(100 + n % 7 for n in range(80))
    assert {row["total_actual"] for row in rows} == {""}


def test_a_day_is_shown_by_its_hours(signed_in: SignIn) -> None:
    found = budget("Batch", 50, period="daily", at=LONG_AGO)
    spend(call(3))
    client = signed_in()
    rows = rows_of(client, found)
    assert len(rows) in (23, 24, 25)
    assert next(iter(rows[0])) == "hour"
    assert "The forecast per hour as a table" in page_of(client, found).content.decode()


def test_before_a_run_the_simple_method_stands_in_and_says_so(signed_in: SignIn) -> None:
    text = text_of(page_of(signed_in(), with_history(days=5)))
    assert "The simple method stands in" in text
    assert "The average so far" in text
    assert "A forecast from models is under way" in text


def test_a_budget_that_began_to_spend_today_is_told_to_wait_for_tomorrow(signed_in: SignIn) -> None:
    text = text_of(page_of(signed_in(), with_history(days=1)))
    assert "The simple method stands in. Its first day with spend is not over: it is forecast from tomorrow on." in text
    assert "under way" not in text


@pytest.mark.parametrize(("first", "last", "said"), [(3, 9, "It begins on"), (-20, -9, "Its last period ended on")])
def test_outside_of_its_time_nothing_is_projected(signed_in: SignIn, first: int, last: int, said: str) -> None:
    today = timezone.localdate()
    dates = {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}
    found = budget("Project", 100, period="custom", at=LONG_AGO, **dates)
    client = signed_in()
    page = page_of(client, found)
    assert said in text_of(page)
    assert "data-figure" not in page.content.decode()
    assert rows_of(client, found) == []


def test_an_archived_budget_is_at_rest(signed_in: SignIn) -> None:
    found = with_history(days=5)
    archive_budget(found, Actor(None), now())
    assert "The budget was archived" in text_of(page_of(signed_in(), found))


def test_without_usage_the_page_says_what_it_waits_for(signed_in: SignIn) -> None:
    found = budget("New", 100)
    assert "Nothing to project yet" in text_of(page_of(signed_in(), found))


def test_who_may_not_change_a_budget_is_offered_no_change(signed_in: SignIn) -> None:
    found = with_history(days=5)
    reader = person("viewer")
    share(found, reader)
    page = page_of(signed_in(reader), found)
    assert page.status_code == 200
    assert f"/budgets/{found.pk}/edit/" not in page.content.decode()
