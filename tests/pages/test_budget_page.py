"""The page of one budget."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.domain.periods import day_bounds
from budgets.domain.status import statuses
from budgets.models import Budget, BudgetChange, BudgetPeriod
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import names_in_order, row_of, text_of
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def figure_of(page: HttpResponse) -> dict[str, Any]:
    """The chart's figure."""
    found = re.search(r'<script id="figure" type="application/json">(.*?)</script>', page.content.decode(), re.S)
    assert found
    figure: dict[str, Any] = json.loads(found[1])
    return figure


def line_of(page: HttpResponse, name: str) -> dict[str, Any]:
    """One of its lines or sets of bars."""
    return next(trace for trace in figure_of(page)["data"] if trace.get("name") == name)


def table_of(page: HttpResponse) -> list[list[str]]:
    """The chart's table, row by row."""
    html = re.search(r'<table class="quick">.*?<tbody>(.*?)</tbody>', page.content.decode(), re.S)
    assert html
    return [
        [text_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.S)]
        for row in re.findall(r"<tr>.*?</tr>", html[1], re.S)
    ]


def test_what_one_may_not_see_answers_as_what_does_not_exist(signed_in: SignIn) -> None:
    hidden = budget("Secret plans", 5)
    client = signed_in("engineer")
    for path in ("", "edit/", "archive/", "restore/"):
        there = client.get(f"/budgets/{hidden.pk}/{path}")
        nowhere = client.get(f"/budgets/987654/{path}")
        assert there.status_code == nowhere.status_code == 404
        assert TOKEN.sub("", there.content.decode()) == TOKEN.sub("", nowhere.content.decode())
    assert client.post(f"/budgets/{hidden.pk}/archive/").status_code == 404


def test_the_figures_are_the_domains(signed_in: SignIn) -> None:
    found = budget("Production", 10_000, at=LONG_AGO)
    spend(call("6048.10"))
    status = statuses([found], now())[found.pk]
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert f"Spent {in_words(status.spent)} 60.5% of $10,000" in text
    assert f"Left {in_words(status.remaining)}" in text


def test_bars_add_up_to_what_is_spent(signed_in: SignIn) -> None:
    found = budget("Company", 10_000, at=LONG_AGO)
    start = statuses([found], now())[found.pk].period.starts
    days = (now() - start).days
    spend(*[call(f"{10 + n}.25", at=start + timedelta(days=n, hours=3)) for n in range(days)], call(1))
    page = signed_in().get(f"/budgets/{found.pk}/?view=steps")
    bars = line_of(page, "Spent")
    assert sum(map(Decimal, bars["y"])) == statuses([found], now())[found.pk].spent
    assert bars["x"][0] == start.date().isoformat()


def test_the_line_ends_at_what_is_spent_and_the_projection_at_the_forecast(signed_in: SignIn) -> None:
    found = budget("Year", 10_000, period="yearly", at=LONG_AGO)
    spend(call("730.50"))
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert line_of(page, "Spent")["y"][-1] == "730.50"
    assert line_of(page, "Limit")["y"] == ["10000.00", "10000.00"]
    text = text_of(page)
    projected = re.search(r"Projected for \w+ \d+(?:, \d+)? (\$[\d,.]+)", text)
    assert projected
    assert in_words(Decimal(line_of(page, "Projected")["y"][-1])) == projected[1]


def test_the_table_says_what_the_chart_shows_and_its_rows_add_up(signed_in: SignIn) -> None:
    found = budget("Week", 700, period="weekly", at=LONG_AGO)
    spend(call("42.42"))
    page = signed_in().get(f"/budgets/{found.pk}/")
    spent = [row for row in table_of(page) if "rest" not in row[0] and "projected" not in row[0]]
    assert spent[-1][3] == "$42.42"
    assert sum(Decimal(row[2].strip("$")) for row in spent) == Decimal("42.42")
    assert table_of(page)[-1][3] == in_words(statuses([found], now())[found.pk].rate.forecast)


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 10, 27), 25), (date(2024, 3, 31), 23)])
def test_a_day_with_25_hours_and_one_with_23_add_up(signed_in: SignIn, settings: Any, day: date, hours: int) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    settings.COSTOPS_ZONE = ZoneInfo("Europe/Berlin")
    week = {"period": "custom", "starts_on": day - timedelta(days=1), "ends_on": day + timedelta(days=1)}
    found = budget("Days", 1000, at=LONG_AGO, **week)
    midnight = datetime(day.year, day.month, day.day, tzinfo=settings.COSTOPS_ZONE).astimezone(UTC)
    spend(*[call("0.5", at=midnight + timedelta(hours=n, minutes=30)) for n in range(hours)])
    spend(call(7, at=midnight - timedelta(minutes=30)), call(9, at=midnight + timedelta(hours=hours, minutes=30)))
    bars = line_of(signed_in().get(f"/budgets/{found.pk}/?view=steps"), "Spent")
    assert [Decimal(y) for y in bars["y"]] == [7, Decimal(hours) / 2, 9]


def test_the_hour_that_comes_twice_has_two_bars(signed_in: SignIn, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    settings.COSTOPS_ZONE = ZoneInfo("Europe/Berlin")
    day = date(2024, 10, 27)
    found = budget("Sunday", 1000, period="custom", starts_on=day, ends_on=day, at=LONG_AGO)
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    spend(call(3, at=first), call(4, at=first + timedelta(hours=1)))
    bars = line_of(signed_in().get(f"/budgets/{found.pk}/?view=steps"), "Spent")
    assert len(bars["x"]) == len(set(bars["x"])) == 25
    assert [Decimal(bars["y"][bars["x"].index(hour)]) for hour in ("02:00", "02:00 CET")] == [3, 4]


def test_a_threshold_is_marked_where_the_spend_reached_it(signed_in: SignIn) -> None:
    alerts = [{"threshold": "0.5", "channels": ["email"]}, {"threshold": "0.8", "channels": ["email"]}]
    begins = now().date() - timedelta(days=10)
    dates = {"period": "custom", "starts_on": begins, "ends_on": begins + timedelta(days=20)}
    found = budget("Three weeks", 100, thresholds=alerts, at=LONG_AGO, **dates)
    first = datetime(begins.year, begins.month, begins.day, 1, tzinfo=UTC)
    spend(call(40, at=first), call(20, at=first + timedelta(days=2)))
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    reached, noticed = short_day(begins + timedelta(days=2)), short_day(now().date())
    assert f"Thresholds 50% reached {reached} , noticed {noticed} 80% not reached yet What is left" in text


def test_the_breadcrumb_is_the_tree_as_far_as_one_may_see_it(signed_in: SignIn) -> None:
    top = budget("Acme Holding", 100)
    middle = budget("Engineering", 60, top)
    leaf = budget("Backend", 30, middle)
    user = person("lead")
    share(middle, user)
    page = signed_in(user).get(f"/budgets/{leaf.pk}/")
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', page.content.decode(), re.S)
    assert crumbs
    assert text_of(crumbs[0]) == "Budgets / Engineering"
    assert "Acme" not in text_of(page)


def test_history_names_no_budget_that_one_may_not_see(signed_in: SignIn) -> None:
    secret, other = budget("Secret board", 100), budget("Other", 100)
    found = budget("Backend", 30, secret)
    edit_budget(found, Actor(person("finance")), {"parent": other}, now())
    user = person("lead")
    share(found, user)
    text = text_of(signed_in(user).get(f"/budgets/{found.pk}/"))
    assert "Secret board" not in text
    assert "a budget that is not shared with you" in text


def test_history_says_who_when_why_before_and_after(signed_in: SignIn) -> None:
    found = budget("Backend", 8000)
    dana = person("finance")
    dana.name = "Dana Reyes"
    dana.save()
    edit_budget(found, Actor(dana, "New models cost more"), {"amount": Decimal(10_000)}, now())
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert "Limit changed by Dana Reyes" in text
    assert "Limit: $8,000 → $10,000" in text
    assert "New models cost more" in text


def test_every_change_can_be_reached_however_many_there_are(signed_in: SignIn) -> None:
    found = budget("Company", 1000, at=LONG_AGO)
    BudgetChange.objects.bulk_create(
        BudgetChange(budget=found, at=now() - timedelta(minutes=n), what="edited", after={"name": f"Name {n:03}"})
        for n in range(1, 121)
    )
    client, named = signed_in(), []
    assert text_of(client.get(f"/budgets/{found.pk}/")).count("Edited") == 10
    for page in (1, 2, 3):
        text = text_of(client.get(f"/budgets/{found.pk}/?all=history&page={page}"))
        assert f"of {found.changes.count()}" in text
        named += re.findall(r"Name \d{3}", text)
    assert named == [f"Name {n:03}" for n in range(1, 121)]


def test_every_period_can_be_reached_however_many_there_are(signed_in: SignIn) -> None:
    found = budget("Daily", 10, period="daily", at=LONG_AGO)
    days = [day_bounds(date(2025, 1, 1) + timedelta(days=n), settings.COSTOPS_ZONE) for n in range(450)]
    found.periods.all().delete()
    BudgetPeriod.objects.bulk_create(
        BudgetPeriod(budget=found, starts=day.starts, ends=day.ends, amount=1) for day in days
    )
    client, seen = signed_in(), set()
    for number in range(1, 10):
        page = client.get(f"/budgets/{found.pk}/?all=periods&page={number}").content.decode()
        seen |= set(re.findall(r"period=(\d{4}-\d\d-\d\d)", page))
    assert {day.starts.astimezone(settings.COSTOPS_ZONE).date().isoformat() for day in days} <= seen


def test_children_and_what_is_spent_directly_add_up(signed_in: SignIn) -> None:
    top = budget("Engineering", 1000, scope={"departments": ["e"]}, at=LONG_AGO)
    budget("Backend", 400, top, scope={"teams": ["b"]}, at=LONG_AGO)
    spend(call(30, department="e", team="b"), call(12, department="e"))
    page = signed_in().get(f"/budgets/{top.pk}/")
    assert "$30.00" in row_of(page, "Backend")
    assert "Spent directly by calls that none of them is for $12.00" in text_of(page)
    assert "All of Engineering $42.00" in text_of(page)


def test_handing_out_more_than_there_is_is_said_in_words(signed_in: SignIn) -> None:
    top = budget("Engineering", 10_000)
    budget("Backend", 8000, top)
    budget("Search", 5000, top)
    text = text_of(signed_in().get(f"/budgets/{top.pk}/"))
    assert "$13,000 of $10,000 handed out: $3,000 more than the limit" in text
    assert "Handed out $13,000 $3,000 more than the limit" in text


def test_unpriced_calls_are_said(signed_in: SignIn) -> None:
    found = budget("Company", 100)
    spend(call(None, model="acme-llm-2", input_tokens=5), call(3))
    assert "1 call without a price" in text_of(signed_in().get(f"/budgets/{found.pk}/"))


def test_past_periods_stay_readable_one_by_one(signed_in: SignIn) -> None:
    found = budget("Company", 1000, at=LONG_AGO)
    spend(call(500, at=datetime(2025, 2, 10, tzinfo=UTC)), call(7, at=datetime(2025, 3, 10, tzinfo=UTC)))
    client = signed_in()
    assert "$1,000 $500 50.0%" in row_of(client.get(f"/budgets/{found.pk}/"), "February 2025")
    past = client.get(f"/budgets/{found.pk}/?period=2025-02-01")
    assert "You are looking at February 2025" in text_of(past)
    assert "Spent $500.00 50.0% of $1,000" in text_of(past)
    assert line_of(past, "Spent")["y"][-1] == "500.00"


@pytest.mark.parametrize("period", ["2999-01-01", "tomorrow", "9999-99-99", "1500-01-01"])
def test_a_period_that_is_not_there_is_not_found(signed_in: SignIn, period: str) -> None:
    found = budget("Company", 1000)
    assert signed_in().get(f"/budgets/{found.pk}/?period={period}").status_code == 404


def test_an_archived_budget_keeps_its_figures(signed_in: SignIn) -> None:
    found = budget("Company", 1000, at=LONG_AGO)
    spend(call(42))
    archive_budget(found, Actor(None, "No longer"), now())
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert "Archived" in text
    assert "Spent $42.00" in text
    assert "No longer" in text


def test_a_budget_of_a_thousand_years_is_drawn_in_few_steps(signed_in: SignIn) -> None:
    ages = {"period": "custom", "starts_on": date(2000, 1, 1), "ends_on": date(2999, 12, 31)}
    found = budget("For ever", 1000, at=LONG_AGO, **ages)
    spend(call(5))
    assert len(line_of(signed_in().get(f"/budgets/{found.pk}/?view=steps"), "Spent")["x"]) <= 1000


def test_only_those_who_may_change_it_are_offered_to(signed_in: SignIn) -> None:
    found = budget("Company", 1000)
    viewer, editor = person("viewer"), person("lead")
    share(found, viewer)
    share(found, editor, "view_budget", "change_budget")
    assert f"/budgets/{found.pk}/edit/" not in signed_in(viewer).get(f"/budgets/{found.pk}/").content.decode()
    assert f"/budgets/{found.pk}/edit/" in signed_in(editor).get(f"/budgets/{found.pk}/").content.decode()


def test_names_are_text_and_never_markup(signed_in: SignIn) -> None:
    evil = "</script><script>alert(1)</script>"
    found = budget(evil, 1000, scope={"projects": [evil]})
    client = signed_in()
    for path in ("/budgets/", f"/budgets/{found.pk}/", f"/budgets/{found.pk}/edit/", f"/budgets/?q={evil}"):
        assert evil not in client.get(path).content.decode()


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_neither_usage_nor_children_add_queries(signed_in: SignIn) -> None:
    top = budget("Company", 1000, at=LONG_AGO)
    budget("One", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
    spend(call(1, team="a"), call(1), *[call(1, now() - timedelta(days=days)) for days in (35, 70, 105)])

    def add(numbers: range) -> None:
        Budget.objects.bulk_create(Budget(name=f"Part {n}", amount=Decimal(1), parent=top) for n in numbers)

    add(range(2))
    client = signed_in()
    paths = [f"/budgets/{top.pk}/{query}" for query in ("", "?view=steps", "?period=2025-01-01")]
    few = [queries(client, path) for path in paths]
    assert max(few[:2]) <= 33
    assert few[2] <= 41, "a look back asks also who was below then, and for how much"
    add(range(2, 500))
    spend(*[call(1, team=f"t{n % 40}", at=now() - timedelta(hours=n)) for n in range(300)])
    assert [queries(client, path) for path in paths] == few
    assert len(names_in_order(client.get(f"/budgets/{top.pk}/"))) < 60
