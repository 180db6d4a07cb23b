"""What is wrong is seen in the tree: in closed rows, after a budget's time, in lists, and beside the company's tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.dateformat import format as written

from tests.factories import api, budget, call, now, person, share, spend
from tests.pages.reading import names_in_order, row_of, text_of
from tests.pages.test_tree_rows import bands_of, tabs_of
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
AGO = timedelta(days=60)


def custom(first: int, last: int) -> dict[str, Any]:
    """Custom dates, in days from today."""
    today = timezone.localdate()
    days = {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}
    return {"period": "custom", **days}


def heads_of(page: HttpResponse) -> list[str]:
    """The heads of the columns."""
    return [text_of(head) for head in re.findall(r'<th role="columnheader"[^>]*>(.*?)</th>', page.content.decode())]


def test_a_closed_row_says_how_many_inside_are_not_on_track(signed_in: SignIn) -> None:
    top = budget("Company", 100_000)
    engineering = budget("Engineering", 50_000, top, scope={"departments": ["engineering"]})
    backend = budget("Backend", 5000, engineering, scope={"teams": ["backend"]})
    budget("Pilot", 10, backend, scope={"projects": ["pilot"]})
    budget("Batch", 10, backend, scope={"projects": ["batch"]})
    spend(*[call(12, department="engineering", team="backend", project=name) for name in ("pilot", "batch")])
    client = signed_in()
    shut = client.get(f"/budgets/?shut={engineering.pk}")
    assert "3 budgets, 2 not on track · department: engineering" in row_of(shut, "Engineering")
    assert '<span class="state past bare">2 not on track</span>' in shut.content.decode()
    assert "not on track" not in row_of(client.get("/budgets/"), "Engineering")


def test_a_closed_row_with_nothing_wrong_inside_says_no_more(signed_in: SignIn) -> None:
    top = budget("Company", 100)
    budget("Search", 50, top, scope={"teams": ["search"]})
    page = signed_in().get(f"/budgets/?shut={top.pk}")
    assert "1 budget · Company-wide" in row_of(page, "Company")


def test_what_ended_beyond_its_limit_says_so_and_since_when(signed_in: SignIn) -> None:
    found = budget("Launch", 100, scope={"projects": ["launch"]}, at=now() - AGO, **custom(-50, -20))
    reached = now() - timedelta(days=30)
    spend(call(80, at=now() - timedelta(days=40), project="launch"), call(665.3, at=reached, project="launch"))
    client = signed_in()
    page = client.get("/budgets/")
    assert re.search(r'<span class="state over">\s*Ended, exceeded', page.content.decode())
    row = row_of(page, "Launch")
    assert f"$745.30 $100 — — {short_day(timezone.localdate(reached))} Ended, exceeded" in row
    assert names_in_order(client.get("/budgets/?state=at-risk")) == ["Launch"]
    assert "Not running" not in tabs_of(page)
    own = text_of(client.get(f"/budgets/{found.pk}/"))
    assert "Launch Ended, exceeded" in own
    assert "This budget ended on" in own
    assert "Projected" not in own


def test_what_ended_within_its_limit_has_just_ended(signed_in: SignIn) -> None:
    budget("Launch", 100, scope={"projects": ["launch"]}, at=now() - AGO, **custom(-50, -20))
    spend(call(80, at=now() - timedelta(days=40), project="launch"))
    page = signed_in().get("/budgets/")
    assert "$80.00 $100 — — — Ended" in row_of(page, "Launch")
    assert "Ended, exceeded" not in text_of(page)
    assert tabs_of(page)["Not running"] == 1


def test_the_page_states_a_budget_that_ended_beyond_its_limit_as_the_api_does(signed_in: SignIn) -> None:
    found = budget("Launch", 100, at=now() - AGO, **custom(-50, -20))
    spend(call(120, at=now() - timedelta(days=40)))
    assert api().get(f"budgets/{found.pk}/status/").json()["state"] == "exceeded"
    assert "exceeded" in row_of(signed_in().get("/budgets/"), "Launch")


def test_an_overrun_below_is_said_on_the_page_of_the_budget_above(signed_in: SignIn) -> None:
    top = budget("Company", 1000, at=now() - AGO)
    budget("Launch", 100, top, scope={"projects": ["launch"]}, at=now() - AGO, **custom(-50, -20))
    spend(call(120, at=now() - timedelta(days=40), project="launch"))
    assert "— Ended, exceeded" in row_of(signed_in().get(f"/budgets/{top.pk}/"), "Launch")


def test_a_list_speaks_of_the_same_month_as_the_tree(signed_in: SignIn) -> None:
    top = budget("Company", 100_000, at=now() - AGO)
    budget("Search", 500, top, scope={"teams": ["search"]}, at=now() - AGO)
    pilot = custom(-60, 29)
    budget("Pilot", 50, top, scope={"projects": ["pilot"]}, at=now() - AGO, **pilot)
    spend(call(60, project="pilot"))
    client = signed_in()
    tree, listed = client.get("/budgets/"), client.get("/budgets/?state=at-risk")
    assert names_in_order(listed) == ["Pilot"]
    assert f"{written(timezone.localdate(), 'F Y')} · day" in text_of(listed)
    assert heads_of(listed) == heads_of(tree)
    assert f"{short_day(pilot['starts_on'])} – {short_day(pilot['ends_on'])}" in row_of(listed, "Pilot")


def test_the_companys_tree_is_the_one_that_holds_the_budgets(signed_in: SignIn) -> None:
    budget("Past launch", 50, at=now() - AGO, **custom(-60, -1))
    top = budget("Company", 100_000)
    budget("Search", 500, top, scope={"teams": ["search"]})
    budget("Daily guard", 20, period="daily")
    spend(call(5000, at=now() - timedelta(days=33)), call(3, team="search"))
    page = signed_in().get("/budgets/")
    assert names_in_order(page) == ["Company", "Search", "Past launch", "Daily guard"]
    assert bands_of(page) == ["Company-wide too · the same calls counted once more; not added to the company’s total"]


def test_of_two_company_wide_budgets_without_others_below_the_older_one_is_the_companys(signed_in: SignIn) -> None:
    budget("Guard", 900, at=now() - timedelta(days=1), period="daily")
    budget("Company", 1000, at=now() - AGO)
    assert names_in_order(signed_in().get("/budgets/")) == ["Company", "Guard"]


def test_a_company_wide_budget_below_another_is_a_tree_for_those_who_do_not_see_that(signed_in: SignIn) -> None:
    top = budget("Board", 2000)
    company = budget("Company", 1000, top)
    production = budget("Production", 50, scope={"projects": ["x"]})
    lead = person("lead")
    share(company, lead)
    share(production, lead)
    page = signed_in(lead).get("/budgets/")
    assert names_in_order(page) == ["Company", "Production"]
    assert bands_of(page) == ["Across teams · the same calls seen by project; not added to the company’s total"]
