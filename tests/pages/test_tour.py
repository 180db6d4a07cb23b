"""Five walks through the product in Chromium, as people take them, on the demo company.

Wherever a walk stands still, the page is looked at: nothing in the console, no report of the content security policy,
nothing wider than the window, no violation that axe-core finds. `make tour` walks at both sizes and in both themes and
keeps what it saw under docs/tour/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.live import LiveCostOps, costops_up, until
from tests.pages.browser import DESK, PHONE, Visitor, chromium, violations, visitor

KEPT = Path(__file__).parents[2] / "docs" / "tour"
KEEP = bool(os.environ.get("COSTOPS_TOUR"))
LOOKS = [("desk", "light"), ("phone", "dark")]
ALL_LOOKS = [(size, theme) for size in ("desk", "phone") for theme in ("light", "dark")]
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCostOps]:
    """The demo company in an installation of its own."""
    chromium()  # A skip must not wait for a server.
    with costops_up(tmp_path_factory.mktemp("tour") / "data", until_said="Sign in with the password") as live:
        yield live


@dataclass
class Walk:
    """Someone who walks, at one size and in one theme."""

    who: Visitor
    look: str
    password: str

    def enter(self, email: str) -> None:
        """Signs in and stands on the overview."""
        self.who.enter(email, self.password, "/")

    def stop(self, name: str) -> None:
        """Looks at the page, and keeps the picture where pictures are kept."""
        self.who.settle()
        for chart in self.who.page.locator(".chart .nsewdrag").all():
            chart.hover()  # what a chart says where one points must pass the policy too
        self.who.assert_content()
        self.who.assert_no_sideways_scroll()
        assert violations(self.who.page) == [], name
        if KEEP:
            KEPT.mkdir(parents=True, exist_ok=True)
            self.who.page.screenshot(path=KEPT / f"{name}-{self.look}.jpg", type="jpeg", quality=60, full_page=True)


@pytest.fixture(params=ALL_LOOKS if KEEP else LOOKS, ids="-".join)
def walk(request: pytest.FixtureRequest, chrome: Browser, demo: LiveCostOps) -> Iterator[Walk]:
    size, theme = request.param
    said = next(line for line in demo.lines if "Sign in with the password" in line)
    password = re.search(r"password (\S+) as", said)
    assert password, said
    with visitor(chrome, demo.url, viewport=SIZES[size], color_scheme=theme) as someone:
        yield Walk(someone, f"{size}-{theme}", password[1])


def test_a_finance_leads_monday(walk: Walk) -> None:
    page = walk.who.page
    walk.enter("finance@company.com")
    expect(page.get_by_text("Spent this month")).to_be_visible()
    expect(page.get_by_role("heading", name="Needs you")).to_be_visible()
    walk.stop("monday-1-overview")
    page.get_by_role("region", name="At risk or close to the limit").get_by_role(
        "link", name="Backend Team Budget"
    ).click()
    expect(page.get_by_role("heading", name="Why it changed")).to_be_visible()
    expect(page.get_by_role("region", name="What it went on")).to_contain_text("gpt-4")
    walk.stop("monday-2-budget")
    page.get_by_role("link", name="Project", exact=True).click()
    expect(page.get_by_role("region", name="What it went on")).to_contain_text("code-agents")
    page.get_by_role("link", name=re.compile("^Share$|Who sees it")).click()
    walk.stop("monday-3-sharing")
    walk.who.go("/budgets/")
    walk.stop("monday-4-budgets")


def test_the_spike_and_the_team_that_caused_it(walk: Walk) -> None:
    page = walk.who.page
    walk.enter("finance@company.com")
    walk.who.go("/usage/?range=90d&by=team")
    walk.stop("spike-1-explorer")
    page.get_by_text("Show as a table").click()
    rows = page.get_by_role("region", name="Cost per day as a table").get_by_role("row")
    days = [row.split("\t") for row in rows.all_inner_texts()[1:]]
    dearest = max(days, key=lambda cells: float(cells[-1].strip("$").replace(",", "")))[0]
    page.get_by_role("region", name="Cost per day as a table").get_by_role("link", name=dearest, exact=True).click()
    walk.who.settle()
    first = page.get_by_role("region", name=re.compile("Usage by Team")).locator("tbody tr").first
    team = first.get_by_role("link").first.inner_text()
    walk.stop("spike-2-day")
    first.get_by_role("link").first.click()
    expect(page.get_by_text(f"Team: {team}")).to_be_visible()
    walk.stop("spike-3-team")
    page.get_by_role("link", name="Single calls").click()
    walk.stop("spike-4-calls")
    assert team == "support"


def test_where_it_is_heading_and_what_could_be_changed(walk: Walk) -> None:
    page = walk.who.page
    walk.enter("finance@company.com")
    until(lambda: forecast_everywhere(walk), "the forecasts of the demo company")
    walk.stop("heading-1-forecasts")
    page.get_by_role("main").get_by_role("link", name="Engineering AI Budget", exact=True).click()
    page.get_by_role("link", name="80%", exact=True).click()
    expect(page.get_by_role("region", name=re.compile("^Forecast for"))).to_contain_text("80%: $")
    walk.stop("heading-2-budget")
    page.get_by_role("link", name="Scenarios").click()
    page.get_by_role("link", name="30% cheaper").click()
    expect(page.get_by_role("region", name="Compared")).to_contain_text("30% off what is to come")
    walk.stop("heading-3-scenarios")
    walk.who.go("/forecasts/next-quarter/")
    walk.stop("heading-4-next-quarter")


def forecast_everywhere(walk: Walk) -> bool:
    """Whether the list of forecasts has a chance for each budget; it is shown anew."""
    walk.who.go("/forecasts/")
    chances = walk.who.page.locator("td.c-chance")
    return chances.count() > 0 and "—" not in chances.all_inner_texts()


def test_a_viewer_sees_one_team_only(walk: Walk) -> None:
    page = walk.who.page
    walk.enter("viewer@company.com")
    expect(page.get_by_role("main")).to_contain_text("Support Team Budget")
    for name in ("Engineering", "backend", "Company AI Budget"):
        expect(page.get_by_role("main")).not_to_contain_text(name)
    walk.stop("viewer-1-overview")
    walk.who.go("/budgets/")
    expect(page.get_by_role("main")).to_contain_text("Help Center")
    walk.stop("viewer-2-budgets")
    walk.who.go("/usage/?range=90d&by=team")
    expect(page.get_by_role("region", name=re.compile("Usage by Team"))).not_to_contain_text("backend")
    walk.stop("viewer-3-usage")
    walk.who.go("/search/?q=backend")
    expect(page.get_by_role("main")).to_contain_text("Nothing is called “backend”")
    walk.stop("viewer-4-search")


SCENES: list[tuple[str, str, str, dict[str, str]]] = [
    ("Q1 2025 Production, by hand", "10,000", "", {"Projects": "production", "Environments": "prod"}),
    ("Company AI Budget, by hand", "100,000", "", {}),
    ("Engineering AI Budget, by hand", "60,000", "Company AI Budget, by hand", {"Departments": "engineering"}),
    ("Product AI Budget, by hand", "30,000", "Company AI Budget, by hand", {"Departments": "product"}),
    ("Backend Team Budget, by hand", "30,000", "Engineering AI Budget, by hand", {"Teams": "backend"}),
]


def test_the_budgets_of_the_first_two_scenes_are_made_by_hand(walk: Walk) -> None:
    page = walk.who.page
    walk.enter("finance@company.com")
    for number, (name, limit, under, scope) in enumerate(SCENES, 1):
        walk.who.go("/budgets/new/")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Limit for one period").fill(limit)
        for field, value in scope.items():
            combobox = page.get_by_label(field, exact=True)
            combobox.press_sequentially(value)
            page.get_by_role("option", name=re.compile(f"^{value}")).first.click()
        if under:
            chosen = page.locator("select[name=parent] option", has_text=under).last
            page.locator("select[name=parent]").select_option(value=chosen.get_attribute("value"))
        if number == 1:
            page.get_by_label("Warn at").fill("50, 80, 95")
        expect(page.locator(".fit")).not_to_have_attribute("aria-busy", "true")
        if number in (1, 5):
            walk.stop(f"scenes-{number}-form")
        page.get_by_role("button", name="Create the budget").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    walk.stop("scenes-6-made")
    for above in ("Company AI Budget, by hand", "Engineering AI Budget, by hand"):
        expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text(above)
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("link", name="Bring back").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text(re.compile("is back"))).to_be_visible()
