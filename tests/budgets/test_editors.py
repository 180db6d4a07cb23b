"""Whoever edits a budget without seeing all usage opens no usage to its readers that they did not see before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import Api, api, budget, call, now, share, spend

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def days_ago(count: int) -> date:
    """A day of the company's clock."""
    return (now() - timedelta(days=count)).date()


def editor_of(*budgets: Budget) -> Api:
    """A lead who may change these budgets and sees nothing else."""
    lead = api("lead")
    for found in budgets:
        share(found, lead.user, "change_budget")
    return lead


def seen(caller: Api) -> Decimal:
    """What all usage cost that the caller may see."""
    rows = caller.get("usage/summary/", start="2019-01-01", group_by="team").json()["results"]
    return sum((Decimal(row["cost"]) for row in rows), Decimal(0))


@pytest.fixture
def young() -> Budget:
    """A team's budget that began ten days ago, with a call of long before and one of now."""
    found = budget("Team", 100, scope={"teams": ["a"]}, starts_on=days_ago(10), at=LONG_AGO)
    spend(call(5, team="a", at=now() - timedelta(days=200)), call(1, team="a"))
    return found


@pytest.mark.parametrize("first", [None, days_ago(300).isoformat()])
def test_a_budget_begins_no_earlier(young: Budget, first: str | None) -> None:
    editor = editor_of(young)
    assert seen(editor) == 1
    response = editor.patch(f"budgets/{young.pk}/", {"starts_on": first})
    assert response.status_code == 400
    assert "starts_on" in response.json()["error"]["fields"]
    assert seen(editor) == 1
    assert api("finance").patch(f"budgets/{young.pk}/", {"starts_on": first}).status_code == 200
    assert seen(editor) == 6


def test_a_budget_below_shows_nothing_of_before_the_one_above_began(young: Budget) -> None:
    editor = editor_of(young)
    new = {"name": "Part", "amount": 1, "scope": {"teams": ["a"]}, "parent_budget": young.pk}
    assert editor.post("budgets/", new).status_code == 201
    assert seen(editor) == 1


def test_a_budget_below_shows_nothing_of_before_the_scope_above_was_widened() -> None:
    found = budget("Team", 100, scope={"teams": ["a"]}, at=LONG_AGO)
    before = now().replace(day=1) - timedelta(days=40)
    spend(call(5, team="b", at=before), call(1, team="a", at=before), call(2, team="b"))
    edit_budget(found, Actor(None), {"scope": {"teams": ["a", "b"]}}, now())
    editor = editor_of(found)
    new = {"name": "Part", "amount": 1, "scope": {"teams": ["b"]}, "parent_budget": found.pk}
    made = editor.post("budgets/", new)
    assert made.status_code == 201
    assert made.json()["status"]["current"] == "2.00"
    assert seen(editor) == 3


def test_a_budget_below_shows_what_the_one_above_showed_in_periods_before_it_was_made() -> None:
    top = budget("Company", 100, at=LONG_AGO)
    before = now().replace(day=1) - timedelta(days=40)
    spend(call(5, team="a", project="x", at=before))
    found = Budget.objects.get(
        pk=api("finance").post("budgets/", _below(top, {"teams": ["a"]})).json()["id"],
    )
    made = editor_of(found).post("budgets/", _below(found, {"teams": ["a"], "projects": ["x"]})).json()
    periods = api("finance").get(f"budgets/{made['id']}/periods/").json()["results"]
    assert [line["spent"] for line in periods if line["spent"] != "0.00"] == ["5.00"]


def _below(parent: Budget, scope: dict[str, list[str]]) -> dict[str, object]:
    return {"name": "Below", "amount": 1, "scope": scope, "parent_budget": parent.pk}


@pytest.mark.parametrize("how", ["post", "patch"])
def test_all_history_is_changed_by_those_who_see_it(how: str) -> None:
    found = budget("Team", 100, scope={"teams": ["a"]}, at=LONG_AGO)
    editor = editor_of(found)
    if how == "post":
        response = editor.post("budgets/", {**_below(found, {"teams": ["a"]}), "all_history": True})
    else:
        response = editor.patch(f"budgets/{found.pk}/", {"scope": {"teams": ["a"]}, "amount": 7, "all_history": True})
    assert response.status_code == 400
    assert "all_history" in response.json()["error"]["fields"]
    assert Budget.objects.get().amount == 100


@pytest.mark.parametrize("last", [None, days_ago(-300).isoformat()])
def test_a_budget_goes_on_no_longer_than_the_one_above(last: str | None) -> None:
    top = budget("Company", 100, scope={"teams": ["a"]}, ends_on=days_ago(-30), at=LONG_AGO)
    found = budget("Team", 100, top, scope={"teams": ["a"]}, ends_on=days_ago(-10), at=LONG_AGO)
    editor = editor_of(found)
    until_then = {"ends_on": days_ago(-30).isoformat()}
    assert editor.patch(f"budgets/{found.pk}/", until_then).status_code == 400
    share(top, editor.user, "view_budget")
    response = editor.patch(f"budgets/{found.pk}/", {"ends_on": last})
    assert response.status_code == 400
    assert "ends_on" in response.json()["error"]["fields"]
    assert editor.patch(f"budgets/{found.pk}/", until_then).status_code == 200


def test_a_scope_is_as_wide_as_that_of_a_budget_above_that_the_editor_sees() -> None:
    top = budget("Department", 100, scope={"departments": ["e"]}, at=LONG_AGO)
    found = budget("Team", 100, top, scope={"departments": ["e"], "teams": ["a"]}, at=LONG_AGO)
    spend(call(5, department="e", team="b"), call(1, department="e", team="a"))
    editor = editor_of(found)
    wider = {"scope": {"departments": ["e"]}}
    assert "scope" in editor.patch(f"budgets/{found.pk}/", wider).json()["error"]["fields"]
    assert seen(editor) == 1
    share(top, editor.user, "view_budget")
    assert editor.patch(f"budgets/{found.pk}/", wider).status_code == 200


def test_a_tree_is_at_most_thirty_levels_deep() -> None:
    finance = api("finance")
    above = None
    for number in range(30):
        above = budget(f"Level {number}", 1, above, at=LONG_AGO)
    assert above is not None
    refused = finance.post("budgets/", _below(above, {}))
    assert refused.status_code == 400
    assert "30 levels" in refused.json()["error"]["fields"]["parent_budget"][0]
    family = budget("Family", 1, at=LONG_AGO)
    budget("Child", 1, family, at=LONG_AGO)
    moved = {"parent_budget": Budget.objects.get(name="Level 28").pk}
    assert finance.patch(f"budgets/{family.pk}/", moved).status_code == 400
    assert finance.get("budgets/tree/").status_code == 200
