"""The admin site in words: money and counts, scopes, times and names as people read them, and a budget's history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.models import BudgetChange, BudgetPeriod, BudgetSpan, ThresholdCrossing
from tests.factories import budget, call, now, spend
from tests.pages.reading import text_of
from usage.domain.overrides import create_override, draft_override
from usage.models import PriceOverride, UsageEvent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def classes_of(page: HttpResponse, text: str) -> str:
    """The class of the cell that says `text`."""
    cell = re.search(rf'<td class="([^"]*)"[^>]*>\s*{re.escape(text)}\s*</td>', page.content.decode())
    assert cell, text
    return cell[1]


def lines_of(page: HttpResponse) -> list[list[str]]:
    """The fields of an admin form, line by line."""
    return [list(line.fields) for fieldset in page.context["adminform"] for line in fieldset]  # type: ignore[attr-defined]


def test_a_budgets_limit_scope_and_plan_are_words(signed_in: SignIn) -> None:
    found = budget("Backend", "14000.50", scope={"teams": ["backend"]}, amounts={f"{now().year}-01-01": "5000"})
    client = signed_in()
    text = text_of(client.get(f"/admin/budgets/budget/{found.pk}/change/"))
    assert "$14,000.50" in text
    assert "team: backend" in text
    assert "Jan 1: $5,000" in text
    assert "14000.5000000000" not in text
    assert "{" not in text
    assert "$14,000.50 monthly team: backend" in text_of(client.get("/admin/budgets/budget/"))
    assert "team: backend" in text_of(client.get(f"/admin/budgets/budgetspan/{BudgetSpan.objects.get().pk}/change/"))


def test_figures_are_grouped_and_aligned(signed_in: SignIn) -> None:
    budget("Company", 60_000)
    spend(call("1234.5", input_tokens=1_234_567))
    client = signed_in()
    page = client.get("/admin/usage/usageevent/")
    assert "field-figure_input_tokens" in classes_of(page, "1,234,567")
    assert "field-figure_cost" in classes_of(page, "$1,234.50")
    page = client.get("/admin/budgets/budgetperiod/")
    assert "field-figure_spent" in classes_of(page, "$1,234.50")
    assert "field-figure_amount" in classes_of(page, "$60,000")
    event = UsageEvent.objects.get()
    assert "1,234,567" in text_of(client.get(f"/admin/usage/usageevent/{event.pk}/change/"))
    assert "css/admin.css" in page.content.decode()


def test_times_are_by_the_24_hour_clock_of_the_company(signed_in: SignIn) -> None:
    at = datetime(2026, 3, 4, 15, 29, tzinfo=UTC)
    spend(call(1, at=at))
    local = at.astimezone(settings.COSTOPS_ZONE)
    text = text_of(signed_in().get("/admin/usage/usageevent/"))
    assert f"{local:%b} {local.day}, 2026, {local:%H:%M}" in text
    assert "p.m." not in text


def test_a_threshold_reached_says_of_which_period(signed_in: SignIn) -> None:
    budget("Company", 10, thresholds=[{"threshold": "0.5", "channels": ["email"]}])
    spend(call(6))
    row, client = ThresholdCrossing.objects.get(), signed_in()
    first = row.period.starts.astimezone(settings.COSTOPS_ZONE)
    text = text_of(client.get("/admin/budgets/thresholdcrossing/"))
    assert f"Company {first:%b} 1 – {first:%b} " in text
    assert "50%" in text
    assert "$6.00 $10" in text
    assert "email" in text_of(client.get("/admin/budgets/budgetthreshold/"))


def test_the_history_button_of_a_budget_leads_to_its_changes(signed_in: SignIn) -> None:
    top = budget("Company", 90_000)
    found, client = budget("Backend", 30_000, top), signed_in()
    edit_budget(found, Actor(None, "More of it"), {"amount": Decimal(45_000)}, now())
    link = f"/admin/budgets/budget/{found.pk}/history/"
    assert link in client.get(f"/admin/budgets/budget/{found.pk}/change/").content.decode()
    page = client.get(link, follow=True)
    assert page.redirect_chain[-1][0] == f"/admin/budgets/budgetchange/?budget__id__exact={found.pk}"
    rows = re.findall(r'<tr class="data-row.*?</tr>', page.content.decode(), flags=re.S)
    assert ["Backend" in text_of(row) for row in rows] == [True, True]
    assert "Limit changed" in text_of(rows[0])
    assert "More of it" in text_of(rows[0])
    change = BudgetChange.objects.filter(budget=found).latest("id")
    text = text_of(client.get(f"/admin/budgets/budgetchange/{change.pk}/change/"))
    assert "Limit: $30,000 → $45,000" in text
    assert f"Backend, {change.what}, " in text


def test_no_button_leads_to_a_history_that_nobody_keeps(signed_in: SignIn) -> None:
    budget("Company", 5)
    spend(call(1))
    path = f"/admin/budgets/budgetperiod/{BudgetPeriod.objects.first().pk}/"  # type: ignore[union-attr]
    assert f"{path}history/" not in signed_in().get(f"{path}change/").content.decode()


def test_tables_stand_in_groups_under_names_that_people_know(signed_in: SignIn) -> None:
    client = signed_in()
    page = client.get("/admin/")
    names = [group["name"] for group in page.context["app_list"]]
    assert names == [
        *("Budgets", "Permissions", "People and keys", "Prices", "Usage"),
        *("How usage is charged", "How the product runs"),
    ]
    text = text_of(page)
    for word in ("Guardian", "Wire", "Ground version", "object permission", "Price overrides", "Crontab"):
        assert word not in text
    assert "Contract prices" in text
    assert "Permissions" in text_of(client.get("/admin/guardian/userobjectpermission/add/"))


def test_a_contract_price_is_typed_kind_by_kind_and_its_dates_have_lines_of_their_own(signed_in: SignIn) -> None:
    client = signed_in()
    page = client.get("/admin/usage/priceoverride/add/")
    html = page.content.decode()
    assert 'name="rates"' not in html
    rows = lines_of(page)
    assert ["effective_from"] in rows
    assert ["effective_to"] in rows
    sent = {"model_pattern": "house", "rate_input": "$0.20", "rate_output": "0.40"}
    dates = {"effective_from_0": "2026-01-01", "effective_from_1": "00:00"}
    wrong = client.post("/admin/usage/priceoverride/add/", {**sent, **dates, "rate_input": "-1"})
    assert "A rate lies between 0 and" in text_of(wrong)
    client.post("/admin/usage/priceoverride/add/", {**sent, **dates})
    row = PriceOverride.objects.get()
    assert row.rates == {"input": "0.20", "output": "0.40"}
    assert "$0.20 input · $0.40 output" in text_of(client.get(f"/admin/usage/priceoverride/{row.pk}/change/"))
    assert client.post(f"/admin/usage/priceoverride/{row.pk}/change/", {"note": "x"}).status_code == 403


def test_forms_with_dates_keep_each_date_on_a_line_of_its_own(signed_in: SignIn) -> None:
    client = signed_in()
    for path, field in (("accounts/apikey", "expires_at"), ("usage/modelalias", "effective_to")):
        page = client.get(f"/admin/{path}/add/")
        rows = lines_of(page)
        assert [field] in rows


def test_a_percentage_is_told_as_one(signed_in: SignIn) -> None:
    terms = {"model_pattern": "gpt-4*", "effective_from": now() - timedelta(days=3), "percent_off": Decimal("12.5")}
    create_override(draft_override(**terms), None, now())
    assert "12.5% off" in text_of(signed_in().get("/admin/usage/priceoverride/"))
