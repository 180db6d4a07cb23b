"""What a form tells beside the scope, and of a scope that fits nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import budget, call, person, share, spend
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, filled

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def test_a_form_tells_what_its_scope_fits_and_which_names_no_usage_has(signed_in: SignIn) -> None:
    top = budget("Engineering", 100)
    budget("Search", 130, top)
    spend(call(42, team="backend"), call(8, team="backend", project="chat"), call(1, team="search"))
    sent = filled(teams="backend, bakcend", parent=str(top.pk))
    told = text_of(signed_in("finance").post("/budgets/fit/", sent))
    assert "Fits 2 calls, $50.00" in told
    assert "No usage names “bakcend” yet. Did you mean “backend”?" in told
    assert "Engineering has handed out $30.00 more than its $100" in told


def test_what_a_scope_fits_is_told_only_of_usage_that_one_may_see(signed_in: SignIn) -> None:
    mine, lead = budget("Backend", 100, scope={"teams": ["backend"]}), person("lead")
    secret = budget("Secret", 100, scope={"teams": ["secret"]})
    share(mine, lead, "change_budget")
    spend(call(5, team="backend"), call(70, team="secret"))
    client = signed_in(lead)
    told = text_of(client.post("/budgets/fit/", filled(parent=str(secret.pk))))
    assert "Fits 1 call, $5.00" in told
    assert "Secret" not in told
    assert "secret" not in client.get(f"/budgets/{mine.pk}/edit/").content.decode()
    assert signed_in("viewer").post("/budgets/fit/", filled()).status_code == 403


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            {"tags": "garbage"},
            "Tags: Write a tag’s name, a colon and its values, as in feature: search, not “garbage”.",
        ),
        ({"teams": "x" * 201}, "Teams: At most 200 characters, not 201."),
    ],
)
def test_a_scope_that_cannot_be_read_fits_nothing_and_says_why(
    signed_in: SignIn, typed: dict[str, str], told: str
) -> None:
    spend(call(42, team="backend"))
    page = text_of(signed_in("finance").post("/budgets/fit/", filled(**typed)))
    assert told in page
    assert "Fits" not in page


def test_a_name_in_the_wrong_case_is_answered_with_the_right_one(signed_in: SignIn) -> None:
    spend(call(42, team="backend", project="Chat"))
    told = text_of(signed_in("finance").post("/budgets/fit/", filled(teams="BACKEND", projects="chat")))
    assert "No usage names “BACKEND” yet. Did you mean “backend”?" in told
    assert "No usage names “chat” yet. Did you mean “Chat”?" in told


def test_what_the_parent_has_left_leaves_out_what_this_budget_has_now(signed_in: SignIn) -> None:
    top = budget("Engineering", 60_000)
    found = budget("Backend", 30_000, top)
    budget("Search", 1000, top, period="daily")
    client = signed_in("finance")
    form = as_shown(client.get(f"/budgets/{found.pk}/edit/"))
    told = text_of(client.post(f"/budgets/fit/?budget={found.pk}", form))
    assert "Engineering has $29,583.33 of $60,000 not handed out besides this budget." in told
    assert "Engineering has handed out $416.67 more than its $60,000." in text_of(
        client.post("/budgets/fit/", filled(parent=str(top.pk)))
    )


def test_a_budget_whose_scope_fits_no_usage_says_so_when_it_is_saved(signed_in: SignIn) -> None:
    warning = "No usage fits its scope yet."
    client = signed_in("finance")
    assert warning not in text_of(client.post("/budgets/new/", filled(), follow=True))
    spend(call(42, team="backend"))
    page = client.post("/budgets/new/", filled(teams="BACKEND"), follow=True)
    assert warning in text_of(page)
    assert warning not in text_of(client.post("/budgets/new/", filled(name="B", teams="backend"), follow=True))
    edit = page.redirect_chain[-1][0] + "edit/"
    assert warning not in text_of(client.post(edit, {**as_shown(client.get(edit)), "amount": "5"}, follow=True))
    assert warning not in text_of(client.post(edit, {**as_shown(client.get(edit)), "teams": "backend"}, follow=True))
    assert warning in text_of(client.post(edit, {**as_shown(client.get(edit)), "teams": "backedn"}, follow=True))
