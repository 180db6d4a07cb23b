"""Figures of a budget's page: exact limits, one unit, axes that fit, and names where a threshold was reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import budget, call, now, recorded_for_years, spend
from tests.pages.reading import row_of, text_of
from tests.pages.test_budget_page import figure_of, line_of, table_of
from tests.pages.test_budget_page_periods import names as said
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=30)


def test_limits_keep_their_cents_everywhere(signed_in: SignIn) -> None:
    top = budget("Top", "60000.00", at=LONG_AGO)
    part = budget("Part", "44000.50", top, scope={"teams": ["a"]}, at=LONG_AGO)
    client = signed_in()
    above = client.get(f"/budgets/{top.pk}/")
    assert "$44,000.50 of $60,000 handed out, $15,999.50 not" in text_of(above)
    assert "Not handed out $15,999.50" in text_of(above)
    assert "$44,000.50" in row_of(above, "Part")
    page = client.get(f"/budgets/{part.pk}/")
    assert "0.0% of $44,000.50" in text_of(page)
    assert "Limit $44,000.50, monthly" in text_of(page)
    assert "Limit $44,000.50" in said(figure_of(page))
    assert "$44,001" not in text_of(page).split("History")[0]


def test_a_limit_below_a_dollar_is_not_a_dollar(signed_in: SignIn) -> None:
    found = budget("Tiny", "0.75", period="daily", at=LONG_AGO)
    spend(call(5), call(3, at=now() - timedelta(days=3)))
    page = signed_in().get(f"/budgets/{found.pk}/")
    day = now() - timedelta(days=3)
    assert "$0.75 $3.00" in row_of(page, f"{day:%b} {day.day}, {day.year}")


def test_lead_figures_have_one_unit(signed_in: SignIn) -> None:
    dates = {"period": "custom", "starts_on": date(2025, 3, 1), "ends_on": date(2025, 3, 31)}
    found = budget("Product", 30_000, at=LONG_AGO, **dates)
    recorded_for_years()
    spend(call("17486.40", at=datetime(2025, 3, 9, tzinfo=UTC)))
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert "Spent $17,486" in text
    assert "Left $12,514" in text
    assert "Per day $564 on average" in text


@pytest.mark.parametrize(
    ("limit", "top"),
    [
        (2_500_000, "$2.5M"),
        (2_500_000, "$500K"),
        (999_999_999, "$1B"),
        (999_999_999, "$200M"),
        (45_000, "$50,000"),
    ],
)
def test_the_sums_of_the_axis_fit_beside_it(signed_in: SignIn, limit: int, top: str) -> None:
    found = budget("Big", limit, at=LONG_AGO)
    layout = figure_of(signed_in().get(f"/budgets/{found.pk}/"))["layout"]
    texts = layout["yaxis"]["ticktext"]
    assert top in texts
    assert texts[0] == "$0"
    assert layout["margin"]["l"] >= 7 * max(map(len, texts))


def test_the_axis_ends_with_the_last_day(signed_in: SignIn) -> None:
    first = now().date() - timedelta(days=40)
    found = budget("Weeks", 100, period="custom", starts_on=first, ends_on=first + timedelta(days=60), at=LONG_AGO)
    page = signed_in().get(f"/budgets/{found.pk}/")
    last = short_day(first + timedelta(days=60)).split(",")[0]
    assert f"Projected for {last}" in text_of(page)
    for names in figure_of(page)["layout"]["meta"]["names"]:
        assert names["ticktext"][-1] == last


@pytest.mark.parametrize("days", [7, 28, 30, 31, 60, 90])
def test_the_days_that_the_axis_names_are_equally_far_apart(signed_in: SignIn, days: int) -> None:
    first = now().date() - timedelta(days=3)
    found = budget("Days", 100, period="custom", starts_on=first, ends_on=first + timedelta(days=days - 1), at=LONG_AGO)
    for names in figure_of(signed_in().get(f"/budgets/{found.pk}/"))["layout"]["meta"]["names"]:
        named = [datetime.fromisoformat(place) for place in names["tickvals"]]
        assert len({after - before for before, after in pairwise(named)}) <= 1


def test_the_figure_of_today_keeps_off_the_axis_however_little_is_spent(signed_in: SignIn) -> None:
    found = budget("Early", 10_000, at=LONG_AGO, period="custom", starts_on=now().date(), ends_on=now().date() + MONTH)
    spend(call("0.50"))
    notes = {n["text"]: n for n in figure_of(signed_in().get(f"/budgets/{found.pk}/"))["layout"]["annotations"]}
    assert notes["$0.50"]["yanchor"] == "bottom"
    assert (notes["today"]["yref"], notes["today"]["y"]) == ("paper", "1.00")
    assert notes["Limit $10,000"]["x"] == notes["today"]["x"]


def test_a_threshold_is_named_on_the_plot_however_near_it_is_to_today(signed_in: SignIn) -> None:
    alerts = [{"threshold": share, "channels": ["email"]} for share in ("0.5", "0.8")]
    found = budget("Product", 100, thresholds=alerts, at=LONG_AGO)
    spend(call(90))
    page = signed_in().get(f"/budgets/{found.pk}/")
    day = short_day((now() - timedelta(seconds=1)).date())
    notes = {note["text"]: note for note in figure_of(page)["layout"]["annotations"]}
    assert notes[f"50%, {day}"]["yshift"] != notes[f"80%, {day}"]["yshift"]
    assert f"Thresholds 50% reached {day} 80% reached {day}" in text_of(page)


def test_what_has_run_out_is_said_once(signed_in: SignIn) -> None:
    found = budget("Product", 10, at=LONG_AGO)
    spend(call(15))
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert "Over the limit $5.00 reached" in text
    assert "Runs out" not in text
    assert "it has run out" not in text


def test_the_table_has_totals_and_is_cut_only_when_it_is_very_long(signed_in: SignIn) -> None:
    week, year = (budget(kind, 1000, period=kind, at=LONG_AGO) for kind in ("weekly", "yearly"))
    spend(call(40), call(2))
    client = signed_in()
    page = client.get(f"/budgets/{week.pk}/")
    assert "Spent so far 2 $42.00 $42.00" in text_of(page)
    assert 'class="scrolls"' not in page.content.decode()
    assert 'class="scrolls"' in client.get(f"/budgets/{year.pk}/").content.decode()
    assert sum(Decimal(row[2].strip("$")) for row in table_of(page) if "projected" not in row[0]) == 42


def test_projected_bars_have_an_edge(signed_in: SignIn) -> None:
    found = budget("Product", 1000, period="yearly", at=LONG_AGO)
    spend(call(40))
    marker = line_of(signed_in().get(f"/budgets/{found.pk}/?view=steps"), "Projected")["marker"]
    assert marker["line"] == {"color": "var(--projected)", "width": 1}


def test_what_was_converted_for_another_period_is_handed_out_in_whole_dollars(signed_in: SignIn) -> None:
    top = budget("Top", 60_000, at=LONG_AGO)
    budget("Part", "7", top, period="daily", scope={"teams": ["a"]}, at=LONG_AGO)
    text = text_of(signed_in().get(f"/budgets/{top.pk}/"))
    assert "$213 of $60,000 handed out, $59,787 not" in text


@pytest.mark.parametrize(("spent", "height"), [(95, 100), (10, 10), (104, 104)])
def test_the_figure_of_today_never_lies_on_the_line_of_the_limit(signed_in: SignIn, spent: int, height: int) -> None:
    today = timezone.localdate()
    dates = {"starts_on": today - timedelta(days=20), "ends_on": today + timedelta(days=5)}
    found = budget("Product", 100, period="custom", at=LONG_AGO, **dates)
    spend(call(spent))
    notes = {
        note["text"]: note for note in figure_of(signed_in().get(f"/budgets/{found.pk}/"))["layout"]["annotations"]
    }
    label = notes[f"${spent}.00"]
    assert (Decimal(label["y"]), label["yanchor"]) == (height, "bottom")


def test_what_is_over_the_limit_says_how_much_of_it_is_spent(signed_in: SignIn) -> None:
    found = budget("Product", 10, at=LONG_AGO)
    spend(call(15))
    assert text_of(signed_in().get(f"/budgets/{found.pk}/")).count("Exceeded · 150.0% spent") == 1
