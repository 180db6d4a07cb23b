"""Budgets that have not begun: what the same usage costs until then tells where their first period will be heading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from budgets.models import Budget
from forecasting.domain import due
from tests.factories import Api, api, budget, call, now, recorded_for_years, spend
from tests.forecasting.making import LONG_AGO, forecast
from tests.pages.reading import text_of
from tests.pages.test_budget_page import figure_of, line_of
from tests.pages.test_forecast_page import rows_of
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
DAYS = 30


@pytest.fixture
def coming() -> Budget:
    """A budget of thirty days that begins in ten; what it is for cost 10 a day."""
    first = timezone.localdate() + timedelta(days=10)
    dates = {"period": "custom", "starts_on": first, "ends_on": first + timedelta(days=DAYS - 1)}
    found = budget("Next", 280, at=LONG_AGO, scope={"teams": ["chat"]}, **dates)
    recorded_for_years()
    spend(*[call(10, now() - timedelta(days=n, seconds=1), team="chat") for n in range(60)])
    return found


def test_one_that_has_not_begun_is_forecast_once_a_day(coming: Budget) -> None:
    assert due.due(now()) == [coming.pk]
    forecast(coming)
    assert due.due(now()) == []
    assert due.due(now() + timedelta(days=1)) == [coming.pk]


def test_its_first_period_is_projected_from_its_beginning(coming: Budget) -> None:
    forecast(coming)
    finance = api("finance")
    found = finance.get(f"budgets/{coming.pk}/forecast/").json()
    low, high = (Decimal(found["confidence_interval"][edge]) for edge in ("low", "high"))
    assert low < Decimal(found["projected"]) < high
    assert Decimal(found["projected"]) == pytest.approx(DAYS * 10, rel=Decimal("0.02"))
    assert (found["spent"], found["made_at"] is None) == ("0.00", False)
    assert 0.5 < found["exceed_probability"] < 1
    assert 35 < found["days_until_exceeded"] < 40
    assert Decimal(found["recommended_budget"]) > Decimal(found["projected"])
    assert found["recommended_for"] == found["period"]
    assert "All of it lies before the budget began" in found["explanation"]
    assert [row["date"] for row in found["daily"]] == [str(coming.starts_on + timedelta(days=n)) for n in range(DAYS)]
    assert {(row["actual"], row["day_actual"]) for row in found["daily"]} == {(None, None)}
    assert Decimal(found["daily"][0]["projected"]) == pytest.approx(10, rel=Decimal("0.02"))
    assert found["daily"][-1]["projected"] == found["projected"]


def test_scenarios_change_all_of_it(coming: Budget) -> None:
    forecast(coming)
    less, more = scenarios(api("finance"), coming, {"cost_reduction": "0.5"}, MORE)
    assert Decimal(less["projected_cost"]) == pytest.approx(DAYS * 5, rel=Decimal("0.02"))
    assert (less["exceeds_budget"], more["change"]) == (False, "300.00")
    assert 20 < more["days_until_exceeded"] < 25, "twice as much a day from its beginning on"


MORE = {"additional_requests": 300, "average_cost": "1"}


def scenarios(caller: Api, found: Budget, *assumed: dict[str, Any]) -> list[dict[str, Any]]:
    """What these come to."""
    asked = [{"name": f"S{place}", "assumptions": one} for place, one in enumerate(assumed)]
    answer = caller.post("forecasts/scenarios/", {"budget_id": found.pk, "scenarios": asked})
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_without_usage_like_it_nothing_is_known(signed_in: Callable[..., Client]) -> None:
    first = timezone.localdate() + timedelta(days=10)
    found = budget("New", 280, at=LONG_AGO, starts_on=first, scope={"teams": ["new"]})
    said = api("finance").get(f"budgets/{found.pk}/forecast/").json()
    assert (said["exceed_probability"], said["recommended_budget"], said["method"]) == (None, None, "")
    assert said["explanation"].startswith("It has not begun")
    for page in ("forecast", "scenarios"):
        assert "othing like it was spent so far" in text_of(signed_in().get(f"/budgets/{found.pk}/{page}/"))


def test_its_pages_show_what_is_coming_and_no_today(coming: Budget, signed_in: Callable[..., Client]) -> None:
    forecast(coming)
    client = signed_in()
    page = client.get(f"/budgets/{coming.pk}/forecast/")
    assert "Where it is heading once it begins" in text_of(page)
    assert f"Projected for {short_day(coming.ends_on)}" in text_of(page)
    assert "counted in" not in text_of(page)
    assert "The first score comes after" in text_of(page)
    notes = [note["text"] for note in figure_of(page)["layout"]["annotations"]]
    assert "today" not in notes
    assert len(line_of(page, "Projected")["x"]) == DAYS + 1
    assert [row["actual"] for row in rows_of(client, coming)] == [""] * DAYS
    bench = client.get(f"/budgets/{coming.pk}/scenarios/?1-name=Less&1-reduction=50")
    assert "A Less 50% off what is to come" in text_of(bench)
    assert "today" not in [note["text"] for note in figure_of(bench)["layout"]["annotations"]]
