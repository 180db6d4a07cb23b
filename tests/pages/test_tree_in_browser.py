"""The page of all budgets as it is laid out: narrow, on the phone and on paper nothing is cut off or squeezed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.pages.browser import PASSWORD, PHONE, Visitor, joined, visitor

EMAIL = "tess@tree.example"
SCOPE = {"tags": {"suite": ["tree"], "purpose": ["to be read in full, however narrow the window is"]}}
# The lowest words of a cell and the hairline under its row, in pixels between them.
ROOM = """row => row.getBoundingClientRect().bottom
    - Math.max(...[...row.querySelectorAll('.c-name a, .c-name small')].map(e => e.getBoundingClientRect().bottom))"""
CUT = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with a budget far beyond its limit, and an archived one."""
    live, key = joined(request, EMAIL, "Tess Tree")

    month = {"period": "monthly", "scope": SCOPE}
    top = live.send(key, "POST", "budgets/", {"name": "Tree top", "amount": 100_000, **month})
    for name, amount in (("Tree launch", 100), ("Tree archived", 5000)):
        made = live.send(key, "POST", "budgets/", {"name": name, "amount": amount, "parent_budget": top["id"], **month})
    labels = {"tags": {"suite": "tree", "purpose": SCOPE["tags"]["purpose"][0]}}
    event = {"occurred_at": datetime.now(UTC).isoformat(), "provider": "openai", "model": "gpt-4", "cost": "900"}
    live.send(key, "POST", "usage/", {"events": [{**event, **labels}]})
    live.send(key, "DELETE", f"budgets/{made['id']}/")

    today = datetime.now(UTC).date()
    dates = {"starts_on": f"{today - timedelta(days=60)}", "ends_on": f"{today - timedelta(days=30)}"}
    past = {"period": "custom", "scope": {"tags": {"suite": ["past tree"]}}, **dates}
    live.send(key, "POST", "budgets/", {"name": "Tree that ended", "amount": 100_000, **past})
    then = {"occurred_at": (datetime.now(UTC) - timedelta(days=40)).isoformat(), "cost": "120000"}
    live.send(key, "POST", "usage/", {"events": [{**event, **then, "tags": {"suite": "past tree"}}]})
    return live.url


@pytest.fixture
def tess(chrome: Browser, url: str) -> Iterator[Visitor]:
    with visitor(chrome, url) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


def row(someone: Visitor, name: str) -> Locator:
    """The row of a budget."""
    return someone.page.get_by_role("row").filter(has=someone.page.get_by_role("link", name=name, exact=True))


@pytest.mark.parametrize(("width", "media"), [(1024, "screen"), (688, "print")])
def test_narrow_windows_and_paper_keep_every_word(tess: Visitor, width: int, media: Any) -> None:
    tess.page.set_viewport_size({"width": width, "height": 900})
    tess.page.emulate_media(media=media)
    tess.go("/budgets/?q=tree")
    tess.assert_no_sideways_scroll()
    assert tess.page.locator(".c-name small, .c-name a").evaluate_all(CUT) == []
    launch = row(tess, "Tree launch")
    expect(launch.locator(".c-projected .narrow")).to_be_visible()
    expect(launch.locator(".c-state .narrow")).to_be_visible()
    expect(launch).to_have_css("display", "table-row")
    assert launch.evaluate(ROOM) >= 5


def test_words_of_several_lines_keep_off_the_hairlines(tess: Visitor) -> None:
    tess.go("/budgets/?q=tree")
    assert row(tess, "Tree top").evaluate(ROOM) >= 5
    expect(row(tess, "Tree launch").locator(".narrow").first).to_be_hidden()


def test_what_is_off_the_scale_ends_in_an_arrow_at_the_bars_end(tess: Visitor) -> None:
    tess.go("/budgets/?q=tree")
    bar = row(tess, "Tree launch").locator("svg.bar").bounding_box()
    arrow = row(tess, "Tree launch").locator("svg.end path").bounding_box()
    assert bar
    assert arrow
    assert abs(arrow["x"] + arrow["width"] / 2 - (bar["x"] + bar["width"])) < 8
    assert row(tess, "Tree top").locator("svg.end").count() == 0


def test_archived_budgets_are_cards_on_the_phone_and_the_whole_card_opens_one(chrome: Browser, url: str) -> None:
    with visitor(chrome, url, viewport=PHONE) as someone:
        someone.enter(EMAIL, PASSWORD)
        someone.go("/budgets/?state=archived&q=tree")
        card = row(someone, "Tree archived")
        expect(card).to_have_css("display", "grid")
        expect(card).to_contain_text("Tess Tree")
        someone.assert_no_sideways_scroll()
        limit = card.locator(".c-limit").bounding_box()
        assert limit
        someone.page.mouse.click(limit["x"] + 2, limit["y"] + 2)
        expect(someone.page.get_by_role("heading", level=1)).to_contain_text("Tree archived")
        someone.assert_content()


def test_the_longest_state_keeps_off_the_words_beside_it_on_the_phone(chrome: Browser, url: str) -> None:
    with visitor(chrome, url, viewport=PHONE) as someone:
        someone.enter(EMAIL, PASSWORD)
        someone.go("/budgets/?q=that+ended")
        card = row(someone, "Tree that ended")
        chip, words = card.locator(".state").bounding_box(), card.locator(".c-name").bounding_box()
        assert chip
        assert words
        assert "Ended, exceeded" in card.inner_text()
        assert words["x"] + words["width"] <= chip["x"]
        assert card.locator(".c-name small, .c-name a").evaluate_all(CUT) == []
        someone.assert_no_sideways_scroll()


def test_the_tabs_count_along_while_one_types(tess: Visitor) -> None:
    tess.go("/budgets/")
    tess.page.get_by_label("Find a budget").press_sequentially("tree launch", delay=20)
    expect(tess.page).to_have_url(re.compile("q=tree(\\+|%20)launch"))
    tab = tess.page.locator("#tabs a", has_text="At risk")
    expect(tab).to_have_text("At risk 1")
    tab.click()
    expect(tess.page.get_by_role("link", name="Tree launch")).to_be_visible()
    expect(tess.page.get_by_label("Find a budget")).to_have_value("tree launch")
    tess.assert_content()
