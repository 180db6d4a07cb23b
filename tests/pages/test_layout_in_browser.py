"""Where things lie on the pages, in Chromium: words keep off one another and within their cards, what opens does so at
its button, and what is wider than its card scrolls within it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, visitor

EMAIL = "lou@layout.example"
TAGS = {"suite": "layout"}
NARROW = {"width": 1024, "height": 768}
SIZES = {"desk": DESK, "narrow": NARROW, "phone": PHONE}
#: The words of a row that stick out of their cell or lie on those of another.
ASTRAY = """row => {
  const found = [];
  for (const cell of row.querySelectorAll("td")) {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const range = document.createRange(), text = walk.currentNode.data.trim();
      if (!text || walk.currentNode.parentElement.closest(".unseen")) continue;
      range.selectNodeContents(walk.currentNode);
      for (const box of range.getClientRects()) if (box.width) found.push({ cell, text, box });
    }
  }
  const beside = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1;
  const apart = (a, b) => beside(a, b) || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const out = found.filter(({ cell, box }) => box.right > cell.getBoundingClientRect().right + 1);
  const over = found.filter((one) => found.some((two) => two.cell !== one.cell && !apart(one.box, two.box)));
  return [...out, ...over].map(({ text }) => text);
}"""


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with budgets of other dates that are close to and beyond their limits, and many teams."""
    live, key = joined(request, EMAIL, "Lou Layout")
    scope = {"tags": {"suite": ["layout"], "purpose": ["to be read in full, however narrow the window is"]}}
    today = datetime.now(UTC).date()
    dates = {
        "period": "custom",
        "starts_on": f"{today - timedelta(days=60)}",
        "ends_on": f"{today + timedelta(days=40)}",
    }
    alerts = [{"threshold": 0.5, "channels": ["email"]}]
    top = live.send(key, "POST", "budgets/", {"name": "Layout company", "amount": 90_000, "period": "monthly"})
    for name, amount in (("Layout launch", 22_000), ("Layout exceeded", 3)):
        body = {"name": name, "amount": amount, "scope": scope, "alerts": alerts, "parent_budget": top["id"], **dates}
        live.send(key, "POST", "budgets/", body)
    event = {"provider": "anthropic", "tags": {"suite": "layout", "purpose": scope["tags"]["purpose"][0]}}
    times = [datetime.now(UTC) - timedelta(days=3 * n, minutes=1) for n in range(20)]
    models = [f"claude-opus-{n}-1-20250805" for n in range(8)]
    events = [
        {
            **event,
            "occurred_at": at.isoformat(),
            "cost": "612.25",
            "team": f"layout-team-{n % 8}",
            "model": models[n % 8],
        }
        for n, at in enumerate(times)
    ]
    live.send(key, "POST", "usage/", {"events": events})
    return live.url


@pytest.fixture(params=SIZES)
def lou(request: pytest.FixtureRequest, chrome: Browser, url: str) -> Iterator[Visitor]:
    size: Any = SIZES[request.param]
    with visitor(chrome, url, viewport=size) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone
        someone.assert_content()


def edges(place: Locator) -> tuple[float, float]:
    """Where it begins and ends from left to right."""
    box = place.bounding_box()
    assert box
    return box["x"], box["x"] + box["width"]


@pytest.mark.parametrize("path", ["/", "/budgets/"])
def test_the_words_of_a_budgets_row_keep_off_one_another(lou: Visitor, path: str) -> None:
    lou.go(path)
    rows = lou.page.locator("table.tall tbody tr").filter(has_text="Layout")
    expect(rows.filter(has_text="passed 50% threshold").or_(rows.filter(has_text="Exceeded"))).not_to_have_count(0)
    assert {row: words for row, words in enumerate(row.evaluate(ASTRAY) for row in rows.all()) if words} == {}
    table = lou.page.locator("table.tall")
    assert edges(table)[1] <= edges(lou.page.locator(".card").filter(has=table))[1]
    lou.assert_no_sideways_scroll()


@pytest.mark.parametrize("path", ["/", "/usage/?by=model&range=90d"])
def test_a_wide_table_of_a_chart_scrolls_within_its_card(lou: Visitor, path: str) -> None:
    lou.go(path)
    lou.page.get_by_text("Show as a table").click()
    table = lou.page.get_by_role("region", name="as a table")
    expect(table).to_be_visible()
    lou.assert_no_sideways_scroll()
    table.evaluate("place => { place.scrollLeft = place.scrollWidth; }")
    assert abs(edges(table.locator("td").first)[0] - edges(table)[0]) < 1


@pytest.mark.parametrize("name", ["Dates", "Filter"])
def test_a_sheet_opens_at_its_button_within_the_window(lou: Visitor, name: str) -> None:
    lou.go("/usage/")
    sheet = lou.page.locator("details.more").filter(has=lou.page.locator("summary", has_text=name))
    sheet.locator("summary").click()
    form, button = sheet.locator("form"), sheet.locator("summary")
    (left, right), (begins, ends) = edges(form), edges(button)
    size = lou.page.viewport_size
    assert size
    assert 0 <= left < right <= size["width"]
    assert min(abs(left - begins), abs(right - ends)) <= 40
    above, below = button.bounding_box(), form.bounding_box()
    assert above
    assert below
    assert 0 <= below["y"] - above["y"] - above["height"] <= 40
    first, second = (field.bounding_box() for field in form.locator("input:not([type=hidden]), select").all())
    assert first
    assert second
    assert first["x"] + first["width"] <= second["x"] or first["y"] + first["height"] <= second["y"]


def test_the_rows_of_an_example_of_a_file_stay_rows(lou: Visitor) -> None:
    lou.go("/usage/import/")
    example = lou.page.get_by_label("An example of a file")
    heights = example.evaluate("box => [box.clientHeight, parseFloat(getComputedStyle(box).lineHeight)]")
    assert heights[0] < 2 * heights[1] + 30
    lou.assert_no_sideways_scroll()


def test_what_a_chart_says_where_one_points_stands_beside_the_place_within_the_card(lou: Visitor) -> None:
    lou.go("/?by=model")
    plot = lou.page.locator("#course .nsewdrag")
    plot.scroll_into_view_if_needed()
    box, told = plot.bounding_box(), lou.page.locator("#course .pointed")
    assert box
    for share in (0.03, 0.45, 0.97):
        lou.page.mouse.move(box["x"], box["y"] - 40)
        expect(told).to_be_hidden()
        at = box["x"] + box["width"] * share
        lou.page.mouse.move(at, box["y"] + box["height"] / 2)
        expect(told).to_be_visible()
        left, right = edges(told)
        assert left > at or right < at
        begins, ends = edges(lou.page.locator("#course"))
        assert begins <= left < right <= ends
    lou.assert_no_sideways_scroll()


def test_the_search_looks_alike_where_a_page_has_a_librarys_style(lou: Visitor) -> None:
    boxes = []
    for path in ("/budgets/", "/api/docs/"):
        lou.go(path)
        if lou.page.locator(".menu").is_visible():
            lou.page.locator(".menu > summary").click()
        boxes.append(lou.page.locator("[data-find]:visible").bounding_box())
    assert boxes[0] == boxes[1]
