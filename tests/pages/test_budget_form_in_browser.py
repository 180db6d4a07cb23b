"""The form of a budget as it is typed into, in Chromium: what it tells meanwhile, and when it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.pages.browser import PASSWORD, Visitor, joined, violations, visitor

EMAIL = "fay@forms.example"


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with one call of a team."""
    live, key = joined(request, EMAIL, "Fay Forms")
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    event = {"occurred_at": at, "provider": "openai", "model": "gpt-4", "cost": "42", "team": "forms-backend"}
    live.send(key, "POST", "usage/", {"events": [event]})
    return live.url


@pytest.fixture
def fay(chrome: Browser, url: str) -> Iterator[Visitor]:
    with visitor(chrome, url) as someone:
        someone.enter(EMAIL, PASSWORD, "/budgets/new/")
        yield someone


def test_what_a_scope_fits_is_told_while_it_is_typed(fay: Visitor) -> None:
    teams, fit = fay.page.get_by_label("Teams"), fay.page.locator(".fit")
    expect(fit).to_contain_text("Fits")
    teams.press_sequentially("FORMS-BACKEND")
    expect(fit).to_contain_text("No usage names “FORMS-BACKEND” yet. Did you mean “forms-backend”?")
    expect(teams).to_be_focused()
    teams.fill("forms-backend")
    expect(fit).to_contain_text("Fits 1 call, $42.00")
    expect(fit).not_to_have_attribute("aria-busy", "true")
    fay.assert_content()


def test_an_answer_that_is_asked_anew_is_marked_as_old(fay: Visitor) -> None:
    fit, held = fay.page.locator(".fit"), []
    expect(fit).to_contain_text("Fits")
    fay.page.route("**/budgets/fit/", lambda route: held.append(route))
    fay.page.get_by_label("Teams").fill("forms-backend")
    expect(fit).to_have_attribute("aria-busy", "true")
    fay.page.get_by_label("Name", exact=True).fill("Backend")
    with fay.page.expect_request("**/budgets/fit/"):
        pass
    expect(fit).to_have_attribute("aria-busy", "true")
    held[-1].continue_()
    expect(fit).not_to_have_attribute("aria-busy", "true")
    expect(fit).to_contain_text("Fits 1 call, $42.00")


def test_a_check_that_fails_keeps_what_was_typed(fay: Visitor) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503)

    expect(fay.page.locator(".fit")).to_contain_text("Fits")
    fay.page.route("**/budgets/fit/", fail)
    fay.page.get_by_label("Teams").fill("forms-backend")
    expect(fay.page.locator(".fit")).to_contain_text("This could not be checked just now.")
    expect(fay.page.get_by_label("Teams")).to_have_value("forms-backend")


def test_who_was_signed_out_meanwhile_keeps_what_was_typed(fay: Visitor) -> None:
    expect(fay.page.locator(".fit")).to_contain_text("Fits")
    fay.page.context.clear_cookies(name="sessionid")
    fay.page.get_by_label("Teams").fill("forms-backend")
    expect(fay.page.locator(".fit")).to_contain_text("You are signed out.")
    expect(fay.page.get_by_label("Teams")).to_have_value("forms-backend")


def test_dates_are_optional_but_for_custom_ones(fay: Visitor) -> None:
    first = fay.page.get_by_label("First day")
    fay.page.get_by_text("When it begins and ends").click()
    expect(first).to_have_accessible_name("First day optional")
    fay.page.get_by_label("Period", exact=True).select_option("custom")
    expect(first).to_have_accessible_name("First day")
    expect(first).to_have_attribute("required", "")
    fay.page.get_by_label("Period", exact=True).select_option("weekly")
    expect(first).to_have_accessible_name("First day optional")


def test_a_refused_form_puts_the_reader_into_the_first_wrong_field_with_all_its_help(fay: Visitor) -> None:
    fay.page.get_by_label("Name", exact=True).fill("Backend")
    fay.page.get_by_label("Limit for one period").fill("-5")
    fay.page.get_by_text("More", exact=True).click()
    fay.page.get_by_label("Owner").fill("nobody")
    fay.page.get_by_role("button", name="Create the budget").click()
    fay.settle()
    limit = fay.page.get_by_label("Limit for one period")
    expect(limit).to_be_focused()
    expect(limit).to_have_accessible_description("Enter 0 or more.")
    owner = fay.page.get_by_label("Owner")
    expect(owner).to_be_visible()
    expect(owner).to_have_accessible_description(re.compile("Enter an e-mail address, as in ana@company.com.$"))
    fay.assert_content()
    assert violations(fay.page) == []


@pytest.mark.parametrize(
    ("path", "button", "field"),
    [
        ("/account/", "Create the key", "Name"),
        ("/account/password/", "Change it", "Current password"),
        ("/sign-in/", "Sign in", "Password"),
    ],
)
def test_every_refused_form_begins_at_its_first_wrong_field(fay: Visitor, path: str, button: str, field: str) -> None:
    if path == "/sign-in/":
        fay.page.context.clear_cookies(name="sessionid")
    fay.go(path)
    if path == "/sign-in/":
        fay.page.get_by_label("E-mail").fill(EMAIL)
    fay.page.get_by_role("button", name=button).click()
    fay.settle()
    expect(fay.page.get_by_label(field, exact=True)).to_be_focused()
