"""Who may do what with budgets: what one may not see is not there, what one may not change stays as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from budgets.models import Budget, BudgetChange
from tests.factories import Api, api, budget, call, now, person, share, spend

pytestmark = pytest.mark.django_db
READS = ["", "status/", "periods/", "shares/", "changes/"]
WRITES = [
    ("PATCH", "", {"name": "Taken"}),
    ("DELETE", "", None),
    ("POST", "restore/", {}),
    ("PUT", "shares/", {"shares": []}),
]


@pytest.fixture
def tree() -> dict[str, Budget]:
    """company > (engineering > backend, product)."""
    company = budget("Company secret", 1000)
    engineering = budget("Engineering", 600, company, scope={"departments": ["eng"]})
    backend = budget("Backend", 300, engineering, scope={"teams": ["backend"]})
    product = budget("Product secret", 300, company, scope={"departments": ["product"]})
    return {"company": company, "engineering": engineering, "backend": backend, "product": product}


def names(node: dict[str, Any]) -> Any:
    """A tree of names."""
    return {child["name"]: names(child) for child in node.get("children", node.get("budgets"))}


@pytest.mark.parametrize("role", ["admin", "finance"])
def test_finance_and_admin_see_and_change_all(role, tree):
    caller = api(role)
    assert names(caller.get("budgets/tree/").json()) == {
        "Company secret": {"Engineering": {"Backend": {}}, "Product secret": {}}
    }
    for found in tree.values():
        assert caller.patch(f"budgets/{found.pk}/", {"amount": "5"}).status_code == 200


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
@pytest.mark.parametrize("permission", ["view_budget", "change_budget", "request_budget", "decide_budget", "owner"])
def test_a_grant_opens_a_budget_and_all_below_it_and_nothing_else(role, permission, tree):
    caller = api(role)
    if permission == "owner":
        Budget.objects.filter(pk=tree["engineering"].pk).update(owner=caller.user)
    else:
        share(tree["engineering"], caller.user, permission)
    response = caller.get("budgets/tree/")
    assert names(response.json()) == {"Engineering": {"Backend": {}}}
    (top,) = response.json()["budgets"]
    assert top["parent_budget"] is None
    assert top["children"][0]["parent_budget"] == tree["engineering"].pk
    assert b"secret" not in response.content
    assert [row["name"] for row in caller.get("budgets/").json()["results"]] == ["Engineering", "Backend"]
    assert caller.get("budgets/", search="secret").json()["results"] == []
    assert caller.get("budgets/", parent=tree["company"].pk).json()["results"] in ([], caller_rows(caller, tree))
    for name, status in (("engineering", 200), ("backend", 200), ("company", 404), ("product", 404)):
        for path in READS:
            answer = caller.get(f"budgets/{tree[name].pk}/{path}")
            assert answer.status_code == status
            assert b"secret" not in answer.content


def caller_rows(caller: Api, tree: dict[str, Budget]) -> list[dict[str, Any]]:
    """Engineering, found by the id of a parent that is not shown."""
    return [row for row in caller.get("budgets/").json()["results"] if row["id"] == tree["engineering"].pk]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_who_may_see_may_not_change_and_who_may_not_see_learns_nothing(method, path, body, tree):
    seeing, blind = api("lead"), api("lead")
    share(tree["backend"], seeing.user, "view_budget")
    target = f"budgets/{tree['backend'].pk}/{path}"
    missing = f"budgets/999999/{path}"
    count = BudgetChange.objects.count()
    assert seeing.send(method, target, body).status_code == 403
    assert blind.send(method, target, body).status_code == 404
    assert blind.send(method, target, body).json() == blind.send(method, missing, body).json()
    assert BudgetChange.objects.count() == count


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_who_may_edit_a_budget_may_change_it_and_all_below_it_but_nothing_above(method, path, body, tree):
    editor = api("engineer")
    share(tree["engineering"], editor.user, "change_budget")
    assert editor.send(method, f"budgets/{tree['backend'].pk}/{path}", body).status_code < 300
    assert editor.send(method, f"budgets/{tree['company'].pk}/{path}", body).status_code == 404


def test_new_budgets_at_the_top_are_finances_and_below_a_budget_its_editors(tree):
    editor, viewer = api("lead"), api("lead")
    share(tree["engineering"], editor.user, "change_budget")
    share(tree["engineering"], viewer.user, "view_budget")
    new = {"name": "New", "amount": 1, "scope": {**tree["backend"].scope, "projects": ["web"]}}
    assert editor.post("budgets/", new).status_code == 403
    assert editor.post("budgets/", {**new, "parent_budget": tree["company"].pk}).status_code == 400
    assert viewer.post("budgets/", {**new, "parent_budget": tree["engineering"].pk}).status_code == 403
    assert editor.post("budgets/", {**new, "parent_budget": tree["backend"].pk}).status_code == 201
    assert api("finance").post("budgets/", new).status_code == 201
    assert Budget.objects.filter(name="New").count() == 2


def test_a_parent_that_may_not_be_seen_answers_like_one_that_is_not_there(tree):
    editor = api("lead")
    share(tree["engineering"], editor.user, "change_budget")
    for method, path in (("POST", "budgets/"), ("PATCH", f"budgets/{tree['backend'].pk}/")):
        answers = [
            editor.send(method, path, {"name": "N", "amount": 1, "parent_budget": pk}).json()
            for pk in (tree["product"].pk, 999_999)
        ]
        assert answers[0] == answers[1]


def test_a_move_takes_the_right_to_change_both_places(tree):
    editor = api("lead")
    share(tree["backend"], editor.user, "change_budget")
    share(tree["product"], editor.user, "change_budget")
    move = {"parent_budget": tree["product"].pk}
    assert editor.patch(f"budgets/{tree['backend'].pk}/", move).status_code == 403
    assert editor.patch(f"budgets/{tree['backend'].pk}/", {"parent_budget": None}).status_code == 403
    share(tree["engineering"], editor.user, "change_budget")
    assert editor.patch(f"budgets/{tree['backend'].pk}/", move).status_code == 200


def test_a_patch_that_names_nothing_new_about_the_place_needs_no_right_above(tree):
    editor = api("lead")
    share(tree["backend"], editor.user, "change_budget")
    assert editor.patch(f"budgets/{tree['backend'].pk}/", {"amount": "7"}).status_code == 200


def test_refusals_do_not_name_a_budget_that_the_caller_may_not_see(tree):
    editor = api("lead")
    share(tree["engineering"], editor.user, "change_budget")
    Budget.objects.filter(pk=tree["company"].pk).update(over_allocation="refuse")
    path = f"budgets/{tree['engineering'].pk}/"
    response = editor.patch(path, {"amount": "900"})
    assert response.status_code == 400
    assert response.json()["error"]["fields"] == {
        "amount": ["The budget above does not have that much left to hand out."]
    }
    assert b"secret" in api("finance").patch(path, {"amount": "900"}).content


def test_the_history_does_not_name_a_parent_that_the_caller_may_not_see(tree):
    viewer, everyone = api("viewer"), api("finance")
    share(tree["backend"], viewer.user)
    everyone.patch(f"budgets/{tree['backend'].pk}/", {"parent_budget": tree["product"].pk})
    path = f"budgets/{tree['backend'].pk}/changes/"
    moved = viewer.get(path).json()["results"][0]
    assert (moved["before"], moved["after"]) == ({"parent_budget": None}, {"parent_budget": None})
    moved = everyone.get(path).json()["results"][0]
    assert (moved["before"], moved["after"]) == (
        {"parent_budget": tree["engineering"].pk},
        {"parent_budget": tree["product"].pk},
    )


def test_someone_who_left_sees_nothing(tree):
    finance = api("finance")
    finance.user.is_active = False
    finance.user.save()
    assert finance.get("budgets/tree/").status_code == 401


def test_shares_are_given_replaced_inherited_and_kept_in_the_history(tree):
    finance, lead = api("finance"), api("lead")
    path = f"budgets/{tree['backend'].pk}/shares/"
    share(tree["engineering"], lead.user, "change_budget")
    given = [{"group": "engineer", "may": ["see"]}, {"user": "Ann@company.com", "may": ["request", "see"]}]
    response = finance.put(path, {"shares": given})
    assert response.json()["error"]["fields"] == {"shares.1.user": ["There is no such user."]}
    assert finance.get(path).json()["shares"] == []

    person("viewer", "ann@company.com")
    assert finance.put(path, {"shares": given, "reason": "They build it"}).status_code == 200
    answer = finance.get(path).json()
    assert answer["shares"] == [
        {"user": "ann@company.com", "group": None, "may": ["see", "request"]},
        {"user": None, "group": "engineer", "may": ["see"]},
    ]
    assert answer["inherited"] == [
        {
            "user": lead.user.email,
            "group": None,
            "may": ["edit"],
            "source": "share",
            "budget": {"id": tree["engineering"].pk, "name": "Engineering"},
        }
    ]
    assert api("engineer").get(f"budgets/{tree['backend'].pk}/").status_code == 200
    finance.put(path, {"shares": []})
    assert api("engineer").get(f"budgets/{tree['backend'].pk}/").status_code == 404
    latest, before, *_ = finance.get(f"budgets/{tree['backend'].pk}/changes/").json()["results"]
    assert (latest["what"], latest["after"]) == ("shared", {"shares": []})
    assert (before["what"], before["reason"], before["by"]) == ("shared", "They build it", finance.user.email)


def test_where_a_share_comes_from_is_not_named_to_who_may_not_see_that(tree):
    lead, other = api("lead"), api("lead")
    share(tree["company"], other.user, "view_budget")
    share(tree["backend"], lead.user, "view_budget")
    answer = lead.get(f"budgets/{tree['backend'].pk}/shares/")
    assert b"secret" not in answer.content
    assert [(row["user"], row["budget"]) for row in answer.json()["inherited"]] == [(other.user.email, None)]


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        ([{"may": ["see"]}], "shares.0"),
        ([{"user": "admin@company.com", "group": "lead", "may": ["see"]}], "shares.0"),
        ([{"group": "nobody", "may": ["see"]}], "shares.0.group"),
        ([{"group": "lead", "may": []}], "shares.0.may"),
        ([{"group": "lead", "may": ["own"]}], "shares.0.may.0"),
        ([{"group": "lead", "may": ["see"]}, {"group": "lead", "may": ["edit"]}], "shares.1.group"),
        ([{"group": "lead", "can": ["see"], "may": ["see"]}], "shares.0.can"),
        ({}, "shares"),
        (None, "shares"),
    ],
)
def test_shares_that_make_no_sense_are_refused_and_the_old_ones_stay(tree, shares, field):
    finance = api("finance")
    path = f"budgets/{tree['backend'].pk}/shares/"
    finance.put(path, {"shares": [{"group": "approver", "may": ["decide"]}]})
    response = finance.put(path, {"shares": shares})
    assert response.status_code == 400
    assert field in response.json()["error"]["fields"]
    assert [row["group"] for row in finance.get(path).json()["shares"]] == ["approver"]


def test_spend_of_a_budget_is_seen_with_it_and_not_that_of_its_parent(tree):
    lead = api("lead")
    share(tree["backend"], lead.user)
    spend(call(1, team="backend"), call(2, department="product"), call(4, now() - timedelta(minutes=5)))
    assert lead.get(f"budgets/{tree['backend'].pk}/status/").json()["current"] == "1.00"
    assert lead.get("usage/summary/").json()["results"][0]["cost"] == "1.00"
