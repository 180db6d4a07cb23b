"""Children against their parent: what it handed out, what is left, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.domain.changes import archive_budget
from budgets.domain.errors import BudgetError
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from budgets.models import Budget
from tests.budgets.changing import NOW, edit, make

pytestmark = pytest.mark.django_db


def test_over_allocation_is_shown_unless_the_parent_refuses_it():
    parent = make("Parent", 100)
    child = make("Child", 80, parent)
    make("Other", 50, parent)
    assert statuses([parent], NOW)[parent.pk].unallocated == -30

    edit(child, amount=20)
    edit(parent, over_allocation="refuse")

    with pytest.raises(BudgetError, match=r"\$50\.00 not handed out: choose \$50\.00"):
        edit(child, amount="50.01")
    with pytest.raises(BudgetError, match=r"\$30\.00 not handed out: choose \$30\.00 or less"):
        make("Third", 31, parent)
    edit(child, amount=50)


def test_a_parent_cannot_begin_to_refuse_what_it_has_promised_already():
    parent = make("Parent", 100)
    make("Child", 120, parent)
    with pytest.raises(BudgetError, match=r"\$120\.00 is handed out to the budgets below: choose"):
        edit(parent, over_allocation="refuse")
    assert Budget.objects.get(pk=parent.pk).over_allocation == "show"


def test_what_is_planned_for_a_period_counts_in_that_period():
    parent = make("Parent", 100, over_allocation="refuse", amounts={"2025-05-01": "150"})
    make("Child", 80, parent, amounts={"2025-05-01": "120", "2025-01-01": "999"})
    with pytest.raises(BudgetError, match=r"\$20\.00 not handed out: choose \$20\.00 or less"):
        make("Other", 21, parent)
    other = make("Other", 20, parent)
    with pytest.raises(BudgetError, match=r"\$30\.00 not handed out in the period of 2025-05-01"):
        edit(other, amounts={"2025-05-01": "31"})
    with pytest.raises(BudgetError, match=r"\$140\.00 is handed out to the budgets below in the period of 2025-05-01"):
        edit(parent, amounts={"2025-05-01": "139"})
    assert statuses([parent], NOW)[parent.pk].allocated == 100
    assert statuses([parent], datetime(2025, 5, 9, tzinfo=UTC))[parent.pk].allocated == 140


def test_children_of_other_periods_count_per_period_of_their_parent():
    parent = make("Parent", 1200, period="yearly")
    make("Monthly", 50, parent, period="monthly")
    make("Quarterly", 90, parent, period="quarterly")
    assert statuses([parent], NOW)[parent.pk].allocated == 600 + 360


def test_custom_dates_count_by_their_days_and_only_while_they_last():
    parent = make("Parent", 300)
    make("Launch", 1000, parent, period="custom", starts_on=date(2025, 2, 1), ends_on=date(2025, 5, 11))  # 100 days
    make("Week", 70, parent, period="custom", starts_on=date(2025, 3, 20), ends_on=date(2025, 3, 26))
    make("Over", 500, parent, period="custom", starts_on=date(2025, 1, 1), ends_on=date(2025, 2, 20))
    month = Decimal(365) / 12
    assert statuses([parent], NOW)[parent.pk].allocated == (1000 * month / 100).quantize(Decimal("1e-10")) + 70
    refusing = edit(parent, amount=500, over_allocation="refuse")
    with pytest.raises(BudgetError, match=r"not handed out.*: choose \$[\d,.]+ or less"):
        make("Monthly", 126, refusing)
    make("Monthly", 125, refusing)


def test_dates_and_places_and_periods_take_no_more_than_a_parent_has():
    parent = make("Parent", 5000)
    long = make("Long", 10_000, parent, period="custom", starts_on=date(2025, 3, 1), ends_on=date(2025, 6, 8))
    over = make("Over", 4000, parent, ends_on=date(2025, 2, 28), now=datetime(2025, 2, 1, tzinfo=UTC))
    outside = make("Outside", 6000)
    edit(parent, over_allocation="refuse")
    for child, change in (
        (long, {"ends_on": date(2025, 3, 31)}),
        (over, {"ends_on": None}),
        (outside, {"parent": parent}),
    ):
        with pytest.raises(BudgetError, match=r"not handed out.*: choose \$[\d,.]+ or less"):
            edit(child, **change)
    monthly = make("Monthly", 1900, parent)
    with pytest.raises(BudgetError, match=r"not handed out.*: choose \$[\d,.]+ or less"):
        edit(monthly, period="weekly")
    assert statuses([parent], NOW)[parent.pk].unallocated > 0


def test_the_past_shows_what_was_allocated_then():
    before = datetime(2025, 2, 1, tzinfo=UTC)
    parent = make("Parent", 100, now=before)
    child, gone = make("Child", 60, parent, now=before), make("Gone", 10, parent, now=before)
    edit(child, amount=90)
    make("Later", 25, parent)
    archive_budget(gone, Actor(None), NOW)
    now = NOW + timedelta(hours=2)
    assert statuses([parent], now)[parent.pk].allocated == 115
    assert statuses([parent], now, datetime(2025, 2, 20, tzinfo=UTC))[parent.pk].allocated == 70
