"""The pages in Chromium, against a real installation with collected static files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.live import LiveCostOps
from tests.pages.browser import PASSWORD, PHONE, Visitor, joined, violations, visitor
from tests.usage.importing import made_trace, shared_trace, total_of

ADMIN, VIEWER = "ada@browser.example", "vic@browser.example"


@dataclass
class Installation:
    """A running CostOps with a tree of budgets and usage of this month."""

    live: LiveCostOps
    key: str
    budgets: dict[str, int]

    @property
    def url(self) -> str:
        """Its address."""
        return self.live.url

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Posts to the API."""
        found: dict[str, Any] = self.live.send(self.key, "POST", path, body)
        return found


@pytest.fixture(scope="module")
def installation(request: pytest.FixtureRequest) -> Installation:
    joined(request, VIEWER, "Viewer", "viewer")
    live, key = joined(request, ADMIN, "Admin")
    found = Installation(live, key, {})
    alerts = [{"threshold": 0.5, "channels": ["email"]}, {"threshold": 0.8, "channels": ["email"]}]
    parent: dict[str, Any] = {}
    for name, amount, scope in (
        ("Browser company", 10_000, {"tags": {"suite": ["browser"]}}),
        ("Browser engineering", 6000, {"departments": ["browser-engineering"]}),
        ("Browser backend", 100, {"teams": ["browser-backend"]}),
    ):
        body = {"name": name, "amount": amount, "period": "monthly", "scope": scope, "alerts": alerts}
        made = found.send("budgets/", {**body, **parent})
        parent = {"parent_budget": made["id"]}
        found.budgets[name] = made["id"]
    now = datetime.now(UTC)
    labels = {"department": "browser-engineering", "team": "browser-backend", "tags": {"suite": "browser"}}
    times = [max(now - timedelta(hours=6 * n), now.replace(day=1, hour=0, minute=0)) for n in range(40)]
    events = [
        {"occurred_at": at.isoformat(), "provider": "openai", "model": "gpt-4", "cost": "3.25", **labels}
        for at in times
    ]
    found.send(
        "usage/", {"events": [*events, {"provider": "openai", "model": "acme-llm-2", "input_tokens": 5, **labels}]}
    )
    return found


@pytest.fixture
def admin(chrome: Browser, installation: Installation) -> Iterator[Visitor]:
    with visitor(chrome, installation.url) as someone:
        someone.enter(ADMIN, PASSWORD)
        yield someone


def make_budget(someone: Visitor, name: str, under: str | None, project: str | None) -> None:
    """By the form, as a person does: for November 2023 alone."""
    page = someone.page
    someone.go("/budgets/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label(re.compile("Limit for one period")).fill("1,000")
    page.get_by_label("Period", exact=True).select_option("custom")
    page.get_by_label(re.compile("^First day")).fill("2023-11-01")
    page.get_by_label(re.compile("^Last day")).fill("2023-11-30")
    if under:
        choice = page.get_by_label("Under", exact=True).locator("option", has_text=under).get_attribute("value")
        page.get_by_label("Under", exact=True).select_option(choice)
    page.get_by_label("Environments").fill("traced")
    if project:
        page.get_by_label("Projects").fill(project)
    page.get_by_role("button", name="Create the budget").click()
    someone.settle()


def test_an_imported_trace_is_seen_in_a_budget_and_in_its_parent(
    admin: Visitor, installation: Installation, tmp_path: Path
) -> None:
    make_budget(admin, "Traces", None, None)
    make_budget(admin, "Code traces", "Traces", "code")
    code = shared_trace("azure_llm_code_2023.csv") or made_trace(tmp_path / "code.csv", 500)
    chat = made_trace(tmp_path / "chat.csv", 300, seed=2)
    options = ("--preset", "azure-llm-trace", "--set", "environment=traced")
    installation.live.run("import", str(code), *options, "--set", "model=gpt-4", "--set", "project=code")
    installation.live.run("import", str(chat), *options, "--set", "model=gpt-3.5-turbo", "--set", "project=chat")
    child, both = total_of(code, "gpt-4"), total_of(code, "gpt-4") + total_of(chat, "gpt-3.5-turbo")
    admin.go("/budgets/?q=traces")
    cents = max(both, Decimal(1000)) < 1000
    for name, total in (("Code traces", child), ("Traces", both)):
        row = admin.page.get_by_role("row").filter(has=admin.page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text(f"${total:,.2f}" if cents else f"${total:,.0f}")
        admin.page.get_by_role("link", name=name, exact=True).click()
        admin.settle()
        expect(admin.page.locator(".figures")).to_contain_text(f"${total:,.2f}" if total < 1000 else f"${total:,.0f}")
        admin.assert_content()
        admin.go("/budgets/?q=traces")
    admin.assert_content()


def test_what_is_hidden_and_what_is_missing_look_alike(chrome: Browser, installation: Installation) -> None:
    with visitor(chrome, installation.url) as someone:
        someone.enter(VIEWER, PASSWORD)
        seen = []
        for pk in (installation.budgets["Browser company"], 987654):
            someone.go(f"/budgets/{pk}/")
            expect(someone.page.get_by_role("heading")).to_have_text("No such page, or not shared with you")
            assert someone.page.evaluate("window.reports") == []
            seen.append(someone.page.locator("main").inner_text())
        assert seen[0] == seen[1]
        assert violations(someone.page) == []


def test_the_chart_is_drawn_and_follows_the_theme(admin: Visitor, installation: Installation) -> None:
    admin.go(f"/budgets/{installation.budgets['Browser engineering']}/")
    spent = admin.page.locator(".chart .scatterlayer .trace path.js-line").last
    expect(spent).to_have_attribute("d", re.compile("^M.*L"))
    label = admin.page.locator(".chart .annotation-text", has_text="Limit $6,000")
    light = label.evaluate("element => getComputedStyle(element).fill")
    admin.page.emulate_media(color_scheme="dark")
    expect(label).not_to_have_css("fill", light)
    admin.assert_content()


def test_the_chart_turns_to_days_and_back_by_the_back_button(admin: Visitor, installation: Installation) -> None:
    page = admin.page
    admin.go(f"/budgets/{installation.budgets['Browser engineering']}/")
    page.get_by_role("link", name="Per day").click()
    expect(page.locator(".chart .bars .point path").first).to_be_attached()
    expect(page).to_have_url(re.compile("view=steps"))
    page.go_back()
    expect(page.locator(".chart .bars")).to_have_count(0)
    expect(page.locator(".chart path.js-line").first).to_be_attached()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("region", name=re.compile("as a table"))).to_be_visible()
    admin.assert_content()


def test_rows_open_by_keyboard_and_the_back_button_undoes_it(admin: Visitor, installation: Installation) -> None:
    page = admin.page
    admin.go("/budgets/")
    toggle = page.get_by_role("button", name="Close Browser company")
    toggle.focus()
    page.keyboard.press("Enter")
    reopen = page.get_by_role("button", name="Open Browser company")
    expect(reopen).to_be_focused()
    expect(page.get_by_role("link", name="Browser engineering")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("link", name="Browser engineering")).to_be_visible()
    admin.assert_content()


def test_a_search_shows_while_one_types(admin: Visitor, installation: Installation) -> None:
    page = admin.page
    admin.go("/budgets/")
    page.get_by_label("Find a budget").press_sequentially("backend", delay=20)
    expect(page).to_have_url(re.compile("q=backend"))
    expect(page.get_by_role("link", name="Browser backend")).to_be_visible()
    expect(page.get_by_role("link", name="Browser company")).to_have_count(0)
    expect(page.get_by_label("Find a budget")).to_be_focused()
    admin.assert_content()


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(admin: Visitor, installation: Installation) -> None:
    admin.go("/budgets/")
    admin.page.context.clear_cookies()
    admin.page.get_by_role("button", name="Close Browser company").click()
    expect(admin.page.get_by_role("heading", name="Sign in")).to_be_visible()
    admin.assert_content()


def test_the_first_tab_skips_the_navigation(admin: Visitor, installation: Installation) -> None:
    admin.go("/budgets/")
    admin.page.keyboard.press("Tab")
    expect(admin.page.get_by_role("link", name="Skip to content")).to_be_focused()
    admin.page.keyboard.press("Enter")
    expect(admin.page.locator("main")).to_be_focused()


def test_the_phones_menu_opens_closes_and_signs_out(chrome: Browser, installation: Installation) -> None:
    with visitor(chrome, installation.url, viewport=PHONE) as someone:
        someone.sign_in(ADMIN, PASSWORD)
        menu = someone.page.get_by_role("navigation", name="Main, small screens")
        someone.page.get_by_text("Menu", exact=True).click()
        expect(menu).to_be_visible()
        someone.page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        someone.page.get_by_text("Menu", exact=True).click()
        someone.page.get_by_role("button", name="Sign out").click()
        expect(someone.page.get_by_role("heading", name="Sign in")).to_be_visible()
        someone.assert_content()


def test_everything_works_without_scripts(chrome: Browser, installation: Installation) -> None:
    with visitor(chrome, installation.url, java_script_enabled=False) as someone:
        page = someone.page
        someone.sign_in(ADMIN, PASSWORD, then="/budgets/")
        page.get_by_role("button", name="Close Browser company").click()
        expect(page.get_by_role("link", name="Browser engineering")).to_have_count(0)
        page.get_by_label("Find a budget").fill("backend")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Browser backend").click()
        page.get_by_text("Show as a table").click()
        expect(page.get_by_role("table").first).to_be_visible()


def test_a_page_prints_without_navigation(admin: Visitor, installation: Installation) -> None:
    admin.go(f"/budgets/{installation.budgets['Browser engineering']}/")
    admin.page.emulate_media(media="print")
    expect(admin.page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(admin.page.get_by_role("link", name="Edit")).to_be_hidden()
    expect(admin.page.get_by_role("heading", name="Browser engineering")).to_be_visible()


def test_the_admin_site_reports_nothing(admin: Visitor, installation: Installation) -> None:
    for path in ("", "budgets/budget/", "usage/usageevent/", "accounts/apikey/add/", "accounts/user/"):
        admin.go(f"/admin/{path}")
        expect(admin.page.get_by_role("link", name="Calls", exact=True).first).to_be_attached()
        admin.assert_content()
    page = admin.page.evaluate("fetch('/budgets/').then(answer => answer.headers.get('content-security-policy'))")
    assert "unsafe" not in page
