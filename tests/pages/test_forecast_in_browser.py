"""The page of a budget's forecast in Chromium: ranges and confidences turn it, the back button turns it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, visitor

ADMIN = "fay@forecast.example"


@pytest.fixture(scope="module")
def address(request: pytest.FixtureRequest) -> str:
    """The address of a forecast of a budget with three weeks of usage."""
    live, key = joined(request, ADMIN, "Fay")
    body = {"name": "Forecast in a browser", "amount": 500, "scope": {"teams": ["foreseen"]}}
    pk = live.send(key, "POST", "budgets/", body)["id"]
    now = datetime.now(UTC)
    call = {"provider": "openai", "model": "gpt-4", "team": "foreseen", "cost": "12.5"}
    events = [{**call, "occurred_at": (now - timedelta(days=n, minutes=1)).isoformat()} for n in range(21)]
    live.send(key, "POST", "usage/", {"events": events})
    return f"{live.url}/budgets/{pk}/forecast/"


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def fay(chrome: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    url, _, path = address.partition("/budgets/")
    with visitor(chrome, url, viewport=request.param) as someone:
        someone.enter(ADMIN, PASSWORD, f"/budgets/{path}")
        yield someone


def test_a_confidence_turns_figures_chart_and_address_and_back(fay: Visitor) -> None:
    page = fay.page
    expect(page.locator(".chart path.js-line").first).to_be_attached()
    page.get_by_role("link", name="80%", exact=True).click()
    expect(page).to_have_url(re.compile(r"confidence=0\.8"))
    expect(page.locator(".figures")).to_contain_text("80%: $")
    expect(page.get_by_role("link", name="80%", exact=True)).to_be_focused()
    expect(page.locator(".chart path.js-line").first).to_be_attached()
    page.get_by_role("link", name="With the next").click()
    expect(page).to_have_url(re.compile(r"confidence=0\.8.*range=next|range=next.*confidence=0\.8"))
    both = page.get_by_role("heading", name=re.compile(r"^\w+ \d+ and \w+ \d+$"))
    expect(both).to_be_visible()
    expect(page.locator(".chart .annotation-text", has_text="Limit $500")).to_have_count(1)
    page.go_back()
    expect(both).to_have_count(0)
    expect(page.locator(".chart .annotation-text", has_text="Limit $500")).to_have_count(1)
    fay.assert_no_sideways_scroll()
    fay.assert_content()


def test_the_table_opens_within_the_page(fay: Visitor) -> None:
    page = fay.page
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("region", name=re.compile("as a table"))).to_be_visible()
    fay.assert_no_sideways_scroll()
    fay.assert_content()
