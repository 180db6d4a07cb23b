"""What a budget's page says can be checked by who reads it: figures, times, what was agreed, and what one points at."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, call, now, person, recorded_for_years, share, spend
from tests.pages.reading import text_of
from tests.pages.test_budget_page import figure_of, table_of
from wire.templatetags.moments import short_day, within_hour
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
TEN_DAYS = timedelta(days=10)


def three_weeks(amount: object = 10_000, **fields: Any) -> Budget:
    """A budget of which ten days are over, today is under way and ten days are to come."""
    today = timezone.localdate()
    dates = {"period": "custom", "starts_on": today - TEN_DAYS, "ends_on": today + TEN_DAYS}
    return budget("Product", amount, at=LONG_AGO, **dates, **fields)


def pointed_at(page: HttpResponse) -> dict[str, list[str]]:
    """By the day that a place of the chart lies in, what is said there."""
    found: dict[str, list[str]] = {}
    for trace in figure_of(page)["data"]:
        if "customdata" in trace:
            for place, lines in zip(trace["x"], trace["customdata"], strict=True):
                words = "; ".join(f"{name}: {amount}" for name, amount, _ in lines)
                found.setdefault(short_day(datetime.fromisoformat(place).date()), []).append(words)
    return found


@pytest.mark.parametrize("days_ago", [0, 3, 10])
def test_where_one_points_the_chart_says_the_day_and_the_figure_of_the_table(signed_in: SignIn, days_ago: int) -> None:
    found = three_weeks()
    spend(*[call(f"{100 + n}.25", at=now() - timedelta(days=n, seconds=1)) for n in range(11)])
    page = signed_in().get(f"/budgets/{found.pk}/")
    day = short_day(timezone.localtime(now() - timedelta(days=days_ago, seconds=1)).date())
    until = next(row[3] for row in table_of(page) if row[0] == day)
    word = "Spent" if days_ago else "Spent so far"
    assert pointed_at(page)[day][0] == f"{word}: {until}"


def test_what_is_to_come_is_called_projected_and_never_spent(signed_in: SignIn) -> None:
    found = three_weeks()
    spend(call("1100.50"))
    client = signed_in()
    tomorrow = short_day(timezone.localdate() + timedelta(days=1))
    page = client.get(f"/budgets/{found.pk}/")
    row = next(row for row in table_of(page) if row[0] == f"{tomorrow}, projected")
    [said] = pointed_at(page)[tomorrow]
    assert said.startswith(f"Projected: {row[3]}; 95% band: $1,101 to $")
    per_day = client.get(f"/budgets/{found.pk}/?view=steps")
    each = in_words(Decimal(10_000) / 21)
    assert pointed_at(per_day)[tomorrow] == [f"Projected: {row[2]}; Limit, spread evenly: {each}"]


def test_today_has_one_figure_for_what_is_spent_and_one_for_its_end(signed_in: SignIn) -> None:
    found = three_weeks()
    spend(call("1100.50"))
    page = signed_in().get(f"/budgets/{found.pk}/")
    rest = next(row[3] for row in table_of(page) if "the rest" in row[0])
    so_far, ahead = pointed_at(page)[short_day(timezone.localdate())]
    assert so_far == "Spent so far: $1,101"
    assert ahead.startswith(f"Projected: {rest}; 95% band: ")


def test_a_threshold_is_marked_on_the_line_at_its_own_height_and_day(signed_in: SignIn) -> None:
    found = three_weeks(100, thresholds=[{"threshold": "0.5", "channels": ["email"]}])
    noon = datetime.combine(timezone.localdate(), datetime.min.time(), UTC) + timedelta(hours=12)
    spend(call(40, at=noon - timedelta(days=8)), call(40, at=noon - timedelta(days=6)), call(1))
    figure = figure_of(signed_in().get(f"/budgets/{found.pk}/"))
    rings = next(trace for trace in figure["data"] if trace["mode"] == "markers" and trace.get("hoverinfo") == "skip")
    day = timezone.localdate() - timedelta(days=6)
    assert datetime.fromisoformat(rings["x"][0]) == datetime.fromisoformat(f"{day}T06:00")
    assert rings["y"][0] == "50.00"


def test_what_is_left_a_day_has_the_cents_of_the_other_figures_and_a_last_day(signed_in: SignIn) -> None:
    found = three_weeks()
    recorded_for_years()
    spend(call("1100.50"))
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    last = short_day(timezone.localdate() + TEN_DAYS)
    assert re.search(rf"Left \$8,900 \$(8\d\d|890) a day until {last} ", text)
    assert "on average so far" in text
    assert "at the average so far" in text
    assert "present rate" not in text


def test_the_page_says_which_day_it_is_and_as_of_when_it_projects(signed_in: SignIn) -> None:
    found = three_weeks()
    spend(call("1100.50"))
    before = timezone.localtime()
    page = signed_in().get(f"/budgets/{found.pk}/")
    said = {f"projected as of {short_day(at.date())}, {at:%H:%M}" for at in (before, timezone.localtime())}
    assert "day 11 of 21 ·" in text_of(page)
    assert any(words in text_of(page) for words in said)
    assert "projected as of" not in text_of(
        signed_in().get(f"/budgets/{budget('Old', 5, at=LONG_AGO).pk}/?period=2025-03-01")
    )


@pytest.mark.parametrize(
    ("zone", "hour", "words"),
    [
        ("UTC", datetime(2025, 3, 5, 8, tzinfo=UTC), "Mar 5, 2025, between 08:00 and 09:00"),
        ("UTC", datetime(2025, 3, 5, 23, tzinfo=UTC), "Mar 5, 2025, between 23:00 and midnight"),
        ("Europe/Berlin", datetime(2024, 10, 27, 0, tzinfo=UTC), "Oct 27, 2024, between 02:00 CEST and 02:00 CET"),
    ],
)
def test_what_is_known_by_its_hour_is_said_with_both_ends(zone: str, hour: datetime, words: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert text_of(within_hour(hour)) == words


def test_the_hour_under_way_has_no_end_yet() -> None:
    hour = now().replace(minute=0, second=0, microsecond=0)
    begins = timezone.localtime(hour)
    assert text_of(within_hour(hour)) == f"{short_day(begins.date())}, after {begins:%H:%M}"


def test_what_one_save_changed_stands_under_one_heading(signed_in: SignIn) -> None:
    found = budget("Product", 200, budget("Top", 5000, at=LONG_AGO), at=LONG_AGO)
    fields = {"amount": Decimal(300), "scope": {"teams": ["b"]}, "rollover": True}
    edit_budget(found, Actor(person("finance"), "A new team"), fields, now())
    text = text_of(signed_in().get(f"/budgets/{found.pk}/"))
    first = f"from {short_day(timezone.localdate().replace(day=1))} on"
    assert "Limit and scope changed, edited by" in text
    assert f"Limit: $200.00 → $300.00 For: Company-wide → team: b {first} Carries over: no → yes A new team" in text
    assert text.count("A new team") == 1
    assert "that period" not in text


def test_changes_of_several_saves_stay_apart(signed_in: SignIn) -> None:
    found = budget("Product", 200, at=LONG_AGO)
    for amount in range(201, 213):
        edit_budget(found, Actor(None, f"Because {amount}"), {"amount": Decimal(amount)}, now())
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert re.findall(r"Because (\d+)", text_of(page)) == [str(amount) for amount in range(212, 202, -1)]
    assert "All changes" in text_of(page)


def test_who_may_not_edit_is_told_under_the_title_whom_to_ask(signed_in: SignIn) -> None:
    found, user = budget("Product", 100), person("engineer")
    share(found, user)
    page = signed_in(user).get(f"/budgets/{found.pk}/").content.decode()
    header = re.search(r'<header class="page">(.*?)<div class="acts">(.*?)</div>', page, re.S)
    assert header
    assert "can change this budget" in text_of(header[1])
    assert text_of(header[2]) == "Who sees it"


def test_the_legend_explains_the_arrow_where_a_bar_has_one(signed_in: SignIn) -> None:
    calm, far = three_weeks(), three_weeks(10, scope={"teams": ["a"]})
    spend(call(9, team="a"))
    client = signed_in()
    assert "Beyond the bar" in text_of(client.get(f"/budgets/{far.pk}/"))
    assert "Beyond the bar" not in text_of(client.get(f"/budgets/{calm.pk}/"))


def test_it_stands_beside_the_bars_that_have_the_arrow_with_the_sign_that_they_have(signed_in: SignIn) -> None:
    above, scope = three_weeks(), {"teams": ["a"]}
    far = three_weeks(10, scope=scope, parent=above)
    spend(call(9, team="a"))
    client = signed_in()
    own, below = client.get(f"/budgets/{above.pk}/").content.decode().split('aria-label="Budgets below"')
    assert "Beyond the bar" not in own
    assert '<path class="beyond" d="M1' in below
    assert '<path class="past" d="M1' not in below
    spend(call(9, team="a"))
    page = client.get(f"/budgets/{far.pk}/").content.decode()
    assert '<path class="past" d="M1' in page
    assert '<path class="beyond"' not in page
