"""The rows under "Below it" on a budget's page: whatever came through whom, they add up and say why."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import row_of, text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def column(page: HttpResponse, css: str) -> tuple[list[Decimal], Decimal]:
    """The sums of a column of the children, and the total below them."""
    table = re.search(r'<table class="cards tall below".*?</table>', page.content.decode(), re.S)
    assert table
    body, foot = table[0].split("<tfoot")
    return sums(body, css), sums(foot, css)[0]


def sums(html: str, css: str) -> list[Decimal]:
    """The sums in the cells of a column."""
    cells = [text_of(cell) for cell in re.findall(rf'<td [^>]*class="num {css}".*?</td>', html, re.S)]
    return [Decimal(re.sub(r"[$,]", "", cell).replace("−", "-")) for cell in cells if cell != "—"]


@pytest.fixture
def product() -> Budget:
    return budget("Product", 1000, scope={"departments": ["product"]}, at=LONG_AGO)


def test_what_comes_from_outside_the_scope_is_said_at_the_sum_and_at_the_budget_it_comes_through(
    signed_in: SignIn, product: Budget
) -> None:
    team = budget("Backend", 500, scope={"teams": ["backend"]}, at=LONG_AGO)
    spend(call(20, department="product"), call(30, department="engineering", team="backend"))
    edit_budget(team, Actor(None), {"parent": product}, now())
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert "Spent $50.00 5.0% of $1,000; $30.00 came from outside its own scope" in text_of(page)
    assert "$30.00 outside the scope of Product" in row_of(page, "Backend")
    assert "$30.00 of it is from budgets below, outside its own scope (department: product)." in text_of(page)
    assert column(page, "c-spent") == ([30, 20], 50)


def test_what_an_archived_budget_brought_in_keeps_a_row(signed_in: SignIn, product: Budget) -> None:
    team = budget("Backend", 500, product, scope={"teams": ["backend"]}, at=LONG_AGO)
    spend(call(20, department="product"), call(30, department="engineering", team="backend"))
    archive_budget(team, Actor(None), now())
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert "Archived budgets 1 budget, $30.00 of it outside the scope of Product $30.00" in text_of(page)
    assert column(page, "c-spent") == ([30, 20], 50)


def test_an_archived_budget_for_other_dates_does_not_take_the_sum_away(signed_in: SignIn, product: Budget) -> None:
    today = now().date()
    dates = {"period": "custom", "starts_on": today - timedelta(days=99), "ends_on": today + timedelta(days=99)}
    old = budget("Old", 500, product, scope={"teams": ["old"]}, at=LONG_AGO, **dates)
    for name in ("One", "Two"):
        budget(name, 100, product, scope={"teams": [name]}, at=LONG_AGO)
    spend(*[call(n, department="product", team=team) for n, team in ((1, "One"), (2, "Two"), (4, "old"), (8, None))])
    archive_budget(old, Actor(None), now())
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert sorted(column(page, "c-spent")[0]) == [1, 2, 4, 8]
    assert column(page, "c-spent")[1] == 15
    assert "not added up" not in text_of(page)


def test_a_budget_of_other_dates_counts_with_what_it_spent_in_this_period(signed_in: SignIn, product: Budget) -> None:
    today = now().date()
    dates = {"period": "custom", "starts_on": today - timedelta(days=99), "ends_on": today + timedelta(days=99)}
    budget("Pilot", 500, product, scope={"teams": ["pilot"]}, at=LONG_AGO, **dates)
    before = now() - timedelta(days=60)
    spend(
        call(100, at=before, department="product", team="pilot"),
        call(30, department="product", team="pilot"),
        call(7, department="product"),
    )
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert "$130.00 $500" in row_of(page, "Pilot")
    assert row_of(page, "Pilot").endswith("$30.00")
    assert column(page, "c-here") == ([30, 7], 37)
    assert "Each is measured over its own period" in text_of(page)


def test_calls_that_count_in_several_are_taken_off_again(signed_in: SignIn, product: Budget) -> None:
    budget("Team", 100, product, scope={"teams": ["a"]}, at=LONG_AGO)
    budget("Project", 100, product, scope={"projects": ["x"]}, at=LONG_AGO)
    spend(
        call(30, department="product", team="a", project="x"),
        call(5, department="product", team="a"),
        call(2, department="product"),
    )
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert "Counted in several of them the same calls are charged to more than one −$30.00" in text_of(page)
    assert column(page, "c-spent") == ([35, 30, -30, 2], 37)


def test_more_budgets_than_are_shown_still_add_up(signed_in: SignIn, product: Budget) -> None:
    for n in range(52):
        budget(f"Team {n}", 100, product, scope={"teams": [str(n)]}, at=LONG_AGO)
    spend(*[call(1, department="product", team=str(n)) for n in range(52)], call(5, department="product"))
    page = signed_in().get(f"/budgets/{product.pk}/")
    assert "2 more budgets $2.00" in text_of(page)
    assert sum(column(page, "c-spent")[0]) == column(page, "c-spent")[1] == 57


def test_a_past_period_shows_the_budgets_that_were_below_then(signed_in: SignIn, product: Budget) -> None:
    other = budget("Other", 1000, at=LONG_AGO)
    moves = budget("Moves", 100, product, scope={"teams": ["m"]}, at=LONG_AGO)
    goes = budget("Goes", 100, product, scope={"teams": ["g"]}, at=LONG_AGO)
    march = datetime(2025, 3, 5, tzinfo=UTC)
    spend(*[call(n, at=march, department="product", team=team) for n, team in ((10, "m"), (20, "g"), (3, None))])
    edit_budget(moves, Actor(None), {"parent": other}, now())
    archive_budget(goes, Actor(None), now())
    client = signed_in()
    page = client.get(f"/budgets/{product.pk}/?period=2025-03-01")
    assert "Below it in March 2025 2" in text_of(page)
    assert "$10.00 $100 10.0%" in row_of(page, "Moves") or "$10.00 $100" in row_of(page, "Moves")
    assert column(page, "c-spent")[1] == 33
    assert sorted(column(page, "c-spent")[0]) == [3, 10, 20]
    assert "Below it" not in text_of(client.get(f"/budgets/{product.pk}/"))


def test_a_budget_that_moved_out_of_sight_is_summed_without_its_name(signed_in: SignIn, product: Budget) -> None:
    other = budget("Board", 1000, at=LONG_AGO)
    secret = budget("Secret plan", 100, product, scope={"teams": ["m"]}, at=LONG_AGO)
    march = datetime(2025, 3, 5, tzinfo=UTC)
    spend(call(10, at=march, department="product", team="m"), call(3, at=march, department="product"))
    edit_budget(secret, Actor(None), {"parent": other}, now())
    user = person("lead")
    share(product, user)
    page = signed_in(user).get(f"/budgets/{product.pk}/?period=2025-03-01")
    assert "Secret plan" not in text_of(page)
    assert "Budgets that are not shared with you 1 budget $10.00" in text_of(page)
    assert column(page, "c-spent") == ([10, 3], 13)


def test_whole_amounts_and_limits_for_other_dates_are_explained_under_the_rows(signed_in: SignIn) -> None:
    top = budget("Company", 30_000, at=LONG_AGO)
    budget("Search", 40, top, period="daily", scope={"teams": ["search"]}, at=LONG_AGO)
    spend(call("3000.90"), call("1.55", team="search"))
    page = signed_in().get(f"/budgets/{top.pk}/")
    assert "$1.55 $40 " in row_of(page, "Search")
    assert "$1,217 of $30,000 handed out" in text_of(page)
    assert "limits for other dates count by their days, a month being 30.4 of them." in text_of(page)
    assert "Whole dollars; sums are of the exact amounts." in text_of(page)
