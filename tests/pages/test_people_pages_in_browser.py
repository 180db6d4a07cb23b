"""People, groups and teams in Chromium: read by all, touched on a phone, worked by keyboard, under the policy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import PASSWORD, PHONE, joined, violations, visitor
from tests.pages.test_people_in_browser import SIZES, SMALL

#: What is too small for a finger; the name in a card opens it from anywhere on the card.
SMALL_HERE = SMALL.replace("main a,", "main a:not(.cards .name a),")
ADMIN, OTHER = "ada@keeping.example", "lena@keeping.example"


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest) -> str:
    """The address of an installation with an administrator, somebody else, a budget, and a team that none knows."""
    joined(request, OTHER, "Lena Lee", "lead")
    live, key = joined(request, ADMIN, "Ada Keeper")
    body = {"name": "Kept budget", "amount": 100, "period": "monthly", "scope": {"teams": ["kept"]}}
    found = live.send(key, "POST", "budgets/", body)["id"]
    grants = {"shares": [{"user": OTHER, "may": ["see", "edit"]}]}
    live.send(key, "PUT", f"budgets/{found}/shares/", grants)
    live.send(key, "POST", "usage/", {"events": [{"provider": "openai", "model": "gpt-4", "cost": 1, "team": "kept"}]})
    live.do("teams", "set", "known", "engineering", "--from", "2025-01-01")
    return live.url


def person_page(page: Page) -> str:
    """The address of Lena's page."""
    address = page.get_by_role("link", name="Lena Lee").get_attribute("href")
    assert address
    return address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_and_can_be_read_and_touched(chrome: Browser, company: str, size: str, theme: str) -> None:
    with visitor(chrome, company, viewport=SIZES[size], color_scheme=theme) as someone:
        someone.enter(ADMIN, PASSWORD, "/people/?q=lena@keeping")
        lena = person_page(someone.page)
        paths = ["", "add/", "groups/", "teams/", "teams/upload/"]
        paths = [f"/people/{path}" for path in paths] + [lena, *(f"{lena}{do}/" for do in ("edit", "deactivate"))]
        for path in paths:
            someone.go(path)
            someone.assert_no_sideways_scroll()
            assert violations(someone.page) == [], path
            if size == "phone":
                assert someone.page.evaluate(SMALL_HERE) == [], path
            someone.assert_content()


def test_a_group_is_made_and_filled_by_keyboard_with_what_is_offered(chrome: Browser, company: str) -> None:
    with visitor(chrome, company) as someone:
        page = someone.page
        someone.enter(ADMIN, PASSWORD, "/people/groups/")
        page.get_by_label("Name").fill("keyboard group")
        page.get_by_role("button", name="Make the group").click()
        someone.settle()
        field = page.get_by_role("combobox", name="Add people")
        field.press_sequentially("LENA@keep")
        expect(page.get_by_role("option", name="Lena Lee")).to_be_visible()
        assert violations(page) == []
        field.press("ArrowDown")
        expect(page.get_by_role("option", name="Lena Lee")).to_have_attribute("aria-selected", "true")
        field.press("Enter")
        expect(field).to_have_value(f"{OTHER}, ")
        field.press_sequentially("Ada Keep")
        page.get_by_role("option", name="Ada Keeper").click()
        expect(field).to_have_value(f"{OTHER}, {ADMIN}, ")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status").first).to_have_text(re.compile("are in keyboard group"))
        someone.assert_content()


def test_escape_closes_what_is_offered_and_keeps_what_was_typed(chrome: Browser, company: str) -> None:
    with visitor(chrome, company) as someone:
        page = someone.page
        someone.enter(ADMIN, PASSWORD, "/budgets/?q=Kept")
        page.get_by_role("link", name="Kept budget").click()
        page.get_by_role("link", name="Share", exact=True).click()
        field = page.get_by_role("combobox", name="Group")
        field.press_sequentially("engin")
        expect(page.get_by_role("option", name=re.compile("engineer"))).to_be_visible()
        field.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        expect(field).to_have_value("engin")
        field.press_sequentially("e")
        page.get_by_role("option", name=re.compile("engineer")).click()
        expect(field).to_have_value("engineer")
        expect(page.get_by_text("since").first).to_be_visible()
        someone.assert_content()


def test_people_are_found_while_one_types(chrome: Browser, company: str) -> None:
    with visitor(chrome, company) as someone:
        page = someone.page
        someone.enter(ADMIN, PASSWORD, "/people/")
        page.get_by_label("Find a person").press_sequentially("lena@keep")
        expect(page.get_by_role("link", name="Ada Keeper", exact=True)).to_have_count(0)
        expect(page.get_by_role("link", name="Lena Lee")).to_be_visible()
        page.get_by_label("Role").select_option("viewer")
        expect(page.get_by_role("heading", name="Nobody fits “lena@keep”")).to_be_visible()
        assert "role=viewer" in page.url
        someone.assert_content()


def test_a_person_is_added_on_a_phone_and_the_password_is_gone_after_a_look_elsewhere(
    chrome: Browser, company: str
) -> None:
    with visitor(chrome, company, viewport=PHONE) as someone:
        page = someone.page
        someone.enter(ADMIN, PASSWORD, "/people/add/")
        page.get_by_label("E-mail").fill("phone@keeping.example")
        page.get_by_role("button", name="Add the person").click()
        secret = page.locator(".secret").inner_text()
        assert violations(page) == []
        someone.assert_content()
        page.reload()
        someone.settle()
        assert re.search(r"/people/\d+/$", page.url)
        assert secret not in page.content()


def test_a_file_of_teams_is_uploaded(chrome: Browser, company: str) -> None:
    with visitor(chrome, company) as someone:
        page = someone.page
        someone.enter(ADMIN, PASSWORD, "/people/teams/")
        expect(page.get_by_text(re.compile("usage (is|are) in no department"))).to_be_visible()
        page.get_by_role("link", name="Upload CSV").click()
        data = b"team;department\nknown;product\nfiled;product\nknown;twice\n"
        page.get_by_label("CSV file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": data})
        page.get_by_role("button", name="See what changes").click()
        expect(page.get_by_text("is on line 2 already")).to_be_visible()
        assert violations(page) == []
        data = data.rsplit(b"\n", 2)[0]
        page.get_by_label("CSV file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": data})
        page.get_by_role("button", name="See what changes").click()
        expect(page.get_by_role("heading", name="2 entries to add")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Add all 2").click()
        expect(page.get_by_role("status").first).to_have_text("2 entries are added.")
        someone.assert_content()
