"""What a form tells beside the scope, and of a scope that fits nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, filled
from wire.templatetags.moments import short_day

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


def test_the_beginning_of_a_name_is_answered_with_the_name(signed_in: SignIn) -> None:
    spend(call(42, project="production"))
    told = text_of(signed_in("finance").post("/budgets/fit/", filled(projects="prod")))
    assert "No usage names “prod” yet. Did you mean “production”?" in told


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


def test_a_limit_beyond_what_the_parent_has_left_is_warned_of_while_it_is_typed(signed_in: SignIn) -> None:
    top = budget("Engineering", 60_000)
    found = budget("Backend", 20_000, top)
    budget("Search", 31_400, top)
    client = signed_in("finance")

    def told(**typed: str) -> tuple[bool, str]:
        form = {**as_shown(client.get(f"/budgets/{found.pk}/edit/")), **typed}
        page = client.post(f"/budgets/fit/?budget={found.pk}", form)
        return '<p class="doubt">Engineering' in page.content.decode(), text_of(page)

    left = "Engineering has $28,600 of $60,000 not handed out besides this budget."
    marked, words = told(amount="28,600")
    assert (marked, "This limit is" in words, left in words) == (False, False, True)
    marked, words = told(amount="30,000")
    assert (marked, f"{left} This limit is $1,400 more." in words) == (True, True)
    assert "This limit is $1,400 beyond what Engineering has left." in words
    marked, words = told(amount="1,000", period="daily")
    assert (marked, f"{left} This limit, $30,416.67 a month, is $1,816.67 more." in words) == (True, True)
    assert told(amount="nonsense")[0] is False
    assert told(amount="99,999", period="custom")[0] is False
    Budget.objects.filter(pk=top.pk).update(over_allocation=Budget.OverAllocation.REFUSE)
    assert f"{left} This limit is $1,400 more, and is refused." in told(amount="30,000")[1]
    edit = client.post(
        f"/budgets/{found.pk}/edit/", {**as_shown(client.get(f"/budgets/{found.pk}/edit/")), "amount": "30,000"}
    )
    assert "Engineering has $28,600 not handed out: choose $28,600 or less." in text_of(edit)


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


def test_it_tells_calls_without_a_price_the_costliest_models_and_teams_and_each_day(signed_in: SignIn) -> None:
    spend(
        call(40, team="backend", model="gpt-4", at=now() - timedelta(days=3)),
        call(9, team="search", model="gpt-4o"),
        call(None, team="search", model="nobody-knows-it", input_tokens=5),
        call(500, team="backend", model="gpt-4", at=now() - timedelta(days=40)),
    )
    page = signed_in("finance").post("/budgets/fit/", filled(amount="98"))
    told = text_of(page)
    assert "$49.00 3 calls, 1 without a price" in told
    assert "A month like these 30 days takes 50.0% of the limit." in told
    assert "Models gpt-4 $40.00 gpt-4o $9.00 Teams backend $40.00 search $9.00" in told
    assert page.content.decode().count("<rect") == 30
    day = timezone.localdate() - timedelta(days=3)
    assert f"<title>{short_day(day)}: $40.00</title>" in page.content.decode()


def test_other_budgets_that_count_the_same_usage_are_named_with_how_much_but_not_those_above(signed_in: SignIn) -> None:
    top = budget("Engineering", 1000)
    found = budget("Backend", 100, top, scope={"teams": ["backend"]})
    budget("Below", 10, found, scope={"projects": ["chat"]})
    budget("Chat", 100, scope={"projects": ["chat"]})
    budget("Search", 100, scope={"teams": ["search"]})
    spend(call(42, team="backend"), call(8, team="backend", project="chat"), call(1, team="search", project="chat"))
    client = signed_in("finance")
    sent = filled(teams="backend", parent=str(top.pk))
    told = text_of(client.post("/budgets/fit/", sent))
    assert "Counted already by Backend all of it Below $8.00 of it Chat $8.00 of it" in told
    edited = as_shown(client.get(f"/budgets/{found.pk}/edit/"))
    told = text_of(client.post(f"/budgets/fit/?budget={found.pk}", edited))
    assert "Counted already by Chat $8.00 of it Fits" in told
    told = text_of(client.post(f"/budgets/fit/?budget={found.pk}", edited | {"parent": "top"}))
    assert "Counted already by Engineering all of it Chat $8.00 of it" in told


def test_a_budget_that_one_may_not_see_is_not_said_to_count_it(signed_in: SignIn) -> None:
    mine, lead = budget("Backend", 100, scope={"teams": ["backend"]}), person("lead")
    budget("Secret board", 100, scope={"teams": ["backend"]})
    share(mine, lead, "change_budget")
    spend(call(5, team="backend"))
    page = signed_in(lead).post("/budgets/fit/", filled(parent=str(mine.pk), teams="backend"))
    assert "No other budget that you see counts it" in text_of(page)
    assert "Secret" not in page.content.decode()
    assert "Secret board all of it" in text_of(signed_in("finance").post("/budgets/fit/", filled(teams="backend")))


def test_names_that_no_call_has_together_fit_nothing_and_it_says_so(signed_in: SignIn) -> None:
    spend(call(1, team="backend", project="chat"), call(1, team="search", project="rag"))
    told = text_of(signed_in("finance").post("/budgets/fit/", filled(teams="backend", projects="rag")))
    assert "No call of the last 30 days fits. Each name is in use, but no call has all of them." in told


def test_a_tag_that_usage_is_not_told_apart_by_is_no_misspelling(signed_in: SignIn) -> None:
    spend(call(1, tags={"tier": "gold"}))
    told = text_of(signed_in("finance").post("/budgets/fit/", filled(tags="tier: gold")))
    assert "Usage is not told apart by the tag “tier” yet." in told
    assert "No usage names" not in told


def test_it_takes_as_many_statements_for_many_label_sets_and_budgets_as_for_few(signed_in: SignIn) -> None:
    mine, lead = budget("All", 100), person("lead")
    share(mine, lead, "change_budget")
    client, counts = signed_in(lead), []
    sent = filled(parent=str(mine.pk))
    for count in (2, 30):
        spend(*[call(1, team=f"team-{count}-{number}") for number in range(count)])
        for number in range(count):
            budget(f"Team {count} {number}", 1, mine, scope={"teams": [f"team-{count}-{number}"]})
        client.post("/budgets/fit/", sent)
        with CaptureQueriesContext(connection) as found:
            client.post("/budgets/fit/", sent)
        counts.append(len(found))
    assert counts[0] == counts[1]
