"""Limits that differ per period, in the form of a budget: typed, pasted, grown, kept and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.models import Budget
from tests.factories import budget, person, share
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, filled

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def month(ahead: int) -> str:
    """The first day of a month from now."""
    today = timezone.localdate()
    return date(today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1, 1).isoformat()


def planned(**fields: Any) -> dict[str, Any]:
    """A form as the browser sends it, with limits per month; `cells` are those, by how many months ahead."""
    cells = {f"limit-{month(ahead)}": text for ahead, text in fields.pop("cells", {}).items()}
    return filled(
        **{"plan-for": "monthly:", **cells, **{name.replace("plan_", "plan-"): v for name, v in fields.items()}}
    )


def cells_of(page: HttpResponse) -> dict[str, str]:
    """The limits per period that a page shows, by day, those that are filled in."""
    return {
        name.removeprefix("limit-"): text for name, text in as_shown(page).items() if name.startswith("limit-") and text
    }


def test_limits_per_month_are_saved_with_the_budget(signed_in: SignIn) -> None:
    cells = {0: "$9,500", 3: "12,000.50", 4: ""}
    page = signed_in("finance").post("/budgets/new/", planned(cells=cells), follow=True)
    made = Budget.objects.get()
    assert made.amounts == {month(0): "9500.00", month(3): "12000.50"}
    assert "Backend was created." in text_of(page)
    assert "$9,500" in text_of(page)
    edit = signed_in("finance").get(f"/budgets/{made.pk}/edit/")
    assert cells_of(edit) == {month(0): "9,500", month(3): "12,000.5"}


def test_twelve_months_are_shown_and_more_where_more_are_planned(signed_in: SignIn) -> None:
    client = signed_in("finance")
    shown = [name for name in as_shown(client.get("/budgets/new/")) if name.startswith("limit-")]
    assert shown == [f"limit-{month(ahead)}" for ahead in range(12)]
    found = budget("Far", 10, amounts={month(20): "5"})
    shown = [name for name in as_shown(client.get(f"/budgets/{found.pk}/edit/")) if name.startswith("limit-")]
    assert len(shown) == 21


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("(1,200)", "“(1,200)” is negative. A limit is 0 or more."),
        ("1.234", "thousands or decimals?"),
        ("much", "“much” is no amount."),
        ("1000000000", "Enter less than $1,000,000,000."),
        ("<script>alert(1)</script>", "“<script>alert(1)</script>” is no amount."),
    ],
)
def test_what_is_no_limit_is_refused_beside_its_period_and_kept(signed_in: SignIn, typed: str, words: str) -> None:
    page = signed_in("finance").post("/budgets/new/", planned(cells={2: typed, 3: "5"}))
    assert words in text_of(page)
    assert cells_of(page) == {month(2): typed, month(3): "5"}
    assert "<script>alert" not in page.content.decode()
    assert "1 thing to correct" in text_of(page)
    assert not Budget.objects.exists()


@pytest.mark.parametrize("address", ["/budgets/new/", "/budgets/limits/"])
def test_a_table_is_shown_before_it_is_taken_and_nothing_is_saved(signed_in: SignIn, address: str) -> None:
    client = signed_in("finance")
    sent = planned(
        plan_table=f"Limit\n{month(1)}\t$1,000.00\n\nTotal\t$1,000.00", cells={5: "7"}, name="", amount="much"
    )
    page = client.post(address, {**sent, "act": "read"})
    assert "Understood as" in text_of(page)
    assert "$1,000 Left out as totals: Total." in text_of(page)
    assert cells_of(page) == {month(5): "7"}
    assert "to correct" not in text_of(page)
    taken = client.post(address, {**sent, "act": "take"})
    assert cells_of(taken) == {month(1): "1,000", month(5): "7"}
    assert "Understood as" not in text_of(taken)
    assert not Budget.objects.exists()


def test_a_table_that_cannot_be_read_says_why_and_stays(signed_in: SignIn) -> None:
    table = "Jan 2099\t1.234"
    page = signed_in("finance").post("/budgets/limits/", {**planned(plan_table=table), "act": "read"})
    assert "are the digits after the point thousands or decimals?" in text_of(page)
    assert as_shown(page)["plan-table"] == table


def test_a_table_whose_first_cell_is_empty_keeps_its_columns(signed_in: SignIn) -> None:
    table = f"\t{month(1)}\t{month(2)}\nLimit\t10\t20"
    page = signed_in("finance").post("/budgets/limits/", planned(plan_table=table, act="take"))
    assert cells_of(page) == {month(1): "10", month(2): "20"}


def test_a_table_that_was_not_taken_is_not_forgotten(signed_in: SignIn) -> None:
    page = signed_in("finance").post("/budgets/new/", planned(plan_table=f"{month(1)}\t10"))
    assert "The table is not taken yet." in text_of(page)
    assert as_shown(page)["plan-table"] == f"{month(1)}\t10"
    assert not Budget.objects.exists()


def test_amounts_alone_are_filled_in_from_the_chosen_month(signed_in: SignIn) -> None:
    sent = planned(plan_table="100\n200", plan_first=month(2), act="take")
    assert cells_of(signed_in("finance").post("/budgets/limits/", sent)) == {month(2): "100", month(3): "200"}


def test_growth_fills_the_months(signed_in: SignIn) -> None:
    tools = {
        "plan_start": "10,000",
        "plan_by": "5",
        "plan_unit": "percent",
        "plan_rounded": "100",
        "plan_first": month(9),
    }
    client = signed_in("finance")
    page = client.post("/budgets/limits/", planned(**tools, act="grow"))
    assert cells_of(page) == {month(9): "10,000", month(10): "10,500", month(11): "11,000"}
    assert cells_of(client.post("/budgets/limits/", planned(cells={1: "5"}, act="clear"))) == {}
    refused = client.post("/budgets/limits/", planned(act="grow"))
    assert "Write the first limit, and by how much each next one is more." in text_of(refused)


def test_limits_of_other_periods_are_told_before_anything_is_saved(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = client.post("/budgets/new/", planned(cells={1: "12,000"}, period="quarterly"))
    assert "Typed for other periods, and not taken over" in text_of(page)
    assert "12,000" in text_of(page)
    assert not Budget.objects.exists()
    client.post("/budgets/new/", as_shown(page))
    assert Budget.objects.get().amounts == {}


def test_closed_periods_keep_what_they_were_planned_with(signed_in: SignIn) -> None:
    found = budget("Old", 10, amounts={"2024-05-01": "7", month(1): "8", month(2): "9"})
    client, edit = signed_in("finance"), f"/budgets/{found.pk}/edit/"
    sent = as_shown(client.get(edit)) | {f"limit-{month(1)}": "", f"limit-{month(3)}": "11", "all_history": "on"}
    client.post(edit, sent)
    found.refresh_from_db()
    assert found.amounts == {"2024-05-01": "7.00", month(2): "9.00", month(3): "11.00"}


def test_a_new_limit_says_which_planned_ones_stay(signed_in: SignIn) -> None:
    found = budget("Planned", 10, amounts={month(1): "8"})
    client = signed_in("finance")
    sent = as_shown(client.get(f"/budgets/{found.pk}/edit/"))
    told = text_of(client.post(f"/budgets/fit/?budget={found.pk}", sent | {"amount": "20"}))
    assert "The new limit leaves what is planned" in told
    assert "$8.00 stay." in told
    assert "1 of 12 periods, $228.00 together" in told
    assert "leaves what is planned" not in text_of(client.post(f"/budgets/fit/?budget={found.pk}", sent))


def test_a_planned_limit_that_the_budget_above_cannot_give_is_refused_at_the_plan(signed_in: SignIn) -> None:
    top = budget("Top", 100, over_allocation="refuse")
    page = signed_in("finance").post("/budgets/new/", planned(amount="50", cells={1: "150"}, parent=str(top.pk)))
    assert "Top has $100.00 not handed out in the period of" in text_of(page)
    assert 'role="alert"' in page.content.decode().split('id="plan"')[1]
    assert Budget.objects.count() == 1


def test_saving_an_untouched_plan_changes_nothing(signed_in: SignIn) -> None:
    found = budget("Planned", 10, amounts={"2024-05-01": "7", month(1): "1.125", month(90): "3"})
    client, edit = signed_in("finance"), f"/budgets/{found.pk}/edit/"
    client.post(edit, as_shown(client.get(edit)))
    assert [change.what for change in found.changes.all()] == ["created"]


@pytest.mark.parametrize("period", ["daily", "weekly", "quarterly", "yearly", "custom"])
def test_every_period_has_fields_that_save(signed_in: SignIn, period: str) -> None:
    client = signed_in("finance")
    dates = {"starts_on": "2024-01-01", "ends_on": "2099-12-31"} if period == "custom" else {}
    page = client.post("/budgets/limits/", planned(period=period, **dates))
    names = [name for name in as_shown(page) if name.startswith("limit-")]
    assert page.content.decode().count('id="plan-total"') == 1, "what is told beside the form has its place"
    assert len(names) == {"daily": 14, "weekly": 13, "quarterly": 8, "yearly": 5, "custom": 0}[period]
    client.post("/budgets/new/", {**filled(period=period, **dates), **as_shown(page), **dict.fromkeys(names[-1:], "5")})
    assert len(Budget.objects.get().amounts) == len(names[-1:])


def test_who_may_make_no_budget_gets_no_plan(signed_in: SignIn) -> None:
    found, viewer = budget("Secret", 9000, amounts={month(1): "4321"}), person("viewer")
    assert signed_in(viewer).post("/budgets/limits/", planned()).status_code == 403
    lead = person("lead")
    share(budget("Own", 1), lead, "change_budget")
    page = signed_in(lead).post(f"/budgets/limits/?budget={found.pk}", planned(period="monthly"))
    assert "4,321" not in page.content.decode()
