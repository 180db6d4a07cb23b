"""Pages on paper: the whole chart, tables that begin under their title, sums once, nothing to press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.pages.browser import DESK, PASSWORD, Visitor, joined, visitor

EMAIL = "pia@paper.example"
SCOPE = {"tags": {"suite": ["paper"]}}
A4 = {"width": 688, "height": 1017}  # CSS pixels between margins of 14 mm
PARTS = 24


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with a budget that has others below it, for other dates too, and with usage of today."""
    live, key = joined(request, EMAIL, "Pia Paper")
    top = live.send(
        key, "POST", "budgets/", {"name": "Paper top", "amount": 90_000, "period": "yearly", "scope": SCOPE}
    )
    for number in range(PARTS):
        body = {"name": f"Paper part {number}", "amount": 100, "period": "monthly", "scope": SCOPE}
        live.send(key, "POST", "budgets/", {**body, "parent_budget": top["id"]})
    event = {"occurred_at": datetime.now(UTC).isoformat(), "provider": "openai", "model": "gpt-4", "cost": "900"}
    live.send(key, "POST", "usage/", {"events": [{**event, "tags": {"suite": "paper"}}]})
    return live.url


@pytest.fixture
def pia(chrome: Browser, url: str) -> Iterator[Visitor]:
    with visitor(chrome, url, color_scheme="dark") as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


def open_budget(someone: Visitor) -> None:
    someone.go("/budgets/?q=paper")
    someone.page.get_by_role("link", name="Paper top", exact=True).click()
    expect(someone.page.locator(".chart .main-svg").first).to_be_visible()
    someone.settle()


def right_of(found: Locator) -> float:
    box = found.bounding_box()
    assert box
    return box["x"] + box["width"]


def sheets(someone: Visitor) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", someone.page.pdf(format="A4")))


def test_the_chart_ends_within_the_sheet(pia: Visitor) -> None:
    open_budget(pia)
    pia.page.emulate_media(media="print")
    pia.page.set_viewport_size(A4)
    label = pia.page.locator(".chart .annotation", has_text=re.compile(r"^\$[\d,.]+$")).last
    expect(label).to_be_visible()
    assert right_of(label) < right_of(pia.page.locator("#course"))
    assert right_of(pia.page.locator(".chart .main-svg").first) <= right_of(pia.page.locator("#course"))
    pia.assert_no_sideways_scroll()


def test_the_chart_is_dark_on_white_on_paper(pia: Visitor) -> None:
    open_budget(pia)
    label = pia.page.locator(".chart .annotation-text", has_text="Limit $90,000")
    dark = label.evaluate("element => getComputedStyle(element).fill")
    pia.page.emulate_media(media="print")
    expect(label).not_to_have_css("fill", dark)


def test_the_chart_is_as_wide_as_before_when_the_print_is_over(pia: Visitor) -> None:
    open_budget(pia)
    drawing = pia.page.locator(".chart .main-svg").first
    width = str(drawing.get_attribute("width"))
    pia.page.emulate_media(media="print")
    expect(drawing).not_to_have_attribute("width", width)
    pia.page.emulate_media(media="screen")
    expect(drawing).to_have_attribute("width", width)
    pia.assert_no_sideways_scroll()
    pia.page.pdf(format="A4")
    expect(drawing).to_have_attribute("width", width)


def test_the_chart_follows_the_width_of_the_window(pia: Visitor) -> None:
    open_budget(pia)
    drawing = pia.page.locator(".chart .main-svg").first
    for width in (1000, 390, DESK["width"]):
        pia.page.set_viewport_size({"width": width, "height": 900})
        room = pia.page.locator(".chart").evaluate("element => element.clientWidth")
        expect(drawing).to_have_attribute("width", str(room))
        pia.assert_no_sideways_scroll()


def test_the_names_of_the_axis_never_lie_over_one_another(pia: Visitor) -> None:
    open_budget(pia)
    for width in (320, 390, 760, 1440):
        pia.page.set_viewport_size({"width": width, "height": 900})
        room = pia.page.locator(".chart").evaluate("element => element.clientWidth")
        expect(pia.page.locator(".chart .main-svg").first).to_have_attribute("width", str(room))
        boxes = pia.page.locator(".chart .xtick text").evaluate_all(
            "ticks => ticks.map(tick => tick.getBoundingClientRect()).map(({left, right}) => [left, right])"
        )
        boxes.sort()
        pia.assert_no_sideways_scroll()
        assert len(boxes) > 1
        assert all(before[1] < after[0] for before, after in pairwise(boxes)), (width, boxes)


def test_a_table_begins_under_its_title_and_not_on_a_sheet_of_its_own(pia: Visitor) -> None:
    pia.go("/budgets/?q=paper")
    pia.page.emulate_media(media=None)
    assert sheets(pia) == 2


def test_the_bars_of_what_is_below_are_on_paper(pia: Visitor) -> None:
    open_budget(pia)
    pia.page.emulate_media(media="print")
    pia.page.set_viewport_size(A4)
    expect(pia.page.locator(".below svg.bar").first).to_be_visible()
    expect(pia.page.get_by_role("columnheader", name="Of the limit").first).to_be_visible()
    pia.assert_no_sideways_scroll()


def test_sums_are_printed_once_and_what_one_types_or_presses_never(pia: Visitor) -> None:
    pia.go("/models/")
    expect(pia.page.get_by_role("button", name="See what changes")).to_be_visible()
    pia.page.emulate_media(media="print")
    for pressed in ("main button", "main input", "main .btn", "main .give"):
        for found in pia.page.locator(pressed).all():
            expect(found).to_be_hidden()
    expect(pia.page.locator("tfoot").last).to_have_css("display", "table-row-group")
    expect(pia.page.get_by_role("heading", name="In use")).to_be_visible()


PRESSED = (
    "nav:not(.crumbs), aside, header.top, footer, button, input, select, summary, .btn, .skip, .chart-foot > .link"
)
LEFT_OVER = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility()).map((element) => element.outerHTML.slice(0, 120))"""
BEYOND = """() => [...document.querySelectorAll("main *")].filter((element) => element.checkVisibility())
  .filter((element) => !element.closest(".unseen, svg, .chart"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("page", ["overview", "budget", "usage", "budgets"])
def test_a_page_in_the_dark_theme_is_printed_light_whole_and_with_what_it_is(pia: Visitor, page: str) -> None:
    if page == "budget":
        open_budget(pia)
    else:
        pia.go({"overview": "/", "usage": "/usage/?tag:suite=paper", "budgets": "/budgets/?q=paper"}[page])
    dark = pia.page.locator("body").evaluate("element => getComputedStyle(element).color")
    said = pia.page.locator(".printed")
    expect(said).to_be_hidden()
    pia.page.emulate_media(media="print", color_scheme="dark")
    pia.page.set_viewport_size(A4)
    expect(said).to_be_visible()
    title = {"overview": "Overview", "budget": "Paper top", "usage": "Usage", "budgets": "Budgets"}[page]
    year, month = datetime.now(UTC).year, datetime.now(UTC).strftime("%B %Y")
    period = rf"(?:FY )?{year}" if page == "budget" else month
    line = " ".join(said.inner_text().split())
    assert re.fullmatch(rf"{title} · CostOps {period}.* UTC · USD Printed \w{{3}} \d+, \d\d:\d\d", line), line
    assert pia.page.evaluate(LEFT_OVER, PRESSED) == []
    assert pia.page.evaluate(BEYOND) == []
    body = pia.page.locator("body")
    expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(body).not_to_have_css("color", dark)
    for card in pia.page.locator(".card:visible").all():
        expect(card).to_have_css("background-color", "rgb(255, 255, 255)")
    pia.page.emulate_media(media=None, color_scheme="dark")
    assert 1 <= sheets(pia) <= 6


def test_the_time_on_paper_is_that_of_the_print_in_the_companys_zone(pia: Visitor) -> None:
    pia.go("/budgets/")
    pia.page.clock.install(time=datetime(2031, 1, 2, 3, 4, tzinfo=UTC))
    pia.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(pia.page.locator("[data-printed]")).to_have_text("Jan 2, 03:04")


@pytest.mark.parametrize("view", ["", "?view=steps"])
def test_where_one_points_one_day_alone_is_told(pia: Visitor, view: str) -> None:
    open_budget(pia)
    if view:
        pia.page.get_by_role("link", name="Per day").click()
        expect(pia.page.locator(".chart .bars .point path").first).to_be_attached()
    box = pia.page.locator(".chart .nsewdrag").bounding_box()
    assert box
    for share in (0.1, 0.5, 0.97):
        pia.page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        told = pia.page.locator(".pointed")
        expect(told).to_be_visible()
        expect(told.locator("b")).to_have_text(re.compile(r"^\w{3}, \w{3} \d+$"))
        names = told.locator("bdi").all_text_contents()
        assert len(names) == len(set(names)) == told.locator("rect").count()
        assert not view or not {"Spent", "Projected"} <= set(names)
