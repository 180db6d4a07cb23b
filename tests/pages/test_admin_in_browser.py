"""The admin site and the API docs in Chromium: what is told to those who listen, and room for every column."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "adi@admin.example"
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with budgets of a very long name and of a limit of many decimals."""
    live, key = joined(request, EMAIL, "Adi Admin")
    long = {"name": "A very long name " * 11, "amount": 5, "period": "monthly", "scope": {"teams": ["adi"]}}
    above = live.send(key, "POST", "budgets/", long)["id"]
    fine = {"name": "Many decimals", "amount": "1234.567891234", "period": "monthly", "parent_budget": above}
    live.send(key, "POST", "budgets/", {**fine, "scope": {"teams": ["adi"]}})
    return live.url


@pytest.fixture(params=SIZES)
def adi(request: pytest.FixtureRequest, chrome: Browser, url: str) -> Iterator[Visitor]:
    theme = "dark" if request.param == "phone" else "light"
    with visitor(chrome, url, viewport=SIZES[request.param], color_scheme=theme) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


def test_the_admin_site_can_be_found_through_by_ear(adi: Visitor) -> None:
    for path in ("/admin/", "/admin/budgets/budget/", "/admin/usage/teamdepartment/add/"):
        adi.go(path)
        expect(adi.page.get_by_role("main")).to_have_count(1)
        assert violations(adi.page) == []


def test_a_long_name_leaves_room_for_the_other_columns(adi: Visitor) -> None:
    adi.go("/admin/budgets/budget/")
    adi.assert_no_sideways_scroll()
    assert adi.page.locator("#result_list tr", has_text="A very long name").count() >= 2
    ends = "cells => Math.max(...cells.map(cell => cell.getBoundingClientRect().right))"
    assert adi.page.locator("#result_list td").evaluate_all(ends) <= adi.page.viewport_size["width"]  # type: ignore[index]
    expect(adi.page.locator("#result_list")).to_contain_text("$1,234.57")


def test_the_api_docs_stand_in_the_frame_of_the_product_and_can_be_listened_to(adi: Visitor) -> None:
    adi.go("/api/docs/")
    adi.page.locator(".opblock").first.wait_for()
    assert violations(adi.page) == []
    adi.assert_no_sideways_scroll()
    if adi.page.viewport_size == PHONE:
        adi.page.get_by_text("Menu", exact=True).click()
    for name in ("Budgets", "Models", "API docs", "Admin", "Adi Admin"):
        expect(adi.page.get_by_role("link", name=name, exact=name != "Adi Admin")).to_be_visible()
    adi.assert_content()
    adi.page.get_by_role("button", name="Sign out").click()
    adi.settle()
    assert "/sign-in/" in adi.page.url
