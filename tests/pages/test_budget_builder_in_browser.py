"""A budget made by hand in Chromium: names chosen by keyboard, limits pasted and grown, a conflict, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.live import LiveCostOps
from tests.pages.browser import PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "bea@builder.example"
USAGE = [("42", "b-production", "b-prod"), ("8", "b-production", "b-dev"), ("3", "b-processing", "b-prod")]
TABLE = "Plan 2099\t\n\nMonth\tLimit\nJan\t$1,000.00\nFeb\t$1,250.50\n\t\nTotal\t$2,250.50"


@pytest.fixture(scope="module")
def live(request: pytest.FixtureRequest) -> tuple[LiveCostOps, str]:
    """A running CostOps with calls of two projects, and a key."""
    live, key = joined(request, EMAIL, "Bea Builder")
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    call = {"occurred_at": at, "provider": "openai", "model": "gpt-4", "team": "b-backend"}
    events = [{**call, "cost": cost, "project": project, "environment": place} for cost, project, place in USAGE]
    live.send(key, "POST", "usage/", {"events": events})
    return live, key


@pytest.fixture
def bea(chrome: Browser, live: tuple[LiveCostOps, str]) -> Iterator[Visitor]:
    with visitor(chrome, live[0].url) as someone:
        someone.enter(EMAIL, PASSWORD, "/budgets/new/")
        yield someone


def chips(page: Page, label: str) -> list[str]:
    """What is chosen in a line of the scope."""
    box = page.locator(".builder").filter(has=page.get_by_label(label, exact=True))
    return box.locator(".chip bdi").all_inner_texts()


def assert_accessible(page: Page) -> None:
    """No rule of axe is broken, once what is marked as old has its answer."""
    expect(page.locator(".fit")).not_to_have_attribute("aria-busy", "true")
    assert violations(page) == []


def test_the_first_budget_of_the_seed_is_made_with_the_keyboard_alone(bea: Visitor) -> None:
    page, fit = bea.page, bea.page.locator(".fit")
    page.get_by_label("Name", exact=True).fill("Q1 2025 Production")
    page.get_by_label("Limit for one period").fill("10,000")
    projects = page.get_by_label("Projects")
    projects.press_sequentially("b-pro")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_text([re.compile(r"b-production\s+\$50\.00"), re.compile(r"b-processing\s+\$3\.00")])
    expect(projects).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(projects).to_have_attribute("aria-activedescendant", "id_projects_option_0")
    assert_accessible(page)
    page.keyboard.press("Enter")
    assert chips(page, "Projects") == ["b-production"]
    page.keyboard.press("Tab")  # the chip comes before its field
    page.get_by_label("Environments").press_sequentially("b-prod,")
    assert chips(page, "Environments") == ["b-prod"]
    page.get_by_label("Warn at").fill("50, 80, 95")
    expect(fit).to_contain_text("$42.00 1 call")
    expect(fit).to_contain_text("project: b-production · environment: b-prod")
    expect(fit).to_contain_text("50%, 80%, 95%")
    assert_accessible(page)
    page.get_by_role("button", name="Create the budget").last.click()
    bea.settle()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Q1 2025 Production")
    expect(page.locator("main")).to_contain_text("$42.00 of its period is spent already.")
    bea.assert_content()


def test_a_name_that_no_usage_has_is_marked_and_the_nearest_takes_its_place(bea: Visitor) -> None:
    page = bea.page
    page.get_by_label("Projects").press_sequentially("b-prodution")
    page.keyboard.press("Tab")
    expect(page.locator(".chip.doubtful bdi")).to_have_text("b-prodution")
    expect(page.locator(".fit")).to_contain_text("No usage names “b-prodution” yet. Did you mean “b-production”?")
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(".chip.doubtful")).to_have_count(0)
    assert chips(page, "Projects") == ["b-production"]
    page.get_by_role("button", name="Remove b-production").click()
    expect(page.get_by_label("Projects")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Fits")).to_be_attached()


def test_enter_takes_the_only_name_offered_where_it_begins_with_what_is_typed(bea: Visitor) -> None:
    page, teams = bea.page, bea.page.get_by_label("Teams")
    only = page.get_by_role("listbox").get_by_role("option")
    teams.press_sequentially("B-back")
    expect(only).to_have_text(re.compile("b-backend"))
    expect(only).to_have_attribute("aria-selected", "true")
    expect(teams).to_have_attribute("aria-activedescendant", "id_teams_option_0")
    assert_accessible(page)
    page.keyboard.press("Enter")
    assert chips(page, "Teams") == ["b-backend"]
    expect(page.locator(".fit")).to_contain_text("$53.00")


def test_what_is_typed_stays_with_a_comma_or_where_several_names_or_another_beginning_are_offered(bea: Visitor) -> None:
    page, options = bea.page, bea.page.get_by_role("listbox").get_by_role("option")
    page.get_by_label("Teams").press_sequentially("b-back")
    expect(options).to_have_count(1)
    page.keyboard.type(",")
    assert chips(page, "Teams") == ["b-back"]
    page.get_by_label("Projects").press_sequentially("b-pro")
    expect(options).to_have_count(2)
    page.keyboard.press("Enter")
    page.keyboard.type("processing")  # It holds this, and does not begin with it.
    expect(options).to_have_text(re.compile("b-processing"))
    page.keyboard.press("Enter")
    assert chips(page, "Projects") == ["b-pro", "processing"]


def test_the_owner_is_completed_from_a_name(bea: Visitor) -> None:
    page, owner = bea.page, bea.page.get_by_label("Owner")
    page.get_by_text("More", exact=True).click()
    owner.fill("")
    owner.press_sequentially("Bea Bui")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_attribute("aria-selected", "true")
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(owner).to_have_value(EMAIL)
    expect(page).to_have_url(re.compile("/budgets/new/$"))
    bea.assert_content()


def test_tags_have_a_line_each(bea: Visitor) -> None:
    page = bea.page
    page.get_by_text("Providers, models, users, tags").click()
    page.get_by_label("Tags").press_sequentially("feature")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Values of tag feature")).to_be_focused()
    page.keyboard.type('"search, deep", chat,')
    assert chips(page, "Values of tag feature") == ["search, deep", "chat"]
    expect(page.locator("textarea[name=tags]")).to_have_value('feature: "search, deep", chat')
    page.get_by_role("button", name="Remove tag feature").click()
    expect(page.locator("textarea[name=tags]")).to_have_value("")
    bea.assert_content()


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "فريق الذكاء الاصطناعي", "日本語" * 60, 'say "hi"'])
def test_any_name_can_be_typed_and_comes_back_as_it_was(bea: Visitor, name: str) -> None:
    page = bea.page
    page.get_by_label("Teams").fill(f'"{name.replace(chr(34), chr(34) * 2)}"')
    page.keyboard.press("Enter")
    assert chips(page, "Teams") == [name]
    page.get_by_role("button", name="Create the budget").last.click()
    bea.settle()
    assert chips(page, "Teams") == [name]
    bea.assert_no_sideways_scroll()
    bea.assert_content()


def test_names_that_cannot_be_looked_up_are_typed_in_full(bea: Visitor) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503)

    bea.page.route("**/budgets/names/*", fail)
    bea.page.get_by_label("Teams").press_sequentially("backend")
    expect(bea.page.locator(".offers:visible")).to_contain_text("Names cannot be looked up just now.")
    bea.page.keyboard.press("Enter")
    assert chips(bea.page, "Teams") == ["backend"]


def test_cells_that_are_pasted_into_the_first_limit_are_shown_before_they_are_taken(bea: Visitor) -> None:
    page = bea.page
    page.get_by_label("Limit for one period").fill("100")
    page.get_by_text("Limits that differ per period").click()
    cells = page.locator(".cells input")
    year = datetime.now(UTC).year + 1
    page.evaluate("text => navigator.clipboard.writeText(text)", TABLE.replace("2099", str(year)))
    cells.first.focus()
    page.keyboard.press("Control+V")
    understood = page.locator(".understood")
    expect(understood).to_contain_text(re.compile(rf"January {year}\s*\$1,000"))
    expect(understood).to_contain_text("Left out as totals: Total.")
    expect(understood).to_be_focused()
    assert_accessible(page)
    page.get_by_role("button", name="Take these 2").click()
    expect(page.get_by_label(f"February {year}")).to_have_value("1,250.5")
    expect(page.locator("#plan-said")).to_have_text("2 of 12 differ")
    expect(page.locator("#plan-total")).to_contain_text("$3,250.50")
    page.get_by_label(f"February {year}").fill("1,300")
    expect(page.locator("#plan-total")).to_contain_text("$3,300")
    bea.assert_content()


def test_limits_grow_and_are_set_aside_when_the_period_changes(bea: Visitor) -> None:
    page = bea.page
    page.get_by_text("Limits that differ per period").click()
    page.get_by_text("Grow per period").click()
    page.get_by_label("First limit").fill("1,000")
    page.get_by_label("Each next one").fill("10")
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator(".cells input").nth(2)).to_have_value("1,200")
    assert_accessible(page)
    page.get_by_label("Period", exact=True).select_option("quarterly")
    expect(page.locator(".cells input")).to_have_count(8)
    expect(page.locator("#plan")).to_contain_text("Typed for other periods, and not taken over")
    bea.assert_content()


def test_a_plan_that_cannot_be_read_just_now_keeps_what_was_typed(bea: Visitor) -> None:
    page = bea.page

    def fail(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/budgets/limits/", fail)
    page.get_by_text("Limits that differ per period").click()
    page.get_by_text("Paste from a spreadsheet").click()
    page.get_by_label("Cells from a spreadsheet").fill("100")
    page.get_by_role("button", name="Read this table").click()
    expect(page.locator("#plan")).to_contain_text("This could not be checked just now.")
    expect(page.get_by_label("Cells from a spreadsheet")).to_have_value("100")


def test_a_second_editor_sees_both_and_can_take_the_others(bea: Visitor, live: tuple[LiveCostOps, str]) -> None:
    costops, key = live
    made = costops.send(key, "POST", "budgets/", {"name": "Shared", "amount": 900, "period": "monthly"})
    page = bea.page
    bea.go(f"/budgets/{made['id']}/edit/")
    page.get_by_label("Limit for one period").fill("1,200")
    costops.send(key, "PATCH", f"budgets/{made['id']}/", {"amount": 1000, "scope": {"teams": ["a, b"]}})
    page.get_by_role("button", name="Save", exact=True).last.click()
    bea.settle()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Bea Builder changed this budget while you were here")
    expect(page.get_by_role("row", name="Limit")).to_contain_text("$1,200")
    assert chips(page, "Teams") == ["a, b"]
    assert_accessible(page)
    page.get_by_role("button", name="Use theirs").click()
    expect(page.get_by_label("Limit for one period")).to_have_value("1,000")
    page.get_by_role("button", name="Save mine").click()
    bea.settle()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Shared")
    bea.assert_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_works_on_a_phone(chrome: Browser, live: tuple[LiveCostOps, str], scheme: str) -> None:
    with visitor(chrome, live[0].url, viewport=PHONE, color_scheme=scheme, has_touch=True) as someone:
        someone.enter(EMAIL, PASSWORD, "/budgets/new/")
        page = someone.page
        page.get_by_label("Projects").press_sequentially("b-prod")
        page.get_by_role("option", name="b-production").tap()
        assert chips(page, "Projects") == ["b-production"]
        page.get_by_text("Limits that differ per period").click()
        fit, fields = page.locator(".fit"), page.locator(".fields")
        expect(fit).to_contain_text("$50.00 2 calls")
        below, above = fit.bounding_box(), fields.bounding_box()
        assert below
        assert above
        assert below["y"] >= above["y"] + above["height"]
        someone.assert_no_sideways_scroll()
        assert_accessible(page)
        someone.assert_content()


def test_it_works_without_javascript(chrome: Browser, live: tuple[LiveCostOps, str]) -> None:
    with visitor(chrome, live[0].url, java_script_enabled=False) as someone:
        page = someone.page
        page.goto(f"{live[0].url}/sign-in/?next=/budgets/new/")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Name", exact=True).fill("Plain")
        page.get_by_label("Teams").fill('"a, b", c')
        page.get_by_text("Limits that differ per period").click()
        page.get_by_text("Paste from a spreadsheet").click()
        page.get_by_label("Cells from a spreadsheet").fill("100\n200")
        page.get_by_role("button", name="Read this table").click()
        page.get_by_role("button", name="Take these 2").click()
        expect(page.locator(".cells input").nth(1)).to_have_value("200")
        expect(page.get_by_label("Teams")).to_have_value('"a, b", c')
        page.get_by_label("Limit for one period").fill("50")
        page.get_by_label("Limit for one period").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Plain")
