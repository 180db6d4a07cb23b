"""Changes of the tree: what a budget shows at once, what stays as it was, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from budgets.domain import changes
from budgets.domain.candidates import Candidates
from budgets.domain.check import check
from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.domain.history import Actor
from budgets.domain.status import State, statuses
from budgets.models import Budget, BudgetPeriod, ThresholdCrossing
from tests.budgets.changing import LAST_MONTH, NOW, edit, make, spend, spent
from usage.domain.calls import Call
from usage.domain.ingest import Post, ingest
from usage.domain.reattribute import attribute_due

pytestmark = pytest.mark.django_db


def test_a_new_monthly_budget_opens_with_this_month_alone():
    spend(500, LAST_MONTH, team="search")
    spend(7, NOW - timedelta(days=2), team="search")

    budget = make("Search", 100, scope={"teams": ["search"]})

    status = statuses([budget], NOW)[budget.pk]
    assert (status.spent, status.state) == (Decimal(7), State.OK)
    assert check() == []


def test_a_new_budget_takes_its_whole_history_in():
    spend(500, LAST_MONTH, team="search")
    budget = make("Search", 100, scope={"teams": ["search"]})
    assert spent(budget, at=LAST_MONTH + timedelta(days=1)) == 500


def test_spend_rolls_up_to_every_budget_above_once():
    company = make("Company", scope={})
    department = make("Engineering", parent=company, scope={"departments": ["engineering"]})
    team = make("Backend", parent=department, scope={"teams": ["backend"], "tags": {"team": "backend"}})

    spend(30, team="backend", tags={"team": "backend"})
    spend(5, team="backend")
    spend(1, department="engineering", team="backend", tags={"team": "backend"})

    assert [spent(b) for b in (team, department, company)] == [31, 31, 36]
    assert check() == []


def test_a_new_child_leaves_the_closed_periods_of_its_parent_as_they_were():
    parent = make("Engineering", scope={"departments": ["engineering"]})
    spend(40, LAST_MONTH, team="backend")
    spend(4, team="backend")

    child = make("Backend", parent=parent, scope={"teams": ["backend"]})

    february = LAST_MONTH + timedelta(days=1)
    assert (spent(child), spent(child, at=february)) == (4, 40)
    assert (spent(parent), spent(parent, at=february)) == (4, 0)
    assert check() == []


def test_a_new_child_for_all_history_is_counted_in_its_parents_past():
    parent = make("Engineering", scope={"departments": ["engineering"]})
    spend(40, LAST_MONTH, team="backend")

    make("Backend", parent=parent, scope={"teams": ["backend"]}, all_history=True)

    assert spent(parent, at=LAST_MONTH + timedelta(days=1)) == 40


def test_a_scope_change_holds_from_the_open_period_on():
    budget = make("Backend", scope={"teams": ["backend"]})
    for at in (LAST_MONTH, NOW - timedelta(days=3)):
        spend(10, at, team="backend")
        spend(1, at, team="search")

    edit(budget, scope={"teams": ["search"]})

    assert (spent(budget), spent(budget, at=LAST_MONTH + timedelta(days=1))) == (1, 10)
    spend(2, LAST_MONTH, team="backend")
    spend(3, LAST_MONTH, team="search")
    assert spent(budget, at=LAST_MONTH + timedelta(days=1)) == 12, "a late event is charged by the scope of its day"
    assert check() == []


def test_a_scope_change_for_all_history_changes_the_past():
    budget = make("Backend", scope={"teams": ["backend"]})
    spend(10, LAST_MONTH, team="backend")
    spend(1, LAST_MONTH, team="search")

    edit(budget, scope={"teams": ["search"]}, all_history=True)

    assert spent(budget, at=LAST_MONTH + timedelta(days=1)) == 1
    assert check() == []


def test_a_move_carries_the_open_period_to_the_new_parent():
    old, new = make("Old", scope={"teams": ["none"]}), make("New", scope={"teams": ["nobody"]})
    child = make("Child", parent=old, scope={"teams": ["backend"]}, all_history=True)
    spend(10, LAST_MONTH, team="backend")
    spend(1, team="backend")

    edit(child, parent=new)

    february = LAST_MONTH + timedelta(days=1)
    assert (spent(old), spent(new)) == (0, 1)
    assert (spent(old, at=february), spent(new, at=february)) == (10, 0)
    assert check() == []


def test_a_budget_cannot_lie_below_itself():
    top = make("Top")
    middle = make("Middle", parent=top)
    bottom = make("Bottom", parent=middle)
    with pytest.raises(BudgetError, match="below itself") as refused:
        edit(top, parent=bottom)
    assert refused.value.field == "parent_budget"
    assert Budget.objects.get(pk=top.pk).parent is None


def test_a_change_for_all_history_that_makes_a_cycle_in_the_past_is_refused():
    a, b = make("A"), make("B")
    edit(a, parent=b)
    later = NOW + timedelta(days=40)
    edit(a, later, parent=None)
    with pytest.raises(BudgetError, match="below each other"):
        changes.edit_budget(b, Actor(None), {"parent": a}, later, all_history=True)


def test_an_archived_budget_keeps_its_spend_and_takes_no_more():
    parent = make("Parent", scope={})
    budget = make("Backend", parent=parent, scope={"teams": ["backend"]})
    spend(10, team="backend")

    changes.archive_budget(budget, Actor(None), NOW)
    spend(5, NOW + timedelta(hours=2), team="backend")

    kept = Budget.objects.get(pk=budget.pk)
    assert (kept.name, kept.archived_at, spent(kept, NOW + timedelta(hours=3))) == ("Backend", NOW, 10)
    assert spent(parent, NOW + timedelta(hours=3)) == 15
    assert check() == []


def test_archiving_takes_what_is_below_along_and_bringing_back_fills_the_gap():
    parent = make("Parent", scope={"departments": ["engineering"]})
    child = make("Child", parent=parent, scope={"teams": ["backend"]})
    changes.archive_budget(parent, Actor(None), NOW)
    later = NOW + timedelta(hours=2)
    spend(5, later, team="backend")
    with pytest.raises(BudgetError, match="Bring that back first"):
        changes.restore_budget(child, Actor(None), later)

    changes.restore_budget(parent, Actor(None), later)

    assert [spent(b, later) for b in (parent, child)] == [5, 5]
    assert check() == []


def test_an_amount_changed_in_mid_period_leaves_closed_periods_and_is_kept_with_who_and_why(django_user_model):
    budget = make("Backend", 100, scope={})
    spend(1, LAST_MONTH)
    spend(1)
    user = django_user_model.objects.create_user("dana@company.com", name="Dana Reyes")

    changes.edit_budget(budget, Actor(user, "New feature"), {"amount": "150.50"}, NOW)
    spend(1, datetime(2025, 1, 5, tzinfo=UTC))

    rows = BudgetPeriod.objects.filter(budget=budget).order_by("starts").values_list("amount", flat=True)
    assert list(rows) == [100, 100, Decimal("150.5")], "January, opened later, has the amount of its time"
    change = budget.changes.get(what="amount")
    assert (change.by_name, change.reason) == ("Dana Reyes", "New feature")
    assert (change.before, change.after) == ({"amount": "100.00"}, {"amount": "150.50"})


def test_the_second_of_two_editors_is_told():
    budget = make("Backend")
    changes.edit_budget(budget, Actor(None), {"amount": 5}, NOW, version=1)
    with pytest.raises(BudgetConflict):
        changes.edit_budget(budget, Actor(None), {"amount": 6}, NOW, version=1)
    assert Budget.objects.get(pk=budget.pk).amount == 5


def test_a_new_period_goes_on_where_the_last_closed_one_ended():
    budget = make("Backend", 100, period="daily")
    spend(30, NOW - timedelta(days=1))
    budget = edit(budget, period="monthly")
    status = statuses([budget], NOW)[budget.pk]
    assert status.period == (datetime(2025, 3, 19, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))
    assert status.spent == 0
    spend(1)
    assert statuses([budget], NOW)[budget.pk].period == status.period


def test_a_new_end_leaves_the_open_period_its_crossings():
    budget = make("Backend", 100, thresholds=[{"threshold": "0.5", "channels": ["email"]}])
    spend(60)
    (crossing,) = ThresholdCrossing.objects.values_list("crossed_at", flat=True)
    later = NOW + timedelta(days=1)
    changes.edit_budget(budget, Actor(None), {"ends_on": date(2025, 3, 30)}, later)
    (period,) = budget.periods.filter(ends__gt=later)
    assert period.ends == datetime(2025, 3, 31, tzinfo=UTC)
    assert list(period.crossings.values_list("crossed_at", flat=True)) == [crossing]
    assert check() == []


def test_a_tag_that_a_scope_names_first_is_found_in_the_open_period():
    spend(9, LAST_MONTH, tags={"feature": "search", "request": "r1"})
    spend(3, tags={"feature": "search", "request": "r2"})
    spend(1, tags={"feature": "chat"})
    budget = make("Search", scope={"tags": {"feature": "search"}})

    assert attribute_due(NOW) == 2
    assert attribute_due(NOW) == 0, "the job does its work once"

    assert spent(budget) == 3
    assert check() == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"amount": -1}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"amount": Decimal("Infinity")}, "amount"),
        ({"amount": 10**12}, "amount"),
        ({"period": "fortnightly"}, "period"),
        ({"period": "custom"}, "starts_on"),
        ({"starts_on": date(2025, 2, 1), "ends_on": date(2025, 1, 1)}, "ends_on"),
        ({"scope": {"team": ["a"]}}, "scope"),
        ({"amounts": {"someday": 5}}, "amounts"),
        ({"thresholds": [{"threshold": 0, "channels": ["email"]}]}, "alerts.0.threshold"),
        ({"thresholds": [{"threshold": "0.5", "channels": []}]}, "alerts.0.channels"),
        ({"thresholds": [{"threshold": 0.5, "channels": ["email"]}] * 2}, "alerts.1.threshold"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field_and_nothing_is_written(fields, field):
    with pytest.raises(BudgetError) as refused:
        make(**{"name": "Budget", **fields})
    assert refused.value.field == field
    assert not Budget.objects.exists()


def test_thresholds_are_crossed_once_and_count_in_the_state():
    thresholds = [{"threshold": share, "channels": ["email"]} for share in ("0.05", "0.5")]
    budget = make("Search", 100, scope={}, thresholds=thresholds)
    spend(4, NOW - timedelta(days=10))
    assert statuses([budget], NOW)[budget.pk].state == State.OK

    spend(3)
    spend(3)

    status = statuses([budget], NOW)[budget.pk]
    assert (status.state, status.crossed) == (State.WARNING, (Decimal("0.05"),))
    (crossing,) = budget.periods.get().crossings.all()
    assert (crossing.threshold, crossing.spent, crossing.limit) == (Decimal("0.05"), 7, 100)


def test_check_finds_a_period_that_was_tampered_with():
    budget = make("Search", 100, scope={})
    spend(4)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budgets_budgetperiod SET spent = spent + 1")
    (difference,) = check()
    assert str(difference).startswith("Period, Search from 2025-03-01T00:00+00:00: due 4.0000000000 in 1 requests")
    assert budget.pk


def test_days_of_23_and_25_hours_add_up(settings):
    from zoneinfo import ZoneInfo

    settings.COSTOPS_ZONE = ZoneInfo("Europe/Berlin")
    daily = make("Daily", 100, scope={}, period="daily", now=datetime(2025, 11, 5, tzinfo=UTC))
    for first, hours in ((datetime(2025, 3, 29, 23, tzinfo=UTC), 23), (datetime(2025, 10, 25, 22, tzinfo=UTC), 25)):
        ingest(
            [Post([Call(cost=Decimal(1), occurred_at=first + timedelta(hours=n, minutes=30)) for n in range(hours)])],
            datetime(2025, 11, 5, tzinfo=UTC),
        )
    periods = daily.periods.order_by("starts")
    assert [(p.ends - p.starts, p.spent) for p in periods] == [(timedelta(hours=23), 23), (timedelta(hours=25), 25)]
    assert check() == []


def test_dates_that_would_take_charged_usage_out_are_refused_unless_for_all_history():
    parent = make("Parent", scope={})
    budget = make("Backend", parent=parent, scope={"teams": ["backend"]}, all_history=True)
    spend(10, LAST_MONTH, team="backend")
    for dates in ({"starts_on": date(2025, 3, 1)}, {"ends_on": date(2025, 1, 31)}):
        with pytest.raises(BudgetError, match="charged to this budget already") as refused:
            edit(budget, **dates)
        assert refused.value.field in dates
    edit(budget, all_history=True, starts_on=date(2025, 3, 1))
    assert spent(budget, at=LAST_MONTH) == 0
    assert check() == []


def test_dates_moved_back_bring_in_what_earlier_scopes_and_children_were_for():
    budget = make("Backend", scope={"teams": ["backend"]}, ends_on=date(2025, 12, 31))
    child = make("Child", parent=budget, scope={"teams": ["child"]}, starts_on=date(2026, 1, 1), all_history=True)
    spend(10, LAST_MONTH, team="backend")
    edit(budget, scope={"teams": ["search"]})
    edit(budget, all_history=True, starts_on=date(2025, 3, 1))

    edit(budget, starts_on=None)

    assert spent(budget, at=LAST_MONTH + timedelta(days=1)) == 10
    later = datetime(2026, 1, 5, tzinfo=UTC)
    spend(3, later, team="child")
    edit(budget, later, ends_on=None)
    assert [spent(b, later) for b in (child, budget)] == [3, 3]
    assert check() == []


def test_a_tag_named_again_by_a_longer_period_is_found_in_all_of_it():
    for at, cost in ((datetime(2025, 1, 9, tzinfo=UTC), 5), (NOW, 2)):
        spend(cost, at, tags={"feature": "search"})
    make("Today", scope={"tags": {"feature": "search"}}, period="daily")
    assert attribute_due(NOW) == 1

    parent = make("Parent", scope={})
    yearly = make("Year", parent=parent, scope={"tags": {"feature": "search"}}, period="yearly")

    assert attribute_due(NOW) == 1
    assert spent(yearly) == 7
    assert check() == []


def test_the_name_of_an_owner_who_is_gone_stays_through_other_edits(django_user_model):
    owner = django_user_model.objects.create_user("dana@company.com", name="Dana Reyes")
    budget = make("Backend", owner=owner)
    owner.delete()
    edit(Budget.objects.get(pk=budget.pk), amount=5)
    assert Budget.objects.get(pk=budget.pk).owner_name == "Dana Reyes"


def test_who_does_not_see_everything_may_narrow_a_scope_but_not_widen_it(django_user_model):
    lead = django_user_model.objects.create_user("lead@company.com")
    budget = make("Backend", scope={"teams": ["backend", "api"]})
    assign_perm("change_budget", lead, budget)
    actor = Actor(lead)
    for scope in ({}, {"teams": ["backend", "search"]}, {"projects": ["p"]}):
        with pytest.raises(BudgetError, match="finance may give a wider scope"):
            changes.edit_budget(budget, actor, {"scope": scope}, NOW)
        with pytest.raises(BudgetError, match="finance may give a wider scope"):
            changes.create_budget(actor, {"name": "Child", "amount": 1, "parent": budget, "scope": scope}, NOW)
    narrower = {"teams": ["backend"], "projects": ["p"]}
    changes.create_budget(actor, {"name": "Child", "amount": 1, "parent": budget, "scope": narrower}, NOW)
    assert changes.edit_budget(budget, actor, {"scope": narrower}, NOW).scope == narrower


def test_label_sets_that_commit_late_are_found_when_a_budget_is_made():
    for number in range(3):
        spend(1, team=f"late-{number}")
    candidates = Candidates([{}])
    candidates._looked_at -= 2  # as if two with lower ids had not been committed when the first look was taken
    candidates._found.clear()
    assert len(candidates.complete()) == 3
