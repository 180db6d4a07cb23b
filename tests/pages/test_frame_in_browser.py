"""The frame in Chromium: by keyboard, with names in any script and of any length, and with the smallest of sums."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, visitor

EMAIL = "fay@frame.example"
LABELS = {"team": "frame", "tags": {"suite": "frame"}}
SCOPE = {"tags": {"suite": ["frame"]}}
RTL = "منصة البيانات (2026)"
SCRIPT = "<script>alert(1)</script> & Söhne"
NAMES = (RTL, SCRIPT, ("Eine sehr lange Bezeichnung, wie sie in großen Häusern vorkommt, " * 4)[:200], "W" * 200)
LOOKS = [(DESK, "light"), (PHONE, "light"), (DESK, "dark"), (PHONE, "dark")]
#: Texts of figures and sums that are in more than one line, or wider than their place.
CUT = """() => [...document.querySelectorAll(
    ".figures .figure:not(.words), td.num data, .layers b, td.c-limit, td.c-projected")]
  .filter((element) => element.offsetParent !== null).filter((element) => {
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walk.currentNode);
      const digits = /^\\S*\\d\\S*$/.test(walk.currentNode.data.trim());
      if (digits && new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) return true;
      const place = element.closest("td, .figures > div, li").getBoundingClientRect();
      if (digits && range.getBoundingClientRect().right > place.right + 1) return true;
    }
    return false;
  }).map((element) => element.outerHTML)"""


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A running CostOps with a chain of hard names and usage of almost nothing; its address and the lowest budget."""
    live, key = joined(request, EMAIL, "Fay Frame")
    above: dict[str, Any] = {}
    for name in NAMES:
        body = {"name": name, "amount": "0.0002", "period": "monthly", "scope": SCOPE}
        above = live.send(key, "POST", "budgets/", {**body, **({"parent_budget": above["id"]} if above else {})})
    event = {"occurred_at": datetime.now(UTC).isoformat(), "provider": "openai", **LABELS}
    costs = {"gpt-4": "0.000123", "W" * 150: "0.0000000123"}
    live.send(
        key, "POST", "usage/", {"events": [{**event, "model": name, "cost": cost} for name, cost in costs.items()]}
    )
    return {"url": live.url, "budget": above["id"]}


@pytest.fixture
def fay(chrome: Browser, found: dict[str, Any]) -> Iterator[Visitor]:
    with visitor(chrome, found["url"]) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_hard_names_and_the_smallest_sums_stay_whole(
    chrome: Browser, found: dict[str, Any], size: dict[str, int], theme: str
) -> None:
    with visitor(chrome, found["url"], viewport=size, color_scheme=theme) as someone:
        asked: list[str] = []

        def refuse(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        someone.page.on("dialog", refuse)
        someone.enter(EMAIL, PASSWORD)
        paths = ("/", "/budgets/?q=frame", "/budgets/", f"/budgets/{found['budget']}/", "/usage/?team=frame")
        for path in paths:
            someone.go(path)
            someone.assert_no_sideways_scroll()
            someone.assert_content()
            assert someone.page.evaluate(CUT) == [], path
        assert asked == []
        exact = someone.page.locator(".figures data").first
        expect(exact).to_have_attribute("value", "0.0001230123")
        expect(exact).to_have_text("$0.000123")


def test_the_way_down_reads_from_left_to_right_whatever_the_names_are(fay: Visitor, found: dict[str, Any]) -> None:
    fay.go(f"/budgets/{found['budget']}/")
    crumbs = fay.page.get_by_role("navigation", name="Breadcrumb")
    first, second = (crumbs.get_by_role("link", name=name, exact=True).bounding_box() for name in (RTL, SCRIPT))
    assert first
    assert second
    assert first["x"] + first["width"] <= second["x"]
    fay.go("/budgets/?q=frame")
    row = fay.page.locator("tr", has=fay.page.get_by_role("link", name=NAMES[2], exact=True))
    above = row.locator("small bdi")
    assert [text for text in above.all_text_contents() if text] == [RTL, SCRIPT]


@pytest.mark.parametrize("path", ["/", "/budgets/", "/usage/", "/models/", "/people/"])
def test_each_page_is_entered_by_keyboard(fay: Visitor, path: str) -> None:
    fay.go(path)
    fay.page.keyboard.press("Tab")
    skip = fay.page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    fay.page.keyboard.press("Tab")
    expect(fay.page.locator(".side .brand")).to_be_focused()
    fay.page.keyboard.press("Tab")
    expect(fay.page.locator(".side [data-find]")).to_be_focused()
    fay.page.keyboard.press("Tab")
    expect(fay.page.locator(".side .nav a").first).to_be_focused()
    skip.focus()
    fay.page.keyboard.press("Enter")
    expect(fay.page.locator("#main")).to_be_focused()
    fay.page.keyboard.press("/")
    expect(fay.page.locator(".side [data-find]")).to_be_focused()
    assert fay.page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0


def test_escape_closes_a_sheet_and_leads_back_to_its_button_and_one_is_open_at_a_time(fay: Visitor) -> None:
    fay.go("/usage/")
    views = fay.page.locator("details.more", has_text="Views")
    dates = fay.page.locator("details.more", has_text="From")
    views.locator("summary").focus()
    fay.page.keyboard.press("Enter")
    expect(views).to_have_attribute("open", "")
    fay.page.keyboard.press("Tab")
    fay.page.keyboard.press("Escape")
    expect(views).not_to_have_attribute("open", "")
    expect(views.locator("summary")).to_be_focused()
    views.locator("summary").click()
    dates.locator("summary").focus()
    fay.page.keyboard.press("Enter")
    expect(dates).to_have_attribute("open", "")
    expect(views).not_to_have_attribute("open", "")
    fay.page.get_by_role("heading", name="Usage").click()
    expect(dates).not_to_have_attribute("open", "")


def test_escape_leaves_the_search_first_and_then_the_phones_menu(chrome: Browser, found: dict[str, Any]) -> None:
    with visitor(chrome, found["url"], viewport=PHONE) as someone:
        someone.enter(EMAIL, PASSWORD)
        someone.go("/budgets/")
        someone.page.keyboard.press("/")
        menu, field = someone.page.locator("details.menu"), someone.page.locator(".menu [data-find]")
        expect(field).to_be_focused()
        field.press_sequentially("Söhne")
        expect(someone.page.locator("#found-above a").first).to_be_visible()
        someone.page.keyboard.press("Escape")
        expect(someone.page.locator("#found-above a")).to_have_count(0)
        expect(menu).to_have_attribute("open", "")
        expect(field).to_be_focused()
        someone.page.keyboard.press("Escape")
        expect(menu).not_to_have_attribute("open", "")
        expect(menu.locator("summary")).to_be_focused()


def test_the_zone_and_the_currency_are_in_sight_at_both_sizes(chrome: Browser, found: dict[str, Any]) -> None:
    for size in (DESK, PHONE):
        with visitor(chrome, found["url"], viewport=size) as someone:
            someone.enter(EMAIL, PASSWORD, "/")
            expect(someone.page.locator(".company", has_text="UTC · USD").locator("visible=true")).to_have_count(1)
