"""Who brings in a plan may do by it what they may do one by one, and learns nothing of what they may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from budgets.domain.plan import keeping
from budgets.models import Budget, PlanImport
from tests.factories import budget, call, now, person, share, spend
from tests.pages.planning import Planner, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Planner:
    """Someone who may change Team and what is below it, and see Shown."""
    company = budget("Company", 1000)
    team = budget("Team", 100, company, scope={"teams": ["a"]})
    budget("Part", 10, team, scope={"teams": ["a"], "projects": ["x"]})
    budget("Hidden", 100, company)
    planner = Planner("lead")
    share(team, planner.user, "change_budget")
    share(budget("Shown", 100), planner.user, "view_budget")
    return planner


def named(name: str) -> Budget:
    return Budget.objects.get(name=name)


@pytest.mark.parametrize("role", ["admin", "finance"])
def test_who_sets_budgets_may_import(role: str) -> None:
    assert Planner(role).client.get("/budgets/import/").status_code == 200


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_who_may_change_no_budget_is_told_whom_to_ask(role: str) -> None:
    person("finance", "fin@company.com")
    planner = Planner(role)
    share(budget("Seen"), planner.user, "view_budget")
    for answer in (planner.client.get("/budgets/import/"), planner.send("name,amount\nA,1.00\n")):
        assert answer.status_code == 403
        assert "fin@company.com" in words(answer)
    assert "Import" not in words(planner.client.get("/budgets/"))
    assert "Download plan as CSV" in words(planner.client.get("/budgets/"))
    assert not PlanImport.objects.exists()


def test_an_editor_does_what_is_theirs(lead: Planner) -> None:
    lead.do(
        [
            {"path": "", "name": "Team", "amount": "120.00", "projects": "", "teams": "a"},
            {"path": "Team", "name": "Part", "amount": "12.00", "projects": "x", "teams": "a"},
            {"path": "Team", "name": "New", "amount": "5.00", "projects": "y", "teams": "a"},
        ]
    )
    assert lead.problems() == {}
    assert [named(name).amount for name in ("Team", "Part", "New")] == [120, 12, 5]
    assert named("Team").parent == named("Company")


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"name": "New", "amount": "5.00"}, "path", "Only finance and admin agree budgets at the top."),
        ({"name": "New", "path": "Shown", "amount": "5.00"}, "path", "You may not change the budgets below that one."),
        ({"name": "Shown", "amount": "5.00"}, "", "You may see this budget but not change it."),
        ({"name": "Shown", "archived": "yes"}, "", "You may see this budget but not change it."),
        ({"name": "Part", "path": "Team", "teams": ""}, "teams", "Name at least what the budget is for"),
        ({"name": "Team", "path": "", "teams": "a, b"}, "teams", "Name at least what the budget is for"),
        ({"name": "New", "path": "Team", "amount": "5.00", "projects": "x"}, "teams", "Name at least what the budget"),
    ],
)
def test_an_editor_does_no_more(lead: Planner, cells: dict[str, str], column: str, message: str) -> None:
    lead.show([cells])
    ((found, sentence),) = lead.problems()[2]
    assert found.replace("scope", "teams") == column
    assert message in sentence
    before = list(Budget.objects.order_by("pk").values())
    lead.apply()
    assert list(Budget.objects.order_by("pk").values()) == before


def test_moving_takes_the_right_to_both_places(lead: Planner) -> None:
    share(named("Shown"), lead.user, "view_budget")
    lead.show([{"name": "Part", "path": "Team", "id": named("Part").pk, "parent_id": named("Shown").pk}])
    assert "You may not change the budgets below that one." in lead.problems()[2][0][1]


def test_what_one_may_not_see_is_answered_like_what_does_not_exist(lead: Planner) -> None:
    hidden, none = named("Hidden").pk, 99_999
    assert Planner().client.get(f"/budgets/{hidden}/").status_code == 200
    for cells in (
        {"id": "{}", "amount": "5.00"},
        {"name": "New", "parent_id": "{}", "amount": "5.00"},
        {"id": named("Part").pk, "parent_id": "{}"},
    ):
        told = []
        for pk in (hidden, none):
            lead.show([{name: str(cell).format(pk) for name, cell in cells.items()}])
            told.append(str(lead.problems()).replace(str(pk), "n"))
        assert told[0] == told[1]
        assert "There is no budget n." in told[0]


@pytest.mark.parametrize(("there", "nowhere"), [("Company", "Nowhere"), ("Company / Hidden", "Company / Nothing")])
def test_a_path_that_one_may_not_see_leads_nowhere(lead: Planner, there: str, nowhere: str) -> None:
    told = []
    for path in (there, nowhere):
        lead.show([{"name": "New", "path": path, "amount": "5.00"}])
        told.append(str(lead.problems()).replace(path, "…"))
    assert told[0] == told[1]
    lead.show([{"name": "Hidden", "path": "", "amount": "5.00"}])
    assert "Only finance and admin agree budgets at the top." in lead.problems()[2][0][1]


def test_no_page_of_a_plan_names_what_one_may_not_see(lead: Planner) -> None:
    named("Company")
    Budget.objects.filter(name="Company").update(over_allocation="refuse", amount=150)
    page = words(lead.show([{"name": "Team", "path": "", "amount": "900.00"}]))
    assert "The budget above does not have that much left to hand out." in page
    assert "Company" not in page
    assert "Hidden" not in page


def test_usage_that_one_may_not_see_does_not_tell_that_a_scope_fits(lead: Planner) -> None:
    spend(call(5, team="a", project="secret"), call(5, team="a", project="x"), call(5, team="b", project="other"))
    lead.show(
        [{"name": f"New {p}", "path": "Team", "amount": "5.00", "teams": "a", "projects": p} for p in ("x", "other")]
    )
    assert [bool(line.warnings) for line in lead.lines()] == [False, True]


def test_a_plan_is_its_makers_alone(lead: Planner) -> None:
    finance = Planner()
    finance.show([{"name": "New", "amount": "5.00"}])
    for other in (Planner(), lead):
        assert other.client.get(finance.address).status_code == 404
        assert other.client.post(f"{finance.address}apply/", {"reason": ""}).status_code == 404
        assert other.client.post(f"{finance.address}again/", {}).status_code == 404
    assert Client().get(finance.address)["Location"].startswith("/sign-in/")
    assert not Budget.objects.filter(name="New").exists()


def test_a_plan_is_kept_for_a_day() -> None:
    finance = Planner()
    finance.show([{"name": "New", "amount": "5.00"}])
    PlanImport.objects.update(made_at=now() - timedelta(days=1, seconds=1))
    assert finance.client.get(finance.address).status_code == 404
    assert finance.client.post(f"{finance.address}apply/", {"reason": ""}).status_code == 404
    keeping.forget(now())
    assert not PlanImport.objects.exists()


def test_a_right_that_was_taken_since_is_missed_when_it_is_applied(lead: Planner) -> None:
    lead.show([{"name": "Part", "path": "Team", "amount": "12.00"}])
    lead.user.userobjectpermission_set.filter(object_pk=str(named("Team").pk)).delete()
    share(named("Team"), lead.user, "view_budget")
    share(budget("Own"), lead.user, "change_budget")
    page = lead.apply()
    assert "Nothing was changed yet" in page
    assert "You may see this budget but not change it." in page
    assert named("Part").amount == 10
