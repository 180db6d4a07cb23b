"""Every page that there is, as the addresses of the product name them, at both sizes and in both themes: axe finds no
violation, nothing is wider than the window, and neither the console nor the content security policy complains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, FilePayload, Page

from tests.pages.browser import DESK, PASSWORD, PHONE, Visitor, joined, violations, visitor

ADMIN = "eve@every.example"
#: Addresses of others: the admin site and the API have tests of their own.
OTHERS = ("admin/", "api/")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MISSING = "no-such-page/"
#: Downloads, what programs ask, and parts of pages.
NO_PAGE = (
    r"\.csv$|^(healthz|readyz|metrics)$|/complete/|/(fit|names|limits|values|call)/|^budgets/names/|^models/names/"
)
#: What a page looks like with something asked of it.
ASKED = [
    "budgets/?q=every",
    "budgets/?q=nothing-like-it",
    "budgets/?state=at-risk",
    "budgets/?state=archived",
    "forecasts/?q=every",
    "forecasts/?q=nothing-like-it",
    "usage/?range=90d&by=team&by=model",
    "usage/?range=7d&by=tag:suite",
    "usage/?by=team&team=nothing-like-it",
    "usage/calls/?team=every",
    "search/?q=every",
    "models/?pattern=every-llm-2&like=gpt-4o",
    "people/?q=eve",
    MISSING,
]


@dataclass
class Company:
    """An installation with something on every page, and the ids of what addresses name in it."""

    url: str
    budget: int
    gone: int
    alias: int
    override: int
    scenarios: str


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest) -> Company:
    live, key = joined(request, ADMIN, "Eve Every")

    def made(path: str, **fields: Any) -> int:
        return int(live.send(key, "POST", path, fields)["id"])

    above = made("budgets/", name="Every company", amount=900, scope={"tags": {"suite": ["every"]}})
    alerts = [{"threshold": 0.5, "channels": ["email"]}]
    made("budgets/", name="Every team", amount=90, parent_budget=above, scope={"teams": ["every"]}, alerts=alerts)
    gone = made("budgets/", name="Every gone", amount=9, scope={"teams": ["every-gone"]})
    live.send(key, "DELETE", f"budgets/{gone}/")
    alias = made("model-aliases/", pattern="every-llm-3", priced_model="gpt-4o", provider="openai")
    override = made(
        "price-overrides/",
        model_pattern="every-*",
        provider="every",
        percent_off=5,
        effective_from=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    now = datetime.now(UTC)
    call = {"provider": "openai", "model": "gpt-4", "team": "every", "tags": {"suite": "every"}}
    times = [now - timedelta(days=3 * number) for number in range(20)]
    events = [{**call, "cost": "4.5", "occurred_at": at.isoformat()} for at in times]
    live.send(key, "POST", "usage/", {"events": [*events, {**call, "model": "every-llm-2", "input_tokens": 5}]})
    assumed = [{"name": "Launch", "assumptions": {"additional_requests": 100, "average_cost": "0.5"}}]
    kept = live.send(key, "POST", f"budgets/{above}/scenario-sets/", {"name": "Every launch", "scenarios": assumed})
    return Company(live.url, above, gone, alias, override, kept["id"])


@pytest.fixture
def eve(chrome: Browser, company: Company) -> Iterator[Visitor]:
    with visitor(chrome, company.url) as someone:
        someone.sign_in(ADMIN, PASSWORD)  # one place to sign out of
    with visitor(chrome, company.url) as someone:
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


def leads_to(eve: Visitor, path: str, pattern: str) -> str:
    """The first address on a page that a pattern fits, without the slash that it begins with."""
    eve.go(path)
    found = re.search(rf'(?:href|action)="/({pattern})"', eve.page.content())
    assert found, f"{path} leads to no {pattern}"
    return found[1]


def made(eve: Visitor, company: Company) -> dict[str, str]:
    """What stands in the place of an address's parameters: made or found by the pages."""
    page = eve.page
    eve.go("/people/groups/")
    page.get_by_label("Name").fill("every group")
    page.get_by_role("button", name="Make the group").click()
    eve.settle()
    group = page.url.removeprefix(f"{eve.url}/")
    eve.go("/budgets/import/")
    text = page.request.get(f"{eve.url}/budgets/plan.csv").body().replace(b"Every team", b"Every other team")
    file: FilePayload = {"name": "plan.csv", "mimeType": "text/csv", "buffer": text}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Show what it would change").click()
    eve.settle()
    plan = page.url.removeprefix(f"{eve.url}/")
    return {
        "budgets/import/<uuid:pk>/": plan,
        "budgets/<int:pk>/scenarios/<uuid:saved>/": f"budgets/{company.budget}/scenarios/{company.scenarios}/",
        "budgets/<int:pk>/": f"budgets/{company.budget}/",
        "budgets/<int:pk>/forecast/": f"budgets/{company.budget}/forecast/",
        "budgets/<int:pk>/restore/": f"budgets/{company.gone}/restore/",
        "people/<int:pk>/": leads_to(eve, "/people/?q=eve@every", r"people/\d+/"),
        "people/groups/<int:pk>/": group,
        "models/names/<str:what>/": "models/names/models/",
        "^account/reset/(?P<uidb36>": "account/reset/1-no-longer/",
        "account/sessions/<int:pk>/": leads_to(eve, "/account/sessions/", r"account/sessions/\d+/end/").removesuffix(
            "end/"
        ),
        "account/keys/<int:pk>/": leads_to(eve, "/account/", r"account/keys/\d+/rotate/").removesuffix("rotate/"),
        "usage/views/<int:pk>/": "usage/views/1/",
        "models/aliases/<int:pk>/": f"models/aliases/{company.alias}/",
        "models/contract-prices/<int:pk>/": f"models/contract-prices/{company.override}/",
    }


def filled(address: str, places: dict[str, str]) -> str:
    """The address with its parameters; a new kind of parameter has to be made first."""
    if "<" not in address:
        return address
    beginning = max((known for known in places if address.startswith(known)), key=len, default=None)
    assert beginning, f"{address} is new: say in `made` what stands in it"
    return places[beginning] if address.startswith("^") else places[beginning] + address.removeprefix(beginning)


def is_page(someone: Visitor, path: str) -> bool:
    """Whether a browser that goes there is shown a page: no form's target, no part of a page, no download. What is none
    has to be known as that: a page that fails is not passed over.
    """
    answer = someone.page.request.get(f"{someone.url}/{path}", max_redirects=0)
    kind = answer.headers.get("content-type", "")
    shown = answer.status == 200 and kind.startswith("text/html") and b"<html" in answer.body()[:500]
    known = answer.status in (302, 405) or re.search(NO_PAGE, path) is not None
    assert shown or known, f"/{path} answers {answer.status}, {kind}"
    return shown


def wrong_with(page: Page) -> list[str]:
    """What axe finds in the page as it is now, and whether it is too wide."""
    found = violations(page)
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, "wider than the window"] if wide else found


def assert_sound(someone: Visitor, paths: list[str]) -> None:
    """Looks at each page at both sizes and in both themes."""
    wrong: dict[str, list[str]] = {}
    for path in paths:
        someone.page.set_viewport_size(DESK)
        someone.go(f"/{path}")
        for size in (DESK, PHONE):
            someone.page.set_viewport_size(size)
            for theme in THEMES:
                someone.page.emulate_media(color_scheme=theme)
                someone.settle()
                if found := wrong_with(someone.page):
                    wrong[f"/{path} {size['width']} {theme}"] = found
        if path == MISSING:
            someone.complaints.clear()
        someone.assert_content()
    assert wrong == {}


def test_every_page_is_clean_and_accessible(eve: Visitor, company: Company) -> None:
    places = made(eve, company)
    paths = dict.fromkeys(filled(address, places) for address in addresses(get_resolver()))
    pages = [path for path in paths if is_page(eve, path)]
    scenarios = "scenarios/?1-name=More&1-growth=10&2-name=Less&2-reduction=130&3-name=Cheaper&3-reduction=30"
    asked = [f"budgets/{company.budget}/{question}" for question in ("?view=steps", scenarios)]
    assert_sound(eve, [*pages, *asked, *ASKED])


def test_so_is_what_people_see_before_they_sign_in(chrome: Browser, company: Company) -> None:
    with visitor(chrome, company.url) as someone:
        paths = [address for address in addresses(get_resolver()) if "<" not in address]
        pages = [path for path in [*paths, "account/reset/1-no-longer/"] if is_page(someone, path)]
        assert {"sign-in/", "account/reset/", "account/reset/1-no-longer/"} <= set(pages)
        assert_sound(someone, pages)
