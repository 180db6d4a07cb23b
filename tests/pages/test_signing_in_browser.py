"""Signing in, new passwords and the places where one is signed in, in Chromium: with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor
from tests.pages.test_people_in_browser import SMALL

EMAIL = "sam@signing.example"
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps, which sends no mail."""
    return joined(request, EMAIL, "Sam Signing", "engineer")[0].url


def try_to_sign_in(someone: Visitor, address: str, password: str = "wrong") -> None:
    """Fills the form and sends it, by the keyboard alone."""
    someone.page.get_by_label("E-mail").fill(address)
    someone.page.keyboard.press("Tab")
    someone.page.keyboard.type(password)
    someone.page.keyboard.press("Enter")
    someone.settle()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_signing_in_fit_and_can_be_read_and_touched(
    chrome: Browser, url: str, size: str, theme: str
) -> None:
    with visitor(chrome, url, viewport=SIZES[size], color_scheme=theme) as someone:

        def looks_right() -> None:
            someone.assert_no_sideways_scroll()
            assert violations(someone.page) == []
            if size == "phone":
                assert [one for one in someone.page.evaluate(SMALL) if 'class="brand"' not in one] == []

        for path in ("/sign-in/", "/account/reset/", "/account/reset/sent/", "/account/reset/done/"):
            someone.go(path)
            looks_right()
            someone.assert_content()
        someone.go("/account/reset/1-no-link/")
        looks_right()
        someone.sign_in(EMAIL, PASSWORD)
        someone.go("/account/sessions/")
        looks_right()
        someone.go("/account/")
        someone.page.get_by_role("radio", name=re.compile("^Choose")).check()
        looks_right()
        someone.assert_content()


def test_a_locked_page_says_so_above_the_form_and_keeps_the_address(chrome: Browser, url: str) -> None:
    with visitor(chrome, url, viewport=PHONE) as someone:
        someone.go("/sign-in/")
        for _ in range(6):
            try_to_sign_in(someone, "nobody@signing.example")
        alert = someone.page.get_by_role("alert")
        expect(alert).to_have_text(re.compile(r"Too many failed tries for this address. Try again in \d+ minutes\."))
        expect(someone.page.get_by_label("E-mail")).to_have_value("nobody@signing.example")
        someone.assert_no_sideways_scroll()
        assert violations(someone.page) == []


def test_without_javascript_one_signs_in_makes_a_key_and_signs_out_elsewhere(chrome: Browser, url: str) -> None:
    with (
        visitor(chrome, url, java_script_enabled=False) as here,
        visitor(chrome, url, viewport=PHONE) as elsewhere,
    ):
        elsewhere.sign_in(EMAIL, PASSWORD)
        here.sign_in(EMAIL, PASSWORD, "/account/")
        ticks = here.page.locator(".chosen input")
        expect(ticks.first).to_be_hidden()
        here.page.get_by_role("radio", name=re.compile("^Choose")).check()
        here.page.get_by_label("Read usage and prices").check()
        here.page.get_by_label("Name", exact=True).fill("without script")
        here.page.get_by_role("button", name="Create the key").click()
        expect(here.page.locator(".secret")).to_have_text(re.compile(r"lcops_[\w-]{43}"))
        expect(here.page.get_by_role("row", name=re.compile("without script")).locator(".may")).to_have_text(
            "Read usage and prices"
        )
        here.page.get_by_role("button", name="Sign out everywhere else").click()
        expect(here.page.get_by_role("status")).to_contain_text("You are signed out in")
        elsewhere.go("/budgets/")
        expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(elsewhere.page.get_by_role("status")).to_contain_text("You are signed out here")


def test_without_a_mail_server_the_page_names_an_administrator(chrome: Browser, url: str) -> None:
    with visitor(chrome, url) as someone:
        someone.go("/sign-in/")
        someone.page.get_by_role("link", name="Forgot your password?").click()
        expect(someone.page.get_by_text("This CostOps sends no mail.")).to_be_visible()
        expect(someone.page.get_by_role("textbox")).to_have_count(0)
