"""A plan is applied once, as it was shown, or not at all, whatever others do meanwhile."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from guardian.shortcuts import remove_perm

from budgets.domain.changes import archive_budget, create_budget, edit_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.models import Budget, BudgetChange, PlanImport
from tests.at_once import at_once
from tests.factories import budget, call, now, person, share, spend
from tests.live import until
from tests.pages.planning import Planner
from usage.domain.lock import hold_exclusive


def test_however_often_apply_is_clicked_it_is_done_once(committed: None) -> None:
    planner = Planner()
    planner.show([{"name": "New", "amount": "5.00", "teams": "a"}])
    spend(call(3, team="a"))
    twins = [Planner(planner.user) for _ in range(3)]
    answers = at_once(
        *(lambda twin=twin: twin.client.post(f"{planner.address}apply/", {"reason": ""}) for twin in twins)
    )
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert Budget.objects.filter(name="New").count() == 1
    assert BudgetChange.objects.filter(what="created").count() == 1
    assert "Applied" in planner.apply()
    assert Budget.objects.count() == 1
    assert check() == []


@pytest.mark.django_db
def test_a_budget_that_was_edited_in_between_is_not_written_over() -> None:
    found, other = budget("Team", 10), budget("Other", 10)
    planner = Planner()
    planner.show([{"id": found.pk, "amount": "20.00"}, {"id": other.pk, "amount": "20.00"}])
    edit_budget(found, Actor(None), {"name": "Renamed"}, now())
    page = planner.apply()
    assert "Nothing was changed yet: Renamed changed since this was shown." in page
    assert set(Budget.objects.values_list("amount", flat=True)) == {10}
    assert "Apply 2 changes" in page
    planner.apply()
    assert set(Budget.objects.values_list("name", "amount")) == {("Renamed", 20), ("Other", 20)}


@pytest.mark.django_db
def test_a_budget_above_that_was_archived_in_between_stops_the_plan() -> None:
    top = budget("Top", 10)
    planner = Planner()
    planner.show([{"name": "New", "path": "Top", "amount": "5.00"}])
    archive_budget(top, Actor(None), now())
    page = planner.apply()
    assert "Nothing was changed yet" in page
    assert "Top is archived. Choose another budget above it." in page
    assert not Budget.objects.filter(name="New").exists()


@pytest.mark.django_db
def test_a_budget_of_that_name_that_was_made_in_between_stops_the_plan() -> None:
    planner = Planner()
    planner.show([{"name": "New", "amount": "5.00"}])
    create_budget(Actor(None), {"name": "New", "amount": 7, "parent": None}, now())
    page = planner.apply()
    assert "Nothing was changed yet" in page
    assert Budget.objects.get().amount == 7
    assert planner.kinds() == [["changed"]]


@pytest.mark.django_db
def test_what_a_parent_has_left_is_asked_again() -> None:
    top = budget("Top", 100, over_allocation="refuse")
    planner = Planner()
    planner.show([{"name": "New", "path": "Top", "amount": "60.00"}])
    budget("Quicker", 70, top)
    assert "Top has $30.00 not handed out" in planner.apply()
    assert not Budget.objects.filter(name="New").exists()


def test_two_plans_for_the_same_budgets_do_not_mix(committed: None) -> None:
    budgets = [budget(f"B{n}", 10) for n in range(20)]
    planners = [Planner(), Planner()]
    for amount, planner in enumerate(planners, 20):
        planner.show([{"id": found.pk, "amount": f"{amount}.00"} for found in budgets])
    at_once(*(planner.apply for planner in planners))
    amounts = set(Budget.objects.values_list("amount", flat=True))
    assert len(amounts) == 1
    assert amounts <= {20, 21}
    assert PlanImport.objects.filter(applied_at=None).count() == 1
    assert check() == []


def test_usage_that_is_posted_while_a_plan_is_applied_is_charged_once(committed: None) -> None:
    planner = Planner()
    planner.show(
        [{"name": "Top", "path": "", "amount": "5.00", "teams": ""}]
        + [{"name": f"N{n}", "path": "Top", "amount": "5.00", "teams": f"t{n % 7}"} for n in range(60)]
    )
    going = threading.Event()

    def post() -> None:
        try:
            for number in range(40):
                going.set()
                spend(*(call(1, team=f"t{n}", project=f"p{number}") for n in range(7)))
        finally:
            connection.close()

    thread = threading.Thread(target=post)
    thread.start()
    going.wait()
    planner.apply()
    thread.join()
    assert planner.kept.applied_at is not None
    assert Budget.objects.count() == 61
    assert check() == []


def test_a_right_that_is_taken_while_apply_waits_for_the_ledger_stops_it(committed: None) -> None:
    found = budget("Team", 10)
    lead = person("lead")
    share(found, lead, "view_budget", "change_budget")
    planner = Planner(lead)
    planner.show([{"id": found.pk, "amount": "20.00"}])
    answers: list[int] = []

    def apply() -> None:
        try:
            answers.append(planner.client.post(f"{planner.address}apply/", {"reason": ""}, follow=True).status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=apply)
    with transaction.atomic():
        hold_exclusive()
        thread.start()
        until(waits_for_the_ledger, "apply to wait")
    thread.join()
    assert Budget.objects.get().amount == 20, "with the right in place it is applied"
    planner.show([{"id": found.pk, "amount": "30.00"}])
    thread = threading.Thread(target=apply)
    with transaction.atomic():
        hold_exclusive()
        thread.start()
        until(waits_for_the_ledger, "apply to wait")
        remove_perm("change_budget", lead, found)
    thread.join()
    assert Budget.objects.get().amount == 20
    assert answers == [200, 403], answers


def waits_for_the_ledger() -> bool:
    """Whether somebody waits for the ledger's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])
