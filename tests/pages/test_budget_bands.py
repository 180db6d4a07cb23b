"""The band of what is projected, wherever a budget's bar or its course is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from budgets.bars import bar_for
from budgets.domain.status import Status, statuses
from budgets.models import Budget
from tests.factories import budget, call, now, spend
from tests.pages.reading import text_of
from tests.pages.test_budget_page import figure_of, line_of
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def three_weeks() -> Budget:
    """A budget in the middle of its time, of which something is spent on each day."""
    today = timezone.localdate()
    dates = {"starts_on": today - timedelta(days=10), "ends_on": today + timedelta(days=10)}
    found = budget("Product", 10_000, period="custom", at=LONG_AGO, **dates)
    spend(*[call(f"{200 + n}.25", at=now() - timedelta(days=n, seconds=1)) for n in range(10)])
    return found


def status_of(found: Budget) -> Status:
    """How it stands now."""
    return statuses([found], now())[found.pk]


def test_the_chart_has_a_band_around_what_is_projected_that_begins_at_what_is_spent(signed_in: SignIn) -> None:
    found = three_weeks()
    page = signed_in().get(f"/budgets/{found.pk}/")
    band, status = line_of(page, "95% band"), status_of(found)
    sums = [Decimal(amount) for amount in band["y"]]
    lows, highs = sums[: len(sums) // 2], sums[len(sums) // 2 :][::-1]
    assert lows[0] == highs[0] == status.spent.quantize(Decimal("0.01"))
    assert all(low <= high for low, high in zip(lows, highs, strict=True))
    assert lows[-1] <= status.rate.forecast <= highs[-1]
    notes = [note["text"] for note in figure_of(page)["layout"]["annotations"]]
    half = Decimal("0.005")  # the line travels to the cent, the words are of the exact sum
    for edge in (lows[-1], highs[-1]):
        assert {in_words(edge - half), in_words(edge + half)} & set(notes)


def test_the_figures_say_the_band_of_what_is_projected(signed_in: SignIn) -> None:
    found = three_weeks()
    rate = status_of(found).rate
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert rate.low is not None
    assert f"95%: {in_words(rate.low)} to $" in text


def test_the_bar_says_and_draws_the_band(signed_in: SignIn) -> None:
    found = three_weeks()
    html = signed_in().get(f"/budgets/{found.pk}/").content.decode()
    label = re.search(r'class="bar" role="img" aria-label="([^"]+)"', html)
    assert label
    assert re.search(r"% projected, 95% band \d+ to \d+%$", label[1])
    assert '<rect class="band"' in html
    assert "Projected, 95% band" in html


def test_a_band_ends_with_the_bar() -> None:
    bar = bar_for(Decimal(60), Decimal(98), Decimal(100), Decimal(92), Decimal(400))
    assert bar
    assert bar.band == ("69.00%", "31.00%")
    assert bar.label == "60.0% of $100.00 spent, 98.0% projected, 95% band 92 to 400%"


def test_what_is_at_rest_has_no_band(signed_in: SignIn) -> None:
    first = timezone.localdate() - timedelta(days=20)
    dates = {"starts_on": first, "ends_on": first + timedelta(days=9)}
    found = budget("Done", 100, period="custom", at=LONG_AGO, **dates)
    spend(call(5, at=now() - timedelta(days=15)))
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert "95%" not in text_of(page)
    assert not [trace for trace in figure_of(page)["data"] if trace.get("name") == "95% band"]
