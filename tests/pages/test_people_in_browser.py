"""Sharing and one's own account in Chromium: under the policy, by the phone's fingers, and for those who listen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, joined, violations, visitor

KEEPER, READER = "kim@people.example", "rob@people.example"
SIZES = {"desk": DESK, "phone": PHONE}
SMALL = """[...document.querySelectorAll(
    'main a, main button, main select, main input:not([type=checkbox], [type=radio]), label:has(input), .who a',
)].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && box.height && box.height < 44 && one.type !== 'hidden';
}).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> tuple[str, int]:
    """The address of an installation, and a budget in it."""
    joined(request, READER, "Engineer In Browser", "engineer")
    live, key = joined(request, KEEPER, "Finance In Browser", "finance")
    body = {"name": "People’s budget", "amount": 100, "period": "monthly", "scope": {"teams": ["people"]}}
    return live.url, live.send(key, "POST", "budgets/", body)["id"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_people_fit_and_can_be_read_and_touched(
    chrome: Browser, shared: tuple[str, int], size: str, theme: str
) -> None:
    url, pk = shared
    with visitor(chrome, url, viewport=SIZES[size], color_scheme=theme) as someone:
        someone.enter(KEEPER, PASSWORD)
        for path in (f"/budgets/{pk}/share/", "/account/", "/account/password/"):
            someone.go(path)
            someone.assert_no_sideways_scroll()
            assert violations(someone.page) == []
            if size == "phone":
                assert someone.page.evaluate(SMALL) == []
            someone.assert_content()


def test_someone_is_let_in_and_out_again(chrome: Browser, shared: tuple[str, int]) -> None:
    url, pk = shared
    with visitor(chrome, url) as keeper, visitor(chrome, url) as reader:
        keeper.enter(KEEPER, PASSWORD, f"/budgets/{pk}/")
        keeper.page.get_by_role("link", name="Share", exact=True).click()
        keeper.page.get_by_label("People").fill(READER)
        keeper.page.get_by_label("See", exact=True).check()
        keeper.page.get_by_role("button", name="Save").click()
        expect(keeper.page.get_by_role("status")).to_have_text("The sharing of People’s budget is saved.")
        reader.enter(READER, PASSWORD, f"/budgets/{pk}/")
        expect(reader.page.get_by_text("Ask Finance In Browser (kim@people.example)")).to_be_visible()
        expect(reader.page.get_by_text("Given to Engineer In Browser")).to_be_visible()
        keeper.page.get_by_label("Engineer In Browser: Remove").check()
        keeper.page.get_by_role("button", name="Save").click()
        keeper.settle()
        expect(keeper.page.get_by_text("Nothing is given on this budget itself yet.")).to_be_visible()
        reader.go(f"/budgets/{pk}/")
        expect(reader.page.get_by_role("heading", level=1)).to_have_text("No such page, or not shared with you")
        keeper.assert_content()


def test_a_key_is_made_and_gone_after_a_look_elsewhere(chrome: Browser, shared: tuple[str, int]) -> None:
    with visitor(chrome, shared[0]) as someone:
        someone.enter(READER, PASSWORD, "/")
        someone.page.get_by_role("link", name=re.compile("your account")).click()
        someone.page.get_by_label("Name", exact=True).fill("notebook")
        someone.page.get_by_role("button", name="Create the key").click()
        secret = someone.page.locator(".secret").inner_text()
        assert re.fullmatch(r"lcops_[\w-]{43}", secret)
        someone.assert_content()
        someone.go("/account/")
        expect(someone.page.get_by_role("link", name="Rotate notebook")).to_be_visible()
        assert secret not in someone.page.content()
