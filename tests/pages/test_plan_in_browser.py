"""Bringing in a plan as people do it, in Chromium: the file, the questions, what would change, and Apply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "pia@plans.example"
LONG = "محاسبة <script>alert(1)</script> " + "a very long name " * 9


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with a small tree."""
    live, key = joined(request, EMAIL, "Pia Plans", "finance")
    top = live.send(key, "POST", "budgets/", {"name": "Plan top", "amount": "1000", "scope": "company-wide"})
    below = {"name": "Plan part", "amount": "100", "parent_budget": top["id"], "scope": {"teams": ["pia"]}}
    live.send(key, "POST", "budgets/", below)
    return live.url


@pytest.fixture(params=[(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")], ids=str)
def pia(request: pytest.FixtureRequest, chrome: Browser, url: str) -> Iterator[Visitor]:
    viewport, scheme = request.param
    with visitor(chrome, url, viewport=viewport, color_scheme=scheme) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


def bring(pia: Visitor, text: str) -> Page:
    """Chooses a file and has it shown."""
    pia.go("/budgets/import/")
    file = {"name": "plan.csv", "mimeType": "text/csv", "buffer": text.encode()}
    pia.page.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]
    pia.page.get_by_role("button", name="Show what it would change").click()
    pia.settle()
    return pia.page


def assert_sound(pia: Visitor) -> None:
    pia.assert_content()
    pia.assert_no_sideways_scroll()
    assert violations(pia.page) == []


def test_the_form_says_how_a_plan_is_read(pia: Visitor) -> None:
    pia.go("/budgets/")
    pia.page.get_by_role("link", name="Import").click()
    pia.settle()
    expect(pia.page.get_by_role("heading", name="Import a plan")).to_be_visible()
    pia.page.get_by_text("All columns").click()
    assert_sound(pia)


def test_a_plan_is_shown_and_applied(pia: Visitor) -> None:
    size = pia.page.viewport_size or {}
    name = f"{size['width']} {pia.page.evaluate('matchMedia(`(prefers-color-scheme: dark)`).matches')} {LONG}"[:200]
    text = f'path,name,amount,teams\n,Plan top,"2,{size["width"] % 900 + 100}.00",\nPlan top,{name},50.00,nobody\n'
    page = bring(pia, text)
    expect(page.get_by_role("heading", level=1)).to_contain_text("What the plan would change")
    expect(page.get_by_text("No usage fits its scope yet.")).to_be_visible()
    assert_sound(pia)
    page.get_by_role("link", name="New").click()
    pia.settle()
    expect(page.locator(".diff tbody tr")).to_have_count(1)
    page.get_by_label("Reason").fill("next year")
    page.get_by_role("button", name="Apply").click()
    pia.settle()
    expect(page.get_by_role("status")).to_contain_text("of the plan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    assert_sound(pia)


def test_what_is_wrong_comes_first(pia: Visitor) -> None:
    page = bring(pia, "path,name,amount\n,Plan top,5.00\n,Wrong,12k\n")
    expect(page.get_by_role("alert")).to_contain_text("Nothing can be applied yet.")
    expect(page.locator(".diff tbody tr")).to_have_count(1)
    expect(page.get_by_text("“12k” is no number.")).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    assert_sound(pia)


def test_a_question_is_answered(pia: Visitor) -> None:
    page = bring(pia, 'path,name,amount\n,Plan top,"1,234"\n')
    expect(page.get_by_role("group", name="What is “1,234”?")).to_be_visible()
    assert_sound(pia)
    page.get_by_label("1234, more than a thousand").check()
    page.get_by_role("button", name="Go on").click()
    pia.settle()
    expect(page.locator(".diff ins").first).to_contain_text("$1,234")


def test_the_plan_is_downloaded(pia: Visitor) -> None:
    pia.go("/budgets/")
    with pia.page.expect_download() as download:
        pia.page.get_by_role("link", name="Download plan as CSV").click()
    assert download.value.suggested_filename.startswith("budgets-plan-")
    assert "Plan top" in download.value.path().read_text("utf-8-sig")
