"""The page that shows a key's secret once, in Chromium: copied by its button, and reloaded without harm."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "sid@secrets.example"


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps."""
    return joined(request, EMAIL, "Sid Secrets", "engineer")[0].url


@pytest.fixture
def sid(chrome: Browser, url: str) -> Iterator[Visitor]:
    allowed = ["clipboard-read", "clipboard-write"]
    with visitor(chrome, url, viewport=PHONE, color_scheme="dark", permissions=allowed) as someone:
        someone.enter(EMAIL, PASSWORD, "/account/")
        yield someone


def create(someone: Visitor, name: str) -> str:
    """A new key by the form; its secret as the page shows it."""
    someone.page.get_by_label("Name", exact=True).fill(name)
    someone.page.get_by_role("button", name="Create the key").click()
    return someone.page.locator(".secret").inner_text()


@pytest.mark.parametrize("clipboard", ["new", "old"])
def test_a_secret_is_copied_by_its_button(sid: Visitor, clipboard: str) -> None:
    if clipboard == "old":
        sid.page.add_init_script("delete Navigator.prototype.clipboard")
    secret = create(sid, f"clipboard {clipboard}")
    sid.page.get_by_role("button", name="Copy").click()
    expect(sid.page.locator(".copying [role=status]")).to_have_text("Copied")
    sid.page.get_by_label("Project").focus()
    sid.page.keyboard.press("Control+V")
    expect(sid.page.get_by_label("Project")).to_have_value(secret)
    sid.assert_content()
    sid.assert_no_sideways_scroll()
    assert violations(sid.page) == []


def test_a_reload_after_a_secret_asks_nothing_and_shows_the_account(sid: Visitor) -> None:
    secret = create(sid, "reloaded")
    assert re.fullmatch(r"lcops_[\w-]{43}", secret)
    sent: list[str] = []
    sid.page.on("request", lambda request: sent.append(f"{request.method} {request.url.removeprefix(sid.url)}"))
    sid.page.reload()
    sid.settle()
    assert "GET /account/" in sent
    assert not [one for one in sent if one.startswith("POST")]
    expect(sid.page.get_by_role("link", name="Rotate reloaded")).to_be_visible()
    assert secret not in sid.page.content()
    sid.page.get_by_role("link", name="Rotate reloaded").click()
    sid.page.get_by_role("button", name="Rotate").click()
    expect(sid.page.locator(".secret")).not_to_have_text(secret)
    sid.page.reload()
    expect(sid.page.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(sid.page.locator(".note")).to_have_count(0)
