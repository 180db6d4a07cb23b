"""Chromium for tests: found or the test is skipped with the reason, watched for every error and policy report."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.live import PATIENCE, LiveCostOps

QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# A chart takes seconds to draw where two browsers and their servers share two cores.
expect.set_options(timeout=30_000)
WATCH = """
window.reports = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
#: Two frames later, whether nothing is busy; a page without scripts has no frames to ask for.
DRAWN = """matchMedia("(scripting: none)").matches || new Promise((said) => requestAnimationFrame(() =>
    requestAnimationFrame(() => said(!document.querySelector("[aria-busy=true], .htmx-request, .htmx-settling")))))"""
PASSWORD = "a password of some length"
#: The cookies of people, by installation and address. A test that signs out signs in by the page.
_sessions: dict[tuple[str, str], list[Any]] = {}
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def chromium() -> str:
    """The browser's place; without one the test is skipped, but in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    reason = "There is no Chromium here; `make test` as root installs Debian's."
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} In CI that is a failure.")
    pytest.skip(reason)


def joined(request: pytest.FixtureRequest, email: str, name: str, role: str = "admin") -> tuple[LiveCostOps, str]:
    """The running installation with a new person in it, who signs in with PASSWORD, and an API key of theirs."""
    chromium()  # A skip must not wait for a server.
    live: LiveCostOps = request.getfixturevalue("live_costops")
    live.do("user", "create", email, "--role", role, "--password", PASSWORD, "--name", name)
    return live, live.do("apikey", "create", "--user", email, "--name", "tests", "--scope", "all")


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that fetches nothing by itself."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        try:
            yield running
        finally:
            running.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds in the page as it is now, each with where it is first. It is brought into a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_FILE_PATH.read_text())
    found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then((results) => results.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@dataclass
class Visitor:
    """A person at a browser: what it complains of is written down."""

    url: str
    page: Page
    complaints: list[str] = field(default_factory=list)
    under_way: set[Request] = field(default_factory=set)

    def go(self, path: str) -> None:
        """Opens a page and waits until it is at rest."""
        self.page.goto(self.url + path)
        self.settle()

    def settle(self) -> None:
        """Waits until every request is answered, nothing says that it is busy, and what is there is drawn."""
        end, quiet = time.monotonic() + PATIENCE, 0
        while quiet < 2:
            assert time.monotonic() < end, f"{self.page.url} never came to rest: {[r.url for r in self.under_way]}"
            self.page.wait_for_load_state("load")
            quiet = quiet + 1 if self._is_drawn() and not self.under_way else 0

    def _is_drawn(self) -> bool:
        try:
            return bool(self.page.evaluate(DRAWN))
        except Error:  # the page was left meanwhile
            return False

    def sign_in(self, email: str, password: str, then: str = "/") -> None:
        """By the sign-in page."""
        self.go(f"/sign-in/?next={then}")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.settle()

    def enter(self, email: str, password: str, then: str = "") -> None:
        """As one who signed in here before: by the page the first time, later with the session of then if it holds."""
        context, kept = self.page.context, _sessions.get((self.url, email), [])
        context.add_cookies(kept)
        if not kept or context.request.get(f"{self.url}/account/", max_redirects=0).status != 200:
            context.clear_cookies()
            self.sign_in(email, password)
            _sessions[self.url, email] = self.page.context.cookies()
        if then:
            self.go(then)

    def assert_content(self) -> None:
        """Neither an error in the console nor a report of the content security policy so far on this page."""
        reports = self.page.evaluate("window.reports")
        assert (self.complaints, reports) == ([], [])

    def assert_no_sideways_scroll(self) -> None:
        """The page is no wider than the window."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), self.page.url


@contextmanager
def visitor(running: Browser, url: str, **options: object) -> Iterator[Visitor]:
    """A new person with an empty browser; `options` are Playwright's, as in viewport=PHONE, color_scheme="dark"."""
    context: BrowserContext = running.new_context(**{"viewport": DESK, **options})  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    page = context.new_page()
    someone = Visitor(url, page)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            someone.complaints.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", hear)

    page.on("request", lambda request: someone.under_way.add(request))
    page.on("requestfinished", lambda request: someone.under_way.discard(request))
    page.on("requestfailed", lambda request: someone.under_way.discard(request))
    page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    try:
        yield someone
    finally:
        context.close()
