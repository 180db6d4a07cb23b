"""The first run in Chromium: a snippet is copied with its key, run, and the page turns green; a file is brought in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "fay@start.example"
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps."""
    return joined(request, EMAIL, "Fay First")[0].url


@pytest.fixture(params=SIZES)
def fay(request: pytest.FixtureRequest, chrome: Browser, url: str) -> Iterator[Visitor]:
    allowed = ["clipboard-read", "clipboard-write"]
    theme = "dark" if request.param == "phone" else "light"
    with visitor(chrome, url, viewport=SIZES[request.param], color_scheme=theme, permissions=allowed) as someone:
        someone.sign_in(EMAIL, PASSWORD, "/start/")
        yield someone


def test_a_snippet_is_copied_with_its_key_and_its_call_arrives(fay: Visitor, url: str) -> None:
    fay.page.get_by_role("button", name="Make a key and put it in").click()
    snippet = fay.page.get_by_label("With curl", exact=True)
    box = fay.page.locator(".snippet-box").filter(has=snippet)
    fay.page.get_by_role("button", name="Copy the call with curl").click()
    expect(box.get_by_role("status")).to_have_text("Copied")
    copied = fay.page.evaluate("navigator.clipboard.readText()")
    assert copied == snippet.inner_text()
    fay.assert_no_sideways_scroll()
    assert violations(fay.page) == []
    key, body = re.search(r"Bearer (lcops_[\w-]+)", copied), re.search(r"-d '(.*)'", copied)
    assert key
    assert body
    headers = {"Authorization": f"Bearer {key[1]}", "Content-Type": "application/json"}
    with urlopen(Request(f"{url}/api/v1/usage/", body[1].encode(), headers)) as answer:
        assert json.load(answer)["accepted"] == 1
    expect(fay.page.locator("#arrival .state")).to_have_text("Arrived", timeout=10_000)
    fay.assert_content()


def test_a_file_is_looked_at_and_added(fay: Visitor) -> None:
    fay.page.get_by_role("link", name="Import a file").click()
    size = fay.page.viewport_size
    assert size
    rows = f"occurred_at,provider,model,input_tokens\n2026-03-01T10:00:00,openai,gpt-4o,{size['width']}\n"
    chosen = {"name": "usage.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    assert violations(fay.page) == []
    fay.page.get_by_label("File", exact=True).set_input_files(files=[chosen])
    fay.page.get_by_role("button", name="See what it adds").click()
    expect(fay.page.get_by_role("heading", name="What the file adds")).to_be_visible()
    fay.assert_no_sideways_scroll()
    assert violations(fay.page) == []
    fay.page.get_by_role("button", name="Add the call").click()
    expect(fay.page.get_by_text("1 call is added.")).to_be_visible()
    fay.assert_content()
