"""budgets/ and budgets/{id}/: made, read, changed and archived through the API, and refused with the reason."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from budgets.models import Budget, BudgetChange, BudgetSpan
from tests.factories import Api, api, budget, call, now, person, share, spend

pytestmark = pytest.mark.django_db
SEED = {
    "name": "Q1 2025 Production",
    "amount": 10000,
    "period": "monthly",
    "scope": {"projects": ["production"], "environments": ["prod"]},
    "alerts": [
        {"threshold": 0.5, "channels": ["email"]},
        {"threshold": 0.8, "channels": ["email", "slack"]},
        {"threshold": 0.95, "channels": ["email", "slack", "pagerduty"]},
    ],
}


@pytest.fixture
def finance() -> Api:
    return api("finance")


def test_the_budget_of_the_first_scene(finance):
    response = finance.post("budgets/", SEED)
    assert response.status_code == 201
    made = response.json()
    assert {name: made[name] for name in SEED} == {**SEED, "amount": "10000.00"}
    assert (made["currency"], made["parent_budget"], made["owner"]) == ("USD", None, finance.user.email)
    assert (made["status"]["current"], made["status"]["state"]) == ("0.00", "ok")
    assert finance.get(f"budgets/{made['id']}/").json()["alerts"] == SEED["alerts"]


def test_the_tree_of_the_second_scene(finance):
    company = finance.post("budgets/", {"name": "Company", "amount": 100000, "scope": "company-wide"}).json()
    assert (company["scope"], company["period"]) == ("company-wide", "monthly")
    below = {"parent_budget": company["id"]}
    parts = {"amount": 60000, "scope": {"departments": ["engineering"]}}
    engineering = finance.post("budgets/", {"name": "Engineering", **parts, **below}).json()
    parts = {"amount": 30000, "scope": {"departments": ["product"]}}
    finance.post("budgets/", {"name": "Product", **parts, **below})
    scope = {"teams": ["backend"], "tags": {"team": "backend"}}
    team = {"name": "Backend", "amount": 30000, "parent_budget": engineering["id"], "scope": scope}
    backend = finance.post("budgets/", team).json()
    event = {"provider": "openai", "model": "gpt-4", "input_tokens": 1_000_000, "team": "backend"}
    finance.post("usage/", {"events": [{**event, "tags": {"team": "backend"}}]})
    for found in (backend, engineering, company):
        assert finance.get(f"budgets/{found['id']}/status/").json()["current"] == "30.00"
    assert finance.get(f"budgets/{company['id']}/").json()["status"]["unallocated"] == "10000.00"


def test_a_new_budget_opens_with_what_this_month_spent_alone(finance):
    month = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spend(call(500, month - timedelta(hours=2)), call(7, month))
    made = finance.post("budgets/", {"name": "New", "amount": 100, "scope": "company-wide"}).json()
    status = made["status"]
    assert (status["current"], status["limit"], status["remaining"]) == ("7.00", "100.00", "93.00")
    if now() - month > timedelta(days=3):  # at the month's very beginning seven dollars may well be a forecast of more
        assert status["state"] == "ok"
    lines = finance.get(f"budgets/{made['id']}/periods/").json()["results"]
    assert [(line["when"], line["spent"]) for line in lines] == [
        ("planned", "0.00"),
        ("present", "7.00"),
        ("past", "500.00"),
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (0.1, "0.10"), ("0.0000000001", "0.0000000001"), ("123456.789", "123456.789"), (5e2, "500.00")],
)
def test_amounts_are_exact(finance, amount, text):
    assert finance.post("budgets/", {"name": "A", "amount": amount}).json()["amount"] == text
    assert Budget.objects.get().amount == Decimal(text)


def test_an_amount_with_more_digits_than_a_float_holds_arrives_whole(finance):
    response = finance.post("budgets/", b'{"name": "A", "amount": 999999999.0123456789}')
    assert response.json()["amount"] == "999999999.0123456789"


def test_everything_that_can_be_said_of_a_budget_comes_back(finance):
    owner = person("lead", "Lead@company.com")
    said = {
        "name": "All of it",
        "amount": "10.50",
        "period": "quarterly",
        "anchor": 2,
        "starts_on": "2025-02-01",
        "ends_on": "2029-01-31",
        "amounts": {"2025-02-01": "100.00", "2026-02-01": "200.00"},
        "rollover": True,
        "over_allocation": "refuse",
        "owner": owner.email,
        "currency": "USD",
        "scope": {"users": ["ann@company.com"], "tags": {"feature": ["a", "b"]}},
    }
    made = finance.post("budgets/", said).json()
    assert {name: made[name] for name in said} == said
    assert (made["owner_name"], made["version"], made["archived_at"]) == (owner.email, 1, None)


def test_a_change_says_who_when_and_why(finance):
    made = budget("Search", 100, at=now() - timedelta(days=1))
    response = finance.patch(f"budgets/{made.pk}/", {"amount": "150", "reason": "A launch", "version": 1})
    assert (response.json()["amount"], response.json()["version"]) == ("150.00", 2)
    assert response.json()["status"]["limit"] == "150.00"
    latest, first = finance.get(f"budgets/{made.pk}/changes/").json()["results"]
    assert (latest["what"], latest["by"], latest["reason"]) == ("amount", finance.user.email, "A launch")
    assert (latest["before"], latest["after"]) == ({"amount": "100.00"}, {"amount": "150.00"})
    assert (first["what"], first["after"]["scope"]) == ("created", "company-wide")


def test_the_second_of_two_editors_is_told_and_changes_nothing(finance):
    made = budget("Search", 100)
    assert finance.patch(f"budgets/{made.pk}/", {"name": "A", "version": 1}).status_code == 200
    response = finance.patch(f"budgets/{made.pk}/", {"name": "B", "version": 1})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"
    assert Budget.objects.get().name == "A"


def test_a_scope_may_change_from_the_open_period_on_or_for_all_history(finance):
    month = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spend(call(1, month - timedelta(hours=1), team="a"), call(2, month - timedelta(hours=1), team="b"))
    spend(call(4, month, team="a"), call(8, month, team="b"))
    made = budget(scope={"teams": ["a"]}, at=month - timedelta(days=3))

    def spent() -> list[str]:
        return [line["spent"] for line in finance.get(f"budgets/{made.pk}/periods/").json()["results"][1:3]]

    assert spent() == ["4.00", "1.00"]
    finance.patch(f"budgets/{made.pk}/", {"scope": {"teams": ["b"]}})
    assert spent() == ["8.00", "1.00"]
    finance.patch(f"budgets/{made.pk}/", {"scope": {"teams": ["b"]}})
    finance.patch(f"budgets/{made.pk}/", {"scope": "company-wide", "all_history": True})
    assert spent() == ["12.00", "3.00"]


def test_a_deleted_budget_stays_readable_with_spend_name_owner_and_past_periods(finance):
    owner = person("lead", name_of := "lead@company.com")
    month = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spend(call(3, month - timedelta(hours=1)), call(5, month))
    made = budget("Old", 100, owner=owner, at=month - timedelta(days=1))
    assert finance.delete(f"budgets/{made.pk}/?reason=Done").status_code == 204
    User.objects.filter(pk=owner.pk).delete()

    found = finance.get(f"budgets/{made.pk}/").json()
    assert (found["name"], found["owner"], found["owner_name"]) == ("Old", None, name_of)
    assert found["archived_at"]
    assert found["status"]["current"] == "5.00"
    lines = finance.get(f"budgets/{made.pk}/periods/").json()["results"]
    assert [line["spent"] for line in lines] == ["5.00", "3.00"]
    assert finance.get(f"budgets/{made.pk}/changes/").json()["results"][0]["reason"] == "Done"
    assert finance.get("budgets/").json()["results"] == []
    assert [row["id"] for row in finance.get("budgets/", archived="true").json()["results"]] == [made.pk]
    assert finance.get("budgets/tree/").json() == {"budgets": []}


def test_archiving_twice_changes_nothing_and_bringing_back_brings_all_of_it(finance):
    top = budget("Top")
    child = budget("Child", parent=top)
    assert finance.delete(f"budgets/{top.pk}/").status_code == 204
    assert finance.delete(f"budgets/{top.pk}/").status_code == 204
    assert BudgetChange.objects.filter(what="archived").count() == 2
    response = finance.patch(f"budgets/{child.pk}/", {"name": "X"})
    assert response.status_code == 400
    assert "archived" in response.json()["error"]["message"]
    response = finance.post(f"budgets/{child.pk}/restore/")
    assert response.json()["error"]["fields"] == {"parent_budget": ["Top above it is archived. Bring that back first."]}
    assert finance.post(f"budgets/{top.pk}/restore/", {"reason": "Not done"}).json()["archived_at"] is None
    assert finance.get(f"budgets/{child.pk}/").json()["archived_at"] is None


def test_a_budget_comes_back_with_another_amount_where_there_is_no_room_for_the_old_one(finance):
    top = budget("Top", 100, over_allocation="refuse")
    gone = budget("Gone", 90, top)
    assert finance.delete(f"budgets/{gone.pk}/").status_code == 204
    budget("Other", 60, top)
    refused = finance.post(f"budgets/{gone.pk}/restore/")
    assert refused.status_code == 400
    assert list(refused.json()["error"]["fields"]) == ["amount"]
    back = finance.post(f"budgets/{gone.pk}/restore/", {"amount": "40"}).json()
    assert (back["amount"], back["archived_at"]) == ("40.00", None)


BAD = [
    ("no name", {"name": None}, "name"),
    ("a blank name", {"name": "  "}, "name"),
    ("a name without end", {"name": "x" * 201}, "name"),
    ("no amount", {"amount": None}, "amount"),
    ("a negative amount", {"amount": -1}, "amount"),
    ("an absurd amount", {"amount": 10**9}, "amount"),
    ("an amount of eleven decimals", {"amount": "0.00000000001"}, "amount"),
    ("an amount that is text", {"amount": "ten"}, "amount"),
    ("an amount that is true", {"amount": True}, "amount"),
    ("an amount that is NaN", {"amount": "NaN"}, "amount"),
    ("an infinite amount", {"amount": "Infinity"}, "amount"),
    ("an amount that is a list", {"amount": [1]}, "amount"),
    ("an unknown period", {"period": "fortnightly"}, "period"),
    ("another currency", {"currency": "EUR"}, "currency"),
    ("a period that ends before it starts", {"starts_on": "2025-03-02", "ends_on": "2025-03-01"}, "ends_on"),
    ("custom dates without dates", {"period": "custom"}, "starts_on"),
    ("a day that is none", {"starts_on": "2025-02-30"}, "starts_on"),
    ("a day long ago", {"starts_on": "0001-01-01"}, "starts_on"),
    ("an anchor beyond the week", {"period": "weekly", "anchor": 8}, "anchor"),
    ("an anchor of a day", {"period": "daily", "anchor": 1}, "anchor"),
    ("an anchor that is text", {"anchor": "Monday"}, "anchor"),
    ("a scope that is a word", {"scope": "everything"}, "scope"),
    ("a scope that is a list", {"scope": ["a"]}, "scope"),
    ("no scope", {"scope": None}, "scope"),
    ("an unknown key of a scope", {"scope": {"team": ["a"]}}, "scope"),
    ("an empty list in a scope", {"scope": {"teams": []}}, "scope.teams"),
    ("a blank value in a scope", {"scope": {"teams": [" "]}}, "scope.teams"),
    ("tags that are a list", {"scope": {"tags": ["a"]}}, "scope.tags"),
    ("a parent that is not there", {"parent_budget": 999_999}, "parent_budget"),
    ("a parent beyond all numbers", {"parent_budget": 10**30}, "parent_budget"),
    ("a parent that is text", {"parent_budget": "Company"}, "parent_budget"),
    ("an owner whom nobody knows", {"owner": "nobody@company.com"}, "owner"),
    ("an owner that is no address", {"owner": "ann"}, "owner"),
    ("alerts that are no list", {"alerts": {}}, "alerts"),
    ("a threshold of nothing", {"alerts": [{"threshold": 0, "channels": ["email"]}]}, "alerts.0.threshold"),
    ("a threshold in percent", {"alerts": [{"threshold": 80, "channels": ["email"]}]}, "alerts.0.threshold"),
    ("an unknown channel", {"alerts": [{"threshold": 0.8, "channels": ["pigeon"]}]}, "alerts.0.channels.0"),
    ("no channel", {"alerts": [{"threshold": 0.8, "channels": []}]}, "alerts.0.channels"),
    ("an alert with an unknown field", {"alerts": [{"treshold": 0.8, "channels": ["email"]}]}, "alerts.0.treshold"),
    ("a threshold twice", {"alerts": [{"threshold": 0.8, "channels": ["email"]}] * 2}, "alerts.1.threshold"),
    ("amounts by no day", {"amounts": {"March": 5}}, "amounts"),
    ("a negative planned amount", {"amounts": {"2025-03-01": -5}}, "amounts.2025-03-01"),
    ("rollover that is a word", {"rollover": "perhaps"}, "rollover"),
    ("an unknown over-allocation", {"over_allocation": "allow"}, "over_allocation"),
    ("an unknown field", {"parentBudget": 1}, "parentBudget"),
    ("a field that cannot be set", {"status": {}}, "status"),
    ("a reason without end", {"reason": "x" * 501}, "reason"),
]


@pytest.mark.parametrize(("what", "change", "field"), BAD, ids=[row[0] for row in BAD])
@pytest.mark.parametrize("method", ["post", "patch"])
def test_what_makes_no_sense_is_refused_by_its_field_and_nothing_is_written(finance, method, what, change, field):
    before = budget("Before", 100)
    count = BudgetChange.objects.count()
    body = {"name": "New", "amount": 100, **change} if method == "post" else change
    response = finance.post("budgets/", body) if method == "post" else finance.patch(f"budgets/{before.pk}/", body)
    assert response.status_code == 400, response.content
    error = response.json()["error"]
    assert field in error["fields"], error
    assert error["message"]
    assert len(response.content) < 2000
    assert (Budget.objects.count(), BudgetChange.objects.count()) == (1, count)
    assert Budget.objects.get().version == 1


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"x"', b"5", b"null", b'{"name": "\xff"}', b'{"name": "\\u0000"}'])
def test_bodies_that_are_no_object_are_refused(finance, body):
    made = budget()
    for response in (
        finance.post("budgets/", body),
        finance.patch(f"budgets/{made.pk}/", body or b" "),
        finance.put(f"budgets/{made.pk}/shares/", body or b" "),
    ):
        assert response.status_code in (400, 415)
        assert response.json()["error"]["message"]
    assert Budget.objects.count() == 1


def test_a_cycle_in_the_tree_is_refused(finance):
    top = budget("Top")
    middle = budget("Middle", parent=top)
    bottom = budget("Bottom", parent=middle)
    for below in (top, middle, bottom):
        response = finance.patch(f"budgets/{top.pk}/", {"parent_budget": below.pk})
        assert response.status_code == 400
        assert list(response.json()["error"]["fields"]) == ["parent_budget"]
    assert BudgetSpan.objects.filter(budget=top).count() == 1


def test_a_parent_that_refuses_over_allocation_says_what_is_left(finance):
    top = budget("Top", 100, over_allocation="refuse")
    assert finance.post("budgets/", {"name": "A", "amount": 60, "parent_budget": top.pk}).status_code == 201
    response = finance.post("budgets/", {"name": "B", "amount": 41, "parent_budget": top.pk})
    message = "Top has $40.00 not handed out: choose $40.00 or less."
    assert response.json()["error"]["fields"] == {"amount": [message]}


def test_a_move_takes_a_budget_to_its_new_parent_and_to_the_top(finance):
    one, two, child = budget("One"), budget("Two"), None
    child = budget("Child", parent=one)
    assert finance.patch(f"budgets/{child.pk}/", {"parent_budget": two.pk}).json()["parent_budget"] == two.pk
    assert finance.patch(f"budgets/{child.pk}/", {"parent_budget": None}).json()["parent_budget"] is None
    changes = finance.get(f"budgets/{child.pk}/changes/").json()["results"]
    places = [(change["before"]["parent_budget"], change["after"]["parent_budget"]) for change in changes[:2]]
    assert places == [(two.pk, None), (one.pk, two.pk)]


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


def test_the_list_can_be_narrowed(finance):
    lead = person("lead")
    top = budget("Company", 100)
    budget("Search", 1, parent=top, scope={"teams": ["a"]}, owner=lead)
    budget("Chat 100%", 100, parent=top, scope={"teams": ["b"]})
    spend(call(5, team="a"))
    assert names(finance.get("budgets/")) == ["Company", "Search", "Chat 100%"]
    assert names(finance.get("budgets/", parent="none")) == ["Company"]
    assert names(finance.get("budgets/", parent=top.pk)) == ["Search", "Chat 100%"]
    assert names(finance.get("budgets/", owner=lead.email.upper())) == ["Search"]
    assert names(finance.get("budgets/", state="exceeded")) == ["Search"]
    assert names(finance.get("budgets/", search="SEAR")) == ["Search"]
    assert names(finance.get("budgets/", search="100%")) == ["Chat 100%"]
    assert names(finance.get("budgets/", search="lead-")) == ["Search"]
    assert names(finance.get("budgets/", archived="true")) == []
    first = finance.get("budgets/", page_size=2, state="ok").json()
    assert first["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"archived": "yes"},
        {"parent": "Company"},
        {"parent": "9" * 30},
        {"state": "fine"},
        {"sate": "ok"},
        {"search": "\x00"},
        {"cursor": "bm9uZQ"},
        {"page_size": "-1"},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(finance, query):
    response = finance.get("budgets/", **query)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == list(query)


def test_pages_of_budgets_and_of_changes_hold_each_once_there_and_back(finance):
    made = [budget(f"B{n}") for n in range(7)]
    for n in range(5):
        finance.patch(f"budgets/{made[0].pk}/", {"amount": n + 1})
    for path, count in (("budgets/", 7), (f"budgets/{made[0].pk}/changes/", 6), (f"budgets/{made[0].pk}/periods/", 2)):
        whole = finance.get(path).json()["results"]
        assert len(whole) == count
        for size in (1, 2, 3):
            pages = [finance.get(path, page_size=size).json()]
            while pages[-1]["next"]:
                pages.append(finance.get(pages[-1]["next"]).json())
            assert [row.get("id") for page in pages for row in page["results"]] == [row.get("id") for row in whole]
            back = [pages[-1]]
            while back[-1]["previous"]:
                back.append(finance.get(back[-1]["previous"]).json())
            assert [page["results"] for page in back[::-1]] == [page["results"] for page in pages]


def test_lists_and_the_tree_take_as_many_queries_with_500_budgets_as_with_5(finance, django_assert_num_queries):
    top = budget("Top", at=now() - timedelta(days=1), scope={"teams": ["none"]})
    viewer = api("viewer")
    share(top, viewer.user)
    for caller in (finance, viewer):
        caller.get("budgets/")  # once a minute a key's use is noted
    counted: list[list[int]] = []
    for total in (5, 500):
        missing = total - Budget.objects.count()
        rows = [Budget(name=f"B{n}", amount=5, parent=top, owner=finance.user) for n in range(missing)]
        BudgetSpan.objects.bulk_create(
            BudgetSpan(budget=row, parent=top, scope={}) for row in Budget.objects.bulk_create(rows)
        )
        counted.append([])
        for caller in (finance, viewer):
            for path in ("budgets/?page_size=1000", "budgets/?state=ok&page_size=1000", "budgets/tree/"):
                with django_assert_num_queries(30, exact=False) as queries:
                    response = caller.get(path)
                counted[-1].append(len(queries))
                assert json.dumps(response.json()).count('"version"') == total
    assert counted[0] == counted[1]


def test_a_new_owner_of_the_same_name_is_another_owner(finance):
    old, new = person("lead", "ann@company.com"), person("lead", "ann2@company.com")
    for owner in (old, new):
        owner.name = "Ann Lee"
        owner.save()
    made = budget("Team", 100, owner=old)
    assert finance.patch(f"budgets/{made.pk}/", {"owner": new.email}).json()["owner"] == new.email
    made.refresh_from_db()
    assert made.owner == new
    change = made.changes.get(what="edited")
    assert (change.before["owner"], change.after["owner"]) == (
        "Ann Lee (ann@company.com)",
        "Ann Lee (ann2@company.com)",
    )


@pytest.mark.parametrize(
    ("amounts", "word"),
    [
        ({"2030-12-15": "5"}, "begins on 2030-12-01"),
        ({"2030-12-01": "5", "20301201": "9"}, "twice"),
        ({"2020-01-01": "5"}, "does not apply"),
        ({"0001-01-01": "5"}, "does not apply"),
        ({"9999-12-31": "5"}, "does not apply"),
    ],
)
def test_an_amount_is_planned_for_a_day_on_which_a_period_begins(finance, amounts, word):
    made = budget("Team", 100, starts_on=date(2025, 1, 1))
    refused = finance.patch(f"budgets/{made.pk}/", {"amounts": amounts})
    assert refused.status_code == 400
    assert word in refused.json()["error"]["fields"]["amounts"][0]
    assert finance.patch(f"budgets/{made.pk}/", {"amounts": {"2030-12-01": "5"}}).status_code == 200


def test_a_parent_that_the_caller_may_not_see_is_not_confirmed_by_a_filter():
    top = budget("Secret", 100)
    child = budget("Child", 10, top, scope={"teams": ["a"]})
    lead = api("lead")
    share(child, lead.user, "view_budget")
    assert lead.get("budgets/", parent=top.pk).json() == lead.get("budgets/", parent=999_999).json()
    assert len(api("finance").get("budgets/", parent=top.pk).json()["results"]) == 1


def test_a_scope_of_no_tags_is_not_taken_for_the_company(finance):
    refused = finance.post("budgets/", {"name": "N", "amount": 1, "scope": {"tags": {}}})
    assert "scope.tags" in refused.json()["error"]["fields"]


def test_a_closed_period_keeps_its_amount_unless_it_changes_for_all_history(finance):
    first, this = (months_from_now(n) for n in (-2, 0))
    made = budget("Team", 100, starts_on=first, rollover=True)
    path, closed, open_ = f"budgets/{made.pk}/", first.isoformat(), this.isoformat()
    refused = finance.patch(path, {"amounts": {closed: "500"}})
    assert refused.status_code == 400
    assert f"from {first} is over and keeps its amount" in refused.json()["error"]["fields"]["amounts"][0]
    assert finance.get(f"{path}status/").json()["limit"] == "300.00"

    assert finance.patch(path, {"amounts": {closed: "500"}, "all_history": True}).status_code == 200
    assert finance.get(f"{path}status/").json()["limit"] == "700.00"
    kept = finance.patch(path, {"amounts": {open_: "50"}}).json()
    assert kept["amounts"] == {closed: "500.00", open_: "50.00"}
    assert finance.get(f"{path}status/").json()["limit"] == "650.00"
    assert finance.patch(path, {"amounts": {}, "all_history": True}).json()["amounts"] == {}
    assert finance.get(f"{path}status/").json()["limit"] == "300.00"


def months_from_now(count: int) -> date:
    """The first day of the month that is `count` months from this one."""
    month = now().year * 12 + now().month - 1 + count
    return date(month // 12, month % 12 + 1, 1)
