"""The page of models and the admin's forms as they are laid out and typed into, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor

EMAIL = "mia@models.example"
LONG = "anthropic.claude-3-sonnet-20240229-v1:0-of-the-house-and-then-some"
# How far the lowest words of a row's name are from the hairline below it, in pixels; the least of all rows.
ROOM = """rows => Math.min(...rows.map(row => row.getBoundingClientRect().bottom
    - row.querySelector('.name small').getBoundingClientRect().bottom))"""


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A running CostOps with calls of a long name, of one without a price, an alias and a contract price."""
    live, key = joined(request, EMAIL, "Mia Models")

    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    event = {"occurred_at": at, "provider": "openai"}
    live.send(key, "POST", "usage/", {"events": [{**event, "model": LONG, "cost": "9"}]})
    live.send(key, "POST", "usage/", {"events": [{**event, "model": "mia-house", "input_tokens": 1_000_000}]})
    live.send(key, "POST", "model-aliases/", {"pattern": "mia-*-deployment", "priced_model": "gpt-4o"})
    live.send(
        key,
        "POST",
        "price-overrides/",
        {"model_pattern": "mia-large", "effective_from": "2026-01-01", "rates": {"input": "2"}},
    )
    return live.url


@pytest.fixture(params=["desk", "narrow", "phone"])
def mia(request: pytest.FixtureRequest, chrome: Browser, url: str) -> Iterator[Visitor]:
    sizes = {"desk": DESK, "narrow": {"width": 1024, "height": 800}, "phone": PHONE}
    with visitor(chrome, url, viewport=sizes[request.param]) as someone:
        someone.enter(EMAIL, PASSWORD)
        yield someone


def test_the_form_of_a_contract_price_asks_for_what_was_chosen_and_previews_it(mia: Visitor) -> None:
    page = mia.page
    mia.go("/models/?give=contract&pattern=mia-house")
    page.get_by_label("A percentage off the list price").check()
    expect(page.get_by_label("Input", exact=True)).to_be_hidden()
    expect(page.get_by_label("Percent off")).to_be_visible()
    page.get_by_label("Prices in USD per million tokens").check()
    expect(page.get_by_label("Percent off")).to_be_hidden()
    page.get_by_label("Input", exact=True).fill("3")
    page.get_by_text("Other kinds").click()
    expect(page.get_by_label("Audio output")).to_be_visible()
    page.locator("#id_effective_from").fill("2026-01-01")
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("status")).to_contain_text("1 past call changes: +$3.00 in all.")
    mia.assert_content()
    mia.assert_no_sideways_scroll()
    assert violations(page) == []


def test_names_keep_off_the_lines_and_no_button_is_cut(mia: Visitor) -> None:
    mia.go("/models/")
    assert mia.page.locator(".models tbody tr").evaluate_all(ROOM) >= 5
    ends = mia.page.get_by_role("link", name="End", exact=True)
    assert ends.count() >= 2
    for end in ends.all():
        box, card = end.bounding_box(), end.locator("xpath=ancestor::section").bounding_box()
        assert box
        assert card
        assert box["x"] >= card["x"]
        assert box["x"] + box["width"] <= card["x"] + card["width"] - 8
    mia.assert_no_sideways_scroll()


def test_admin_forms_with_dates_stay_inside_the_page(mia: Visitor) -> None:
    for path in ("usage/priceoverride", "usage/modelalias", "usage/teamdepartment", "accounts/apikey"):
        mia.go(f"/admin/{path}/add/")
        mia.assert_no_sideways_scroll()
        for field in mia.page.locator("form .datetime input").all():
            box = field.bounding_box()
            assert box
            assert box["x"] + box["width"] <= mia.page.viewport_size["width"]  # type: ignore[index]


def test_a_model_is_completed_before_and_after_a_look_at_what_changes(mia: Visitor) -> None:
    page = mia.page
    mia.go("/models/")
    page.get_by_label("Name as it is called").fill("mia-house")
    model, found = page.get_by_label("Priced as model"), page.get_by_role("listbox").get_by_role("option")
    model.press_sequentially("text-embedding-3-la")
    expect(found).to_have_count(1)
    expect(found).to_have_attribute("aria-selected", "true")
    model.press("Enter")
    expect(model).to_have_value("text-embedding-3-large")
    expect(found).to_have_count(0)
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator("#give")).to_contain_text("past call")
    mia.settle()
    page.get_by_label("Priced as at provider").press_sequentially("anthr")
    expect(found.filter(visible=True)).to_have_text(["anthropic"])
    mia.assert_content()
    mia.assert_no_sideways_scroll()
