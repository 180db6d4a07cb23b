"""The docs of the API in Chromium: every operation is there, a way back, the reader's theme, and nothing to report."""

from __future__ import annotations

import re

from tests.live import LiveCostOps
from tests.pages.browser import browser, visitor


def test_the_docs_show_every_operation_without_a_complaint(live_costops: LiveCostOps):
    with browser() as running, visitor(running, live_costops.url) as reader:
        reader.go("/api/docs/")
        operations = reader.page.locator(".opblock")
        operations.first.wait_for()
        assert operations.count() > 15
        reader.page.locator("#operations-usage-usage_post .opblock-summary-control").click()
        reader.page.get_by_text("Idempotency-Key").first.wait_for()
        reader.assert_content()


def test_the_docs_lead_back_into_the_product_and_follow_the_theme(live_costops: LiveCostOps):
    with browser() as running, visitor(running, live_costops.url, color_scheme="dark") as reader:
        reader.go("/api/docs/")
        reader.page.locator(".opblock").first.wait_for()

        def lightness(selector: str, what: str) -> float:
            colour = reader.page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{what}")
            return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3

        assert lightness("body", "backgroundColor") < 60 < 150 < lightness(".info .title", "color")
        reader.page.emulate_media(color_scheme="light")
        assert lightness("body", "backgroundColor") > 150 > 90 > lightness(".info .title", "color")
        reader.page.get_by_role("navigation", name="Main").get_by_role("link", name="Budgets").click()
        reader.settle()
        assert "next=/budgets/" in reader.page.url
        reader.assert_content()
