"""What forms say where a budget would hand out more than it has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from budgets.models import Budget
from tests.factories import budget
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, errors_of, filled

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def test_a_parent_that_refuses_says_what_would_pass(signed_in: SignIn) -> None:
    top = budget("Product", 10_000, over_allocation="refuse")
    budget("Growth", 1600, top)
    page = signed_in("finance").post("/budgets/new/", filled(parent=str(top.pk)))
    assert errors_of(page) == {"amount": "Product has $8,400 not handed out: choose $8,400 or less."}


def test_a_budget_that_hands_out_too_much_says_so_when_it_is_made(signed_in: SignIn) -> None:
    top = budget("Engineering", 5000)
    answer = signed_in("finance").post("/budgets/new/", filled(parent=str(top.pk)), follow=True)
    assert "Engineering has now handed out $4,000 more than its $5,000." in text_of(answer)


def test_a_budget_at_the_top_says_what_is_allocated_below_it(signed_in: SignIn) -> None:
    top = budget("Company", 1000, over_allocation="refuse")
    budget("Child", 900, top, scope={"teams": ["a"]})
    client, edit = signed_in("finance"), f"/budgets/{top.pk}/edit/"
    refused = client.post(edit, {**as_shown(client.get(edit)), "amount": "500"})
    assert errors_of(refused) == {"amount": "$900.00 is handed out to the budgets below: choose $900.00 or more."}


def test_the_amount_that_would_pass_is_one_for_a_period_of_the_budget_itself(signed_in: SignIn) -> None:
    top = budget("Product", 1000, over_allocation="refuse", scope={"teams": ["a"]})
    client, sent = signed_in("finance"), filled(parent=str(top.pk), period="weekly")
    told = errors_of(client.post("/budgets/new/", sent))["amount"]
    assert told == "Product has $1,000 not handed out for a month: choose $230.13 or less."
    assert "amount" in errors_of(client.post("/budgets/new/", {**sent, "amount": "230.14"}))
    client.post("/budgets/new/", {**sent, "amount": "230.13"})
    assert Budget.objects.filter(parent=top).count() == 1


def test_a_parent_with_nothing_left_says_what_can_be_done(signed_in: SignIn) -> None:
    top = budget("Product", 1000, over_allocation="refuse")
    budget("Growth", 1000, top)
    told = errors_of(signed_in("finance").post("/budgets/new/", filled(parent=str(top.pk))))["amount"]
    assert told == "Product has nothing left to hand out. Raise its limit, or lower another’s below it."


def test_the_refusal_and_the_figure_below_it_agree(signed_in: SignIn) -> None:
    top = budget("Product", 60_000, over_allocation="refuse")
    budget("Growth", 30_000, top)
    found = budget("Search", 30_000, top)
    client, edit = signed_in("finance"), f"/budgets/{found.pk}/edit/"
    form = {**as_shown(client.get(edit)), "amount": "35000"}
    assert errors_of(client.post(edit, form)) == {
        "amount": "Product has $30,000 not handed out: choose $30,000 or less."
    }
    beside = text_of(client.post(f"/budgets/fit/?budget={found.pk}", form))
    assert "Product has $30,000 of $60,000 not handed out besides this budget." in beside
