"""The docs of the API in Chromium: every operation is there, and the strict policy has nothing to report."""

from __future__ import annotations

import pytest

from tests.pages.browser import browser, chromium, visitor


def test_the_docs_show_every_operation_without_a_complaint(request: pytest.FixtureRequest):
    chromium()  # A skip must not wait for a server.
    live = request.getfixturevalue("live_costops")
    with browser() as running, visitor(running, live.url) as reader:
        reader.go("/api/docs/")
        operations = reader.page.locator(".opblock")
        operations.first.wait_for()
        assert operations.count() > 15
        reader.page.locator("#operations-usage-usage_post .opblock-summary-control").click()
        reader.page.get_by_text("Idempotency-Key").first.wait_for()
        reader.assert_content()
