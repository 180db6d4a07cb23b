"""The page of all forecasts."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from forecasting.domain.ways import advice_of
from tests.factories import budget, now, person, share
from tests.forecasting.making import LONG_AGO, forecast, with_history
from tests.pages.reading import row_of, text_of
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def names(page: HttpResponse) -> list[str]:
    """The budgets of the list, top to bottom."""
    body = re.sub(r"</?bdi>", "", page.content.decode()).split("<tbody", 1)[-1]
    return [unescape(name) for name in re.findall(r'<a href="/budgets/\d+/forecast/">(.*?)</a>', body)]


def test_the_likeliest_to_exceed_comes_first_and_equals_by_what_is_projected(signed_in: SignIn) -> None:
    for name, limit in (("Calm", 90_000), ("Over", 100), ("Calmer", 900_000), ("Tight", 2_150)):
        with_history(name, limit, scope={"teams": [name.lower()]})
    client = signed_in()
    assert names(client.get("/forecasts/")) == ["Over", "Tight", "Calm", "Calmer"]
    assert names(client.get("/forecasts/?sort=name")) == ["Calm", "Calmer", "Over", "Tight"]
    assert names(client.get("/forecasts/?sort=out"))[-1] == "Tight"


def test_a_row_says_the_figures_of_the_domain(signed_in: SignIn) -> None:
    above = budget("Company", 90_000, at=LONG_AGO)
    found = with_history("Product", 2_200, parent=above, scope={"teams": ["product"]})
    forecast(found)
    page = signed_in().get("/forecasts/")
    status = statuses([found], now())[found.pk]
    advice = advice_of([status])[found.pk]
    assert advice
    row = row_of(page, "Product")
    assert "Company · " in row
    assert f"{in_words(status.rate.forecast)} {in_words(status.rate.low)} to {in_words(status.rate.high)}" in row
    assert in_words(advice.amount, cents=False) in row
    assert "95% band" in page.content.decode()


def test_advice_for_many_is_what_each_of_them_is_told_alone(signed_in: SignIn) -> None:
    found = [
        with_history(name, 500, scope={"teams": [name]}, period="weekly", starts_on=None, ends_on=None) for name in "ab"
    ]
    forecast(found[0])
    client = signed_in()
    for one in found:
        advised = re.search(
            r"Advised limit (\$[\d,.]+) for (.*?) \$", text_of(client.get(f"/budgets/{one.pk}/forecast/"))
        )
        assert advised
        assert f"{advised[1].removesuffix('.00')} {advised[2]}" in row_of(client.get("/forecasts/"), one.name)


def test_only_open_periods_that_one_may_see_are_listed(signed_in: SignIn) -> None:
    today = timezone.localdate()
    mine, other, gone = (
        with_history(name, scope={"teams": [name.lower()]}, days=3) for name in ("Mine", "Other", "Gone")
    )
    archive_budget(gone, Actor(None), now())
    later = {"period": "custom", "starts_on": today + timedelta(days=9), "ends_on": today + timedelta(days=19)}
    waiting = budget("Waiting", 5, **later)
    reader = person("viewer")
    for found in (mine, gone, waiting):
        share(found, reader)
    assert names(signed_in(reader).get("/forecasts/")) == ["Mine"]
    assert set(names(signed_in().get("/forecasts/"))) == {"Mine", other.name}


def test_a_search_and_an_owner_choose_rows_and_the_file_has_the_same(signed_in: SignIn) -> None:
    owner = person("lead", "owner@company.com")
    with_history("Search", days=3, scope={"teams": ["search"]}, owner=owner)
    with_history("Other", days=3, scope={"teams": ["other"]})
    client = signed_in()
    assert names(client.get("/forecasts/?q=search")) == ["Search"]
    assert names(client.get(f"/forecasts/?owner={owner.email}")) == ["Search"]
    assert "No budget matches" in text_of(client.get("/forecasts/?q=nothing"))
    answer = client.get("/forecasts/export.csv?q=search")
    rows = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row["budget"] for row in rows] == ["Search"]
    assert rows[0]["low_95"]
    assert 0 <= float(rows[0]["chance_to_exceed"]) <= 1


def test_without_budgets_the_page_says_what_it_is_for(signed_in: SignIn) -> None:
    assert "No budgets yet" in text_of(signed_in().get("/forecasts/"))


def test_the_navigation_leads_here(signed_in: SignIn) -> None:
    assert '<a href="/forecasts/"' in signed_in().get("/budgets/").content.decode()
