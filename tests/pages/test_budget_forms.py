"""Making, changing, archiving and bringing back budgets in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.domain.thresholds import thresholds_of
from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def filled(**fields: Any) -> dict[str, Any]:
    """A form as the browser sends it."""
    return {"name": "Backend", "amount": "9,000", "period": "monthly", "parent": "top", **fields}


def as_shown(page: HttpResponse) -> dict[str, str]:
    """What the fields of a page's form, or of a part of one, hold, as a browser would send them back unchanged."""
    html = page.content.decode()
    html = html.partition("<main")[2] or html
    fields = {}
    for tag in re.findall(r"<input[^>]*>", html):
        parts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in parts and (parts.get("type") != "checkbox" or " checked" in tag):
            fields[parts["name"]] = unescape(parts.get("value", "on" if parts.get("type") == "checkbox" else ""))
    for name, options in re.findall(r'<select name="([\w-]+)".*?>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea name="([\w-]+)"[^>]*>\n?(.*?)</textarea>', html, re.S):
        fields[name] = unescape(text)
    return fields


def errors_of(page: HttpResponse) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'<p class="field-error" id="id_(\w+)_error">(.*?)</p>', page.content.decode(), re.S)
    return {name: text_of(text) for name, text in found}


def test_a_budget_is_made_as_it_was_typed(signed_in: SignIn) -> None:
    top, owner = budget("Engineering", 60_000), person("lead", "lena@company.com")
    spend(call(12, team="backend", project="a, b"))
    place = {"parent": str(top.pk), "owner": "LENA@company.com", "day": "15", "rollover": "on", "refuse": "on"}
    scope = {"teams": "backend, search", "projects": '"a, b"', "tags": "feature: chat, rag\ntier: gold"}
    sent = filled(amount="$9,000.50", thresholds="50, 80%, 99.9", reason="Agreed in May", **place, **scope)
    answer = signed_in("finance").post("/budgets/new/", sent, follow=True)
    made = Budget.objects.get(name="Backend")
    assert made.amount == Decimal("9000.50")
    assert made.parent == top
    assert made.scope == {
        "projects": ["a, b"],
        "teams": ["backend", "search"],
        "tags": {"feature": ["chat", "rag"], "tier": ["gold"]},
    }
    assert [row["threshold"] for row in thresholds_of(made)] == ["0.5", "0.8", "0.999"]
    assert (made.owner, made.rollover, made.over_allocation, made.anchor) == (owner, True, "refuse", 15)
    assert made.changes.get().reason == "Agreed in May"
    assert "Backend was created" in text_of(answer)


def test_it_counts_at_once_what_was_spent(signed_in: SignIn) -> None:
    spend(call(42, team="backend"))
    answer = signed_in("finance").post("/budgets/new/", filled(teams="backend"), follow=True)
    assert "$42.00 of its period is spent already" in text_of(answer)


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"name": " "}, "name", "Give it a name."),
        ({"amount": "much"}, "amount", "number"),
        ({"amount": ""}, "amount", "Enter a limit"),
        ({"amount": "-1"}, "amount", "Enter 0 or more."),
        ({"amount": "1e30"}, "amount", "Enter less than $1,000,000,000."),
        ({"name": "x" * 240}, "name", "Use at most 200 characters; this has 240."),
        ({"amount": "NaN"}, "amount", "number"),
        ({"amount": "9999999999"}, "amount", "less than $1,000,000,000"),
        ({"period": "custom"}, "starts_on", "need a first day"),
        ({"period": "custom"}, "ends_on", "need a last day"),
        ({"amount": "0.00000000001"}, "amount", "At most 10 decimals"),
        ({"amount": "99999999999999999999999"}, "amount", "less than $1,000,000,000"),
        ({"starts_on": "2025-03-02", "ends_on": "2025-03-01"}, "ends_on", "before the first"),
        ({"day": "32"}, "day", "Enter a day from 1 to 31."),
        ({"day": "last"}, "day", "Enter a day from 1 to 31."),
        ({"starts_on": "tomorrow"}, "starts_on", "Enter a date, as in"),
        ({"period": "hourly"}, "period", "Choose one from the list."),
        ({"owner": "nobody"}, "owner", "Enter an e-mail address, as in"),
        ({"reason": "x" * 501}, "reason", "Use at most 500 characters"),
        ({"owner": "nobody@company.com"}, "owner", "No one has this e-mail address"),
        ({"tags": "feature"}, "tags", "a colon"),
        ({"teams": "x" * 201}, "teams", "At most 200"),
        ({"thresholds": "half"}, "thresholds", "no percentage"),
        ({"thresholds": "50, 50.0"}, "thresholds", "50.0% is there twice."),
        ({"thresholds": "1200"}, "thresholds", "1200% is out of range: write numbers above 0, up to 1,000."),
        ({"parent": "12345"}, "parent", "It cannot be put there."),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    signed_in: SignIn, sent: dict[str, str], field: str, words: str
) -> None:
    page = signed_in("finance").post("/budgets/new/", filled(**sent))
    assert words in errors_of(page)[field]
    assert page.status_code == 200
    assert as_shown(page)["amount"] == filled(**sent)["amount"]
    assert not Budget.objects.exists()


def test_saving_an_untouched_form_changes_nothing(signed_in: SignIn) -> None:
    alerts = [{"threshold": "0.5", "channels": ["email"]}, {"threshold": "0.8", "channels": ["slack", "pagerduty"]}]
    found = budget(
        "Backend", "9000.5", budget("Top", 10**6), period="weekly", anchor=7, rollover=True, thresholds=alerts,
        starts_on=date(2024, 1, 1), scope={"projects": ["a, b", 'say "hi"'], "tags": {"feature": ["x", "y, z"]}},
    )  # fmt: skip
    client = signed_in("finance")
    client.post(f"/budgets/{found.pk}/edit/", as_shown(client.get(f"/budgets/{found.pk}/edit/")))
    assert [change.what for change in found.changes.all()] == ["created"]
    assert thresholds_of(found)[1]["channels"] == ["slack", "pagerduty"]


def test_a_change_is_kept_with_its_reason(signed_in: SignIn) -> None:
    found = budget("Backend", 9000)
    client = signed_in("finance")
    form = as_shown(client.get(f"/budgets/{found.pk}/edit/")) | {"amount": "12,000", "reason": "More users"}
    client.post(f"/budgets/{found.pk}/edit/", form)
    found.refresh_from_db()
    assert found.amount == 12_000
    assert found.changes.first().reason == "More users"


def test_the_history_keeps_the_cents_of_what_was_agreed(signed_in: SignIn) -> None:
    found = budget("Backend", 9000)
    edit_budget(found, Actor(None), {"amount": Decimal("14000.50")}, now())
    assert "$9,000 → $14,000.50" in text_of(signed_in("finance").get(f"/budgets/{found.pk}/"))


def test_two_who_edit_at_once_do_not_overwrite_each_other(signed_in: SignIn) -> None:
    found = budget("Backend", 9000)
    client = signed_in("finance")
    form = as_shown(client.get(f"/budgets/{found.pk}/edit/")) | {"amount": "12,000"}
    edit_budget(found, Actor(None), {"name": "Backend team"}, now())
    page = client.post(f"/budgets/{found.pk}/edit/", form)
    assert "Someone changed this budget while you were here" in text_of(page)
    assert as_shown(page)["amount"] == "12,000"
    found.refresh_from_db()
    assert found.amount == 9000
    client.post(f"/budgets/{found.pk}/edit/", as_shown(page))
    found.refresh_from_db()
    assert found.amount == 12_000


def test_a_budget_cannot_be_put_below_itself(signed_in: SignIn) -> None:
    top = budget("Top", 9000)
    below = budget("Below", 90, top)
    client = signed_in("finance")
    form = as_shown(client.get(f"/budgets/{top.pk}/edit/")) | {"parent": str(below.pk)}
    assert "parent" in errors_of(client.post(f"/budgets/{top.pk}/edit/", form))


def test_who_may_only_look_may_not_change(signed_in: SignIn) -> None:
    found, viewer = budget("Backend", 9000), person("viewer")
    share(found, viewer)
    client = signed_in(viewer)
    for path in ("edit", "archive", "restore"):
        page = client.post(f"/budgets/{found.pk}/{path}/", filled())
        assert page.status_code == 403
        assert "Finance, administrators and its editors" in text_of(page)
    assert client.get("/budgets/new/").status_code == 403
    found.refresh_from_db()
    assert (found.amount, found.archived_at) == (9000, None)


def test_an_editor_makes_budgets_below_and_nowhere_else(signed_in: SignIn) -> None:
    top, lead = budget("Engineering", 9000), person("lead")
    other = budget("Product", 9000)
    share(top, lead, "change_budget")
    client = signed_in(lead)
    assert "parent" in errors_of(client.post("/budgets/new/", filled(parent="top")))
    assert "parent" in errors_of(client.post("/budgets/new/", filled(parent=str(other.pk))))
    client.post("/budgets/new/", filled(parent=str(top.pk)))
    assert Budget.objects.get(name="Backend").parent == top


def test_an_editor_leaves_a_budget_where_it_is_without_learning_where(signed_in: SignIn) -> None:
    secret = budget("Secret board", 9000, over_allocation="refuse")
    found, lead = budget("Backend", 90, secret), person("lead")
    share(found, lead, "change_budget")
    client = signed_in(lead)
    page = client.get(f"/budgets/{found.pk}/edit/")
    assert "Secret" not in page.content.decode()
    client.post(f"/budgets/{found.pk}/edit/", as_shown(page) | {"name": "Renamed"})
    found.refresh_from_db()
    assert (found.name, found.parent) == ("Renamed", secret)
    page = client.post(
        f"/budgets/{found.pk}/edit/", as_shown(client.get(f"/budgets/{found.pk}/edit/")) | {"amount": "9001"}
    )
    assert "amount" in errors_of(page)
    assert "Secret" not in page.content.decode()


def test_the_form_names_what_is_in_use(signed_in: SignIn) -> None:
    spend(call(1, team="search"), call(1, team="backend"), call(1, team="backend"))
    assert "In use: backend, search" in text_of(signed_in("finance").get("/budgets/new/"))


def test_the_names_above_stand_over_the_forms(signed_in: SignIn) -> None:
    top = budget("Engineering", 5000)
    found = budget("Backend", 50, top)
    client = signed_in("finance")
    for page in ("edit", "archive"):
        html = client.get(f"/budgets/{found.pk}/{page}/").content.decode()
        assert f'href="/budgets/{top.pk}/"><bdi>Engineering</bdi></a>' in html


def test_an_editor_who_changes_an_amount_learns_nothing_of_the_budget_above(signed_in: SignIn) -> None:
    secret = budget("Secret", 1000)
    child = budget("Child", 900, secret, scope={"teams": ["a"]})
    lead = person("lead")
    share(child, lead, "change_budget")
    client = signed_in(lead)
    edit = f"/budgets/{child.pk}/edit/"
    said = text_of(client.post(edit, {**as_shown(client.get(edit)), "amount": "1,500"}, follow=True))
    assert "Child was saved." in said
    assert "Secret" not in said
    finance = signed_in("finance")
    told = text_of(finance.post(edit, {**as_shown(finance.get(edit)), "amount": "1,501"}, follow=True))
    assert "Secret has now handed out $501.00 more than its $1,000" in told
    Budget.objects.filter(pk=secret.pk).update(over_allocation="refuse")
    refused = client.post(edit, {**as_shown(client.get(edit)), "amount": "1,600"})
    assert errors_of(refused) == {"amount": "The budget above does not have that much left to hand out."}
    assert "all_history" not in as_shown(refused)


@pytest.mark.parametrize(
    ("typed", "rollover_is_new", "for_all_history"),
    [
        ({"teams": "search"}, False, {"scope"}),
        ({"rollover": "on"}, True, {"rollover"}),
        ({}, False, {"scope"}),
    ],
)
def test_past_periods_get_what_is_new_and_nothing_else_that_the_form_shows(
    signed_in: SignIn, typed: dict[str, str], rollover_is_new: bool, for_all_history: set[str]
) -> None:
    found = budget("Team", 100, scope={"teams": ["a"]}, rollover=not rollover_is_new)
    edit_budget(found, Actor(None), {"scope": {"teams": ["b"]}}, now())
    client, edit = signed_in("finance"), f"/budgets/{found.pk}/edit/"
    client.post(edit, {**as_shown(client.get(edit)), **typed, "all_history": "on"})
    found.refresh_from_db()
    assert found.rollover
    held = {"scope"} if found.spans.count() == 1 else set()
    assert held | ({"rollover"} if found.rollover_from is None else set()) == for_all_history


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("9,000", "9000"),
        ("$ 9,000.50", "9000.50"),
        ("9.000,50", "9000.50"),
        ("9 000,5", "9000.5"),
        ("9.000.000", "9000000"),
        ("1.2340", "1.234"),
        ("USD 12'345.60", "12345.60"),
        ("٩٠٠", "900"),
    ],
)
def test_a_limit_is_read_as_people_write_it(signed_in: SignIn, typed: str, amount: str) -> None:
    signed_in("finance").post("/budgets/new/", filled(amount=typed))
    assert Budget.objects.get(name="Backend").amount == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1.500,50 €", "is in EUR, and amounts here are in USD. Convert it first."),
        ("(5)", "Enter 0 or more."),
        ("NaN", "is no number. Write one such as 1,234.50."),
        ("1,23,4.5", "Check its separators."),
        ("9,0000", "Check its separators."),
        ("90,00", "Check its separators."),
        ("9.000", "“9.000” can be read in two ways. Write 9,000, or 9.0000."),
        ("9e99", "Enter less than $"),
        ("0.12345678901", "At most 10 decimals."),
    ],
)
def test_what_is_no_limit_says_what_to_write(signed_in: SignIn, typed: str, says: str) -> None:
    page = signed_in("finance").post("/budgets/new/", filled(amount=typed))
    assert says in errors_of(page)["amount"]
    assert not Budget.objects.exists()


def test_a_limit_of_three_decimals_is_saved_as_it_is_shown(signed_in: SignIn) -> None:
    found, client = budget("Fine", "1.234"), signed_in("finance")
    edit = f"/budgets/{found.pk}/edit/"
    client.post(edit, {**as_shown(client.get(edit)), "name": "Finer"})
    found.refresh_from_db()
    assert (found.name, found.amount) == ("Finer", Decimal("1.234"))
