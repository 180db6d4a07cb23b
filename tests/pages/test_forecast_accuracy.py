"""How good forecasts were, on a budget's page and over all that one sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from budgets.models import Budget
from forecasting.domain import making
from forecasting.domain.accuracy import sentence
from forecasting.domain.scoring import AtLead, by_lead, score_ended
from forecasting.models import Forecast, ForecastScore
from tests.factories import budget, person, recorded_for_years, share
from tests.forecasting.making import with_history
from tests.forecasting.spending import spend_daily
from tests.pages.reading import row_of, text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
MARCH_18 = datetime(2025, 3, 18, 3, tzinfo=UTC)
APRIL = datetime(2025, 4, 1, 1, tzinfo=UTC)


def scored(name: str, then: float) -> Budget:
    """A budget of a team whose March was forecast on the 18th and went on with so much a day."""
    recorded_for_years()
    team = name.lower()
    found = budget(name, 1000, scope={"teams": [team]}, at=LONG_AGO)
    spend_daily([10.0 + n % 2 for n in range(60)], MARCH_18, team=team)
    making.forecast_budgets([found.pk], MARCH_18, only_due=False)
    spend_daily([then] * 14, APRIL, team=team)
    score_ended(APRIL)
    return found


def test_a_budget_says_how_far_off_its_forecasts_were(signed_in: SignIn) -> None:
    found = scored("Search", 20)
    [lead] = by_lead(ForecastScore.objects.all())
    assert lead.error is not None
    text = text_of(signed_in().get(f"/budgets/{found.pk}/forecast/"))
    assert f"Two weeks ahead, the total was {lead.error * 100:.1f}% off, outside the 95% band." in text
    assert f"{lead.error * 100:.1f}% too low 0.0% 0.0%" in text


def test_before_a_period_ends_the_page_says_when_the_first_score_comes(signed_in: SignIn) -> None:
    found = with_history(days=5)
    assert "The first score comes after" in text_of(signed_in().get(f"/budgets/{found.pk}/forecast/"))


def test_several_forecasts_are_told_on_average() -> None:
    leads = [
        AtLead(28, 3, 0.2, 0.1, 0.5, 0.9),
        AtLead(14, 12, 0.0412, -0.01, 0.8, 11 / 12),
        AtLead(3, 9, 0.01, 0, 1, 1),
    ]
    assert sentence(leads) == "Two weeks ahead, the total was 4.1% off on average; 11 of 12 times inside the 95% band."


def test_the_company_sees_all_leads_and_the_farthest_off_first(signed_in: SignIn) -> None:
    near, far = scored("Near", 10.5), scored("Far", 60)
    page = signed_in().get("/forecasts/accuracy/")
    text = text_of(page)
    assert "2 forecasts of periods that ended" in text
    assert "Two weeks ahead 2" in text
    assert text.index("Far") < text.index("Near")
    errors = {
        score.budget_id: abs(score.projected - score.actual) / score.actual for score in ForecastScore.objects.all()
    }
    assert f"{errors[far.pk] * Decimal(100):.1f}% " in row_of(page, "Far")
    assert f"{errors[near.pk] * Decimal(100):.1f}% " in row_of(page, "Near")


def test_what_was_forecast_afterwards_is_told_apart(signed_in: SignIn) -> None:
    found = scored("Near", 10.5)
    client = signed_in()
    addresses = ("/forecasts/accuracy/", f"/budgets/{found.pk}/forecast/")
    assert not any("made afterwards" in text_of(client.get(address)) for address in addresses)
    Forecast.objects.update(backtested=True)
    assert all("It was made afterwards" in text_of(client.get(address)) for address in addresses)
    scored("Far", 60)
    assert "1 of them was made afterwards" in text_of(client.get("/forecasts/accuracy/"))
    Forecast.objects.update(backtested=True)
    assert "All of them were made afterwards" in text_of(client.get("/forecasts/accuracy/"))


def test_what_one_may_not_see_is_in_no_average(signed_in: SignIn) -> None:
    near, far = scored("Near", 10.5), scored("Far", 60)
    reader = person("viewer")
    share(near, reader)
    text = text_of(signed_in(reader).get("/forecasts/accuracy/"))
    assert "1 forecast of periods that ended" in text
    assert far.name not in text


def test_with_nothing_scored_the_page_says_what_will_be(signed_in: SignIn) -> None:
    assert "Nothing is scored yet" in text_of(signed_in().get("/forecasts/accuracy/"))
