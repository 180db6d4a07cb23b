"""What the rows, tabs and bars of the page of all budgets say, each where it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.dateformat import format as written

from budgets.bars import bar_of
from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from tests.factories import budget, call, now, person, recorded_for_years, share, spend
from tests.pages.reading import names_in_order, row_of, text_of
from wire.days import hour_of
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
AGO = timedelta(days=60)
WHOLE = "Whole dollars; sums are of the exact amounts."


def limits_of(page: HttpResponse) -> list[str]:
    """The column of limits, top to bottom."""
    return [text_of(cell) for cell in re.findall(r'<td[^>]* data-label="Limit">.*?</td>', page.content.decode(), re.S)]


def foot_of(page: HttpResponse) -> str:
    """The words under the table."""
    return " ".join(map(text_of, re.findall(r'<p class="foot">.*?</p>', page.content.decode(), re.S)))


def tabs_of(page: HttpResponse) -> dict[str, int]:
    """The tabs with their counts."""
    html = re.search(r'<nav class="tabs".*?</nav>', page.content.decode(), re.S)
    assert html
    return {name: int(count) for name, count in re.findall(r"([A-Z][a-z]+(?: [a-z]+)?) (\d+)", text_of(html[0]))}


def chosen_tab(page: HttpResponse) -> str:
    """The tab that is marked."""
    html = re.search(r'<a [^>]*aria-current="page"[^>]*>([^<]*) <span class="count">', page.content.decode())
    assert html
    return html[1]


def bands_of(page: HttpResponse) -> list[str]:
    """The bands of words between the trees."""
    return [text_of(row) for row in re.findall(r'<tr role="row" class="group">.*?</tr>', page.content.decode(), re.S)]


def custom(first: int, last: int) -> dict[str, Any]:
    """Custom dates, in days from today."""
    today = timezone.localdate()
    days = {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}
    return {"period": "custom", **days}


def test_a_limit_with_cents_is_not_rounded_and_the_others_stay_whole(signed_in: SignIn) -> None:
    top = budget("Company", 60_000, at=now() - AGO)
    budget("Search", "14000.50", top, scope={"teams": ["search"]}, at=now() - AGO)
    budget("Daily", "0.75", top, period="daily", scope={"teams": ["search"]}, at=now() - AGO)
    page = signed_in().get("/budgets/")
    assert sorted(limits_of(page)) == ["$0.75", "$14,000.50", "$60,000"]
    assert limits_of(signed_in().get("/budgets/?q=company")) == ["$60,000"]


def test_a_row_with_a_small_limit_has_cents_among_whole_amounts(signed_in: SignIn) -> None:
    top = budget("Company", 60_000, at=now() - AGO)
    budget("Daily", "0.50", top, period="daily", scope={"teams": ["search"]}, at=now() - AGO)
    spend(call("0.21", team="search"), call("3000.90"))
    page = signed_in().get("/budgets/")
    assert "$0.21 $0.50" in row_of(page, "Daily")
    assert "$3,001 $60,000" in row_of(page, "Company")


def test_where_figures_have_cents_nothing_is_said_of_whole_ones(signed_in: SignIn) -> None:
    budget("Company", 100)
    assert WHOLE not in foot_of(signed_in().get("/budgets/"))


def test_a_row_of_another_period_says_its_dates_and_the_foot_excepts_it(signed_in: SignIn) -> None:
    top = budget("Company", 60_000, at=now() - AGO)
    launch = custom(-70, 20)
    budget("Launch", 100, top, scope={"projects": ["launch"]}, at=now() - AGO, **launch)
    page = signed_in().get("/budgets/")
    dates = f"{short_day(launch['starts_on'])} – {short_day(launch['ends_on'])}"
    assert dates in row_of(page, "Launch")
    assert "only for the days that both have" in foot_of(page)


def test_rows_of_one_period_need_no_exception(signed_in: SignIn) -> None:
    budget("Search", 5, budget("Company", 60_000), scope={"teams": ["search"]})
    assert foot_of(signed_in().get("/budgets/")) == "A row’s figures include everything under it. " + WHOLE


def test_the_last_usage_is_said_as_the_hour_that_it_is(signed_in: SignIn, settings: Any) -> None:
    budget("Company", 60_000)
    at = now() - timedelta(hours=30)
    spend(call(5, at=at))
    begins = timezone.localtime(hour_of(at, settings.COSTOPS_ZONE))
    ends = written(begins + timedelta(hours=1), "H:i").replace("00:00", "midnight")
    hours = f"between {written(begins, 'H:i')} and {ends}"
    assert f"last usage {short_day(begins.date())}, {hours}" in text_of(signed_in().get("/budgets/"))


def test_what_is_handed_out_beyond_the_limit_is_said_with_a_shape(signed_in: SignIn) -> None:
    top = budget("Company", 30_000)
    budget("Backend", 40_000, top, scope={"teams": ["backend"]})
    client = signed_in()
    page = client.get("/budgets/")
    assert "$10,000 more handed out than the limit" in row_of(page, "Company")
    assert "more handed out" not in row_of(page, "Backend")
    assert re.search(r'<span class="state crit bare">\$10,000 more', page.content.decode())
    assert "limits for other dates count by their days, a month being 30.4 of them." in foot_of(page)
    assert "$10,000 more handed out than the limit" in row_of(client.get("/budgets/?q=company"), "Company")


def test_why_a_budget_is_close_is_the_threshold_it_passed_and_when(signed_in: SignIn) -> None:
    alerts = [{"threshold": share, "channels": ["email"]} for share in ("0.5", "0.8")]
    budget("Company", 1000, at=now() - AGO, thresholds=alerts, **custom(-80, 20))
    passed = now() - timedelta(days=4)
    recorded_for_years()
    spend(call(100, at=now() - timedelta(days=9)), call(420, at=passed), call(1))
    row = row_of(signed_in().get("/budgets/"), "Company")
    assert f"Close passed 50% threshold on {short_day(timezone.localdate(passed))}" in row


def test_what_will_be_exceeded_needs_no_threshold_to_say_why(signed_in: SignIn) -> None:
    alerts = [{"threshold": "0.5", "channels": ["email"]}]
    budget("Company", 1000, at=now() - AGO, thresholds=alerts, **custom(-20, 80))
    spend(call(520, at=now() - timedelta(days=4)))
    row = row_of(signed_in().get("/budgets/"), "Company")
    assert "Will exceed" in row
    assert "passed" not in row


def test_the_tabs_count_what_a_search_finds_and_keep_it(signed_in: SignIn) -> None:
    top = budget("Company", 60_000)
    budget("Search tool", 5, top, scope={"teams": ["search"]})
    budget("Search launch", 5, top, scope={"teams": ["search"]}, **custom(40, 50))
    archive_budget(budget("Old search", 5, top, scope={"teams": ["x"]}), Actor(None), now())
    archive_budget(budget("Old chat", 5, top, scope={"teams": ["x"]}), Actor(None), now())
    client = signed_in()
    assert tabs_of(client.get("/budgets/?q=search")) == {
        "All": 2,
        "At risk": 0,
        "Close": 0,
        "On track": 1,
        "Not running": 1,
        "Archived": 1,
    }
    assert names_in_order(client.get("/budgets/?q=search&state=not-running")) == ["Search launch"]
    assert names_in_order(client.get("/budgets/?q=search&state=archived")) == ["Old search"]


def test_the_tabs_add_up_to_all(signed_in: SignIn) -> None:
    top = budget("Company", 100)
    budget("Next", 5, top, scope={"teams": ["a"]}, **custom(40, 50))
    budget("Past", 5, top, scope={"teams": ["b"]}, **custom(-50, -40))
    budget("Spent", 5, top, scope={"teams": ["c"]})
    spend(call(6, team="c"))
    client = signed_in()
    found = tabs_of(client.get("/budgets/"))
    assert found.pop("All") + found.pop("Archived") == sum(found.values()) == 4
    assert names_in_order(client.get("/budgets/?state=not-running")) == ["Next", "Past"]


def test_a_tab_that_would_be_empty_is_left_out_where_nothing_is_outside_its_time(signed_in: SignIn) -> None:
    budget("Company", 100)
    assert "Not running" not in tabs_of(signed_in().get("/budgets/"))


def test_under_a_budget_is_all_that_is_below_it_and_the_tabs_stay_there(signed_in: SignIn) -> None:
    top = budget("Company", 60_000)
    team = budget("Backend", 5000, top, scope={"teams": ["backend"]})
    pilot = budget("Pilot", 50, team, scope={"projects": ["pilot"]})
    budget("Search", 50, top, scope={"teams": ["search"]})
    archive_budget(budget("Old pilot", 5, pilot, scope={"projects": ["old"]}), Actor(None), now())
    client = signed_in()
    page = client.get(f"/budgets/?under={team.pk}")
    assert names_in_order(page) == ["Pilot"]
    assert names_in_order(client.get(f"/budgets/?under={top.pk}")) == ["Backend", "Pilot", "Search"]
    assert chosen_tab(page) == "All"
    assert tabs_of(page) == {"All": 1, "At risk": 0, "Close": 0, "On track": 1, "Archived": 1}
    assert f"?state=on-track&amp;under={team.pk}" in page.content.decode()
    assert names_in_order(client.get(f"/budgets/?under={team.pk}&state=archived")) == ["Old pilot"]


def test_what_cuts_across_teams_stands_apart_for_those_who_do_not_see_the_company(signed_in: SignIn) -> None:
    top = budget("Company", 60_000)
    engineering = budget("Engineering", 5000, top, scope={"departments": ["engineering"]})
    production = budget("Production", 50, scope={"projects": ["x"], "environments": ["prod"]})
    lead = person("lead")
    share(engineering, lead)
    share(production, lead)
    page = signed_in(lead).get("/budgets/")
    assert bands_of(page) == [
        "Across teams · the same calls seen by project or environment; not added to the rows above"
    ]
    assert names_in_order(page) == ["Engineering", "Production"]


def test_projects_alone_need_no_band(signed_in: SignIn) -> None:
    budget("Production", 50, scope={"projects": ["x"]})
    assert bands_of(signed_in().get("/budgets/")) == []


def test_a_department_beside_the_company_is_not_said_to_be_seen_by_project(signed_in: SignIn) -> None:
    budget("Company", 60_000)
    budget("Group", 50_000, period="yearly", scope={"departments": ["engineering"]})
    page = signed_in().get("/budgets/")
    assert bands_of(page) == [
        "Beside the company’s tree · the same calls seen by department; not added to the company’s total"
    ]
    assert "yearly, " in row_of(page, "Group")


def test_archived_budgets_are_found_by_owner_and_scope_too_and_say_of_which_period(signed_in: SignIn) -> None:
    lena = person("lead", "lena@company.com")
    old = budget("Old", "14000.50", scope={"teams": ["backend"]}, owner=lena, at=now() - AGO)
    spend(call(7, team="backend"))
    archive_budget(old, Actor(None), now())
    client = signed_in()
    for query in ("lena", "team: backend", "OLD"):
        assert names_in_order(client.get(f"/budgets/?state=archived&q={query}")) == ["Old"]
    page = client.get("/budgets/?state=archived")
    month = written(timezone.localdate(), "F Y")
    assert f"{month} $7.00 $14,000.50" in row_of(page, "Old")
    heads = re.findall(r'<th role="columnheader"[^>]*>(.*?)</th>', page.content.decode())
    assert heads == ["Budget", "Owner", "Last period", "Spent in it", "Limit", "Archived on"]


def test_a_bar_ends_in_an_arrow_where_its_scale_ends(signed_in: SignIn) -> None:
    dates = custom(-1, 30)
    near = budget("Near", 1000, scope={"teams": ["near"]}, **dates)
    far = budget("Far", 1000, scope={"teams": ["far"]}, **dates)
    over = budget("Over", 1000, scope={"teams": ["over"]}, **dates)
    spend(call(5, team="near"), call(900, team="far"), call(1500, team="over"))
    found = statuses([near, far, over], now())
    bars = {b.name: bar_of(found[b.pk], [Decimal("0.5"), Decimal(2)]) for b in (near, far, over)}
    assert {name: (bar.projected is not None, bool(bar.beyond), bar.spent_beyond) for name, bar in bars.items()} == {
        "Near": (True, False, False),
        "Far": (False, True, False),
        "Over": (False, True, True),
    }
    assert [mark.text for mark in bars["Far"].marks] == ["50%"]
    client = signed_in()
    assert "Spent beyond the bar Projected beyond it" in text_of(client.get("/budgets/"))
    assert "Beyond the bar" in text_of(client.get("/budgets/?q=over"))
    assert "eyond the bar" not in text_of(client.get("/budgets/?q=near"))


def test_a_row_says_what_is_not_in_its_figures(signed_in: SignIn) -> None:
    top = budget("Company", 100)
    budget("Backend", 50, top, scope={"teams": ["backend"]})
    spend(call(5, team="backend"), *[call(model="nobody-knows", input_tokens=5, at=now()) for _ in range(2)])
    page = signed_in().get("/budgets/")
    assert "2 calls without a price" in row_of(page, "Company")
    assert "Calls without a price are in no figure." in foot_of(page)
    assert "without a price" not in row_of(page, "Backend")
