"""Every page that there is, as the addresses of the product name them, at both sizes and in both themes: axe finds no
violation, nothing is wider than the window, and neither the console nor the content security policy complains.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, visitor

ADMIN = "eve@every.example"
#: Addresses of others: the admin site and the API have tests of their own.
OTHERS = ("admin/", "api/")
MISSING = "no-such-page/"
#: What a page looks like with something asked of it.
ASKED = [
    "budgets/?q=every",
    "budgets/?q=nothing-like-it",
    "budgets/?state=at-risk",
    "budgets/?state=archived",
    "usage/?range=90d&by=team&by=model",
    "usage/?range=7d&by=tag:suite",
    "usage/?by=team&team=nothing-like-it",
    "usage/calls/?team=every",
    "search/?q=every",
    "models/?pattern=every-llm-2&like=gpt-4o",
    "people/?q=eve",
    MISSING,
]


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """An installation with something on every page, and what the addresses of pages name in it."""
    live, key = joined(request, ADMIN, "Eve Every")
    top = {"name": "Every company", "amount": 900, "scope": {"tags": {"suite": ["every"]}}}
    above = live.send(key, "POST", "budgets/", top)["id"]
    part = {"name": "Every team", "amount": 90, "parent_budget": above, "scope": {"teams": ["every"]}}
    live.send(key, "POST", "budgets/", {**part, "alerts": [{"threshold": 0.5, "channels": ["email"]}]})
    gone = live.send(key, "POST", "budgets/", {"name": "Every gone", "amount": 9, "scope": {"teams": ["every-gone"]}})
    live.send(key, "DELETE", f"budgets/{gone['id']}/")
    now = datetime.now(UTC)
    call = {"provider": "openai", "model": "gpt-4", "team": "every", "tags": {"suite": "every"}}
    times = [now - timedelta(days=3 * number) for number in range(20)]
    events = [{**call, "cost": "4.5", "occurred_at": at.isoformat()} for at in times]
    live.send(key, "POST", "usage/", {"events": [*events, {**call, "model": "every-llm-2", "input_tokens": 5}]})
    return live.url, {"budgets": above}


@pytest.fixture
def eve(chrome: Browser, company: tuple[str, dict[str, Any]]) -> Iterator[Visitor]:
    with visitor(chrome, company[0]) as someone:
        someone.enter(ADMIN, PASSWORD)
        yield someone


def addresses(resolver: URLResolver, above: str = "") -> Iterator[str]:
    """Every address below a resolver, as its patterns are written."""
    for found in resolver.url_patterns:
        address = above + str(found.pattern)
        if isinstance(found, URLPattern):
            yield address
        elif not address.startswith(OTHERS):
            yield from addresses(found, address)


def made(eve: Visitor, budget: int) -> dict[str, str]:
    """What stands in the place of an address's parameters: made or found by the pages."""
    page = eve.page
    eve.go("/people/?q=eve@every")
    person = page.get_by_role("link", name="Eve Every", exact=True).last.get_attribute("href") or ""
    eve.go("/people/groups/")
    page.get_by_label("Name").fill("every group")
    page.get_by_role("button", name="Make the group").click()
    eve.settle()
    group = page.url.removeprefix(eve.url)
    eve.go("/budgets/import/")
    text = page.request.get(f"{eve.url}/budgets/plan.csv").body().replace(b"Every team", b"Every other team")
    file = {"name": "plan.csv", "mimeType": "text/csv", "buffer": text}
    page.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show what it would change").click()
    eve.settle()
    plan = page.url.removeprefix(eve.url)
    return {
        "budgets/import/<uuid:pk>/": plan.lstrip("/"),
        "budgets/<int:pk>/": f"budgets/{budget}/",
        "people/<int:pk>/": person.lstrip("/"),
        "people/groups/<int:pk>/": group.lstrip("/"),
        "^account/reset/(?P<uidb36>": "account/reset/1-no-longer/",
        "account/sessions/<int:pk>/": "account/sessions/1/",
        "account/keys/<int:pk>/": "account/keys/1/",
        "usage/views/<int:pk>/": "usage/views/1/",
        "models/aliases/<int:pk>/": "models/aliases/1/",
        "models/contract-prices/<int:pk>/": "models/contract-prices/1/",
    }


def filled(address: str, places: dict[str, str]) -> str:
    """The address with its parameters; a new kind of parameter has to be made first."""
    if "<" not in address:
        return address
    beginning = max((known for known in places if address.startswith(known)), key=len, default=None)
    assert beginning, f"{address} is new: say in `made` what stands in it"
    return places[beginning] if address.startswith("^") else places[beginning] + address.removeprefix(beginning)


def is_page(someone: Visitor, path: str) -> bool:
    """Whether a browser that goes there is shown a page: no form's target, no part of a page, no download."""
    answer = someone.page.request.get(f"{someone.url}/{path}", max_redirects=0)
    kind = answer.headers.get("content-type", "")
    return answer.status == 200 and kind.startswith("text/html") and b"<html" in answer.body()[:500]


def wrong_with(page: Page) -> list[str]:
    """What axe finds in the page as it is now, and whether it is too wide."""
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, "wider than the window"] if wide else found


def assert_sound(someone: Visitor, paths: list[str]) -> None:
    """Looks at each page at both sizes and in both themes."""
    wrong: dict[str, list[str]] = {}
    for path in paths:
        someone.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        someone.go(f"/{path}")
        for size in (DESK, PHONE):
            someone.page.set_viewport_size(size)  # type: ignore[arg-type]
            for theme in ("light", "dark"):
                someone.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                someone.settle()
                if found := wrong_with(someone.page):
                    wrong[f"/{path} {size['width']} {theme}"] = found
        if path == MISSING:
            someone.complaints.clear()
        someone.assert_content()
    assert wrong == {}


def test_every_page_is_clean_and_accessible(eve: Visitor, company: tuple[str, dict[str, Any]]) -> None:
    places = made(eve, company[1]["budgets"])
    paths = dict.fromkeys(filled(address, places) for address in addresses(get_resolver()))
    pages = [path for path in paths if is_page(eve, path)]
    assert len(pages) > 30
    assert_sound(eve, [*pages, *ASKED])


def test_so_is_what_people_see_before_they_sign_in(chrome: Browser, company: tuple[str, dict[str, Any]]) -> None:
    with visitor(chrome, company[0]) as someone:
        paths = [address for address in addresses(get_resolver()) if "<" not in address]
        pages = [path for path in [*paths, "account/reset/1-no-longer/"] if is_page(someone, path)]
        assert {"sign-in/", "account/reset/", "account/reset/1-no-longer/"} <= set(pages)
        assert_sound(someone, pages)
