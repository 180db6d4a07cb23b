"""The search finds what one may see, by any part of its name, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
HTMX = {"hx-request": "true"}


@pytest.fixture
def company() -> dict[str, object]:
    """A company with a team that a viewer sees and another whose every name holds the word hidden."""
    top = budget("Hidden company", 10)
    seen = budget("Search", 5, top, scope={"teams": ["search"]})
    budget("Hidden search", 5, top, scope={"teams": ["hidden-search"]})
    spend(
        call(1, team="search", project="search-api", model="search-embed", user="search@company.com"),
        call(1, team="hidden-search", project="hidden-search", model="hidden-search", user="hidden-search@company.com"),
    )
    viewer = person("viewer", "sam.search@company.com")
    person("lead", "hidden.search@company.com")
    share(seen, viewer)
    return {"viewer": viewer, "seen": seen}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_names_of_every_kind_are_found_and_lead_to_their_page(signed_in: SignIn, company, headers) -> None:
    page = signed_in("finance").get("/search/?q=SEARCH", headers=headers)
    text = text_of(page)
    for name in ("Hidden search", "sam.search@company.com", "hidden-search", "search-api", "search-embed"):
        assert name in text
    assert f'href="/budgets/{company["seen"].pk}/"' in page.content.decode()
    assert "/usage/?by=project&amp;team=search" in page.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nothing_that_one_may_not_see_is_found(signed_in: SignIn, company, headers) -> None:
    client = signed_in(company["viewer"])
    text = text_of(client.get("/search/?q=search", headers=headers))
    assert "Search" in text
    assert "search-api" in text
    assert "idden" not in text
    hidden, absent = (text_of(client.get(f"/search/?q={q}", headers=headers)) for q in ("hidden", "absent"))
    assert hidden.replace("hidden", "X") == absent.replace("absent", "X")


def test_what_is_archived_is_found_last_and_said_to_be(signed_in: SignIn, company) -> None:
    archive_budget(company["seen"], Actor(None), now())
    text = text_of(signed_in("finance").get("/search/?q=search"))
    assert text.index("Hidden search") < text.index("archived · team: search")


@pytest.mark.parametrize(
    "query", ["", " ", "%", "_", "\\", "\x00", "'", "<script>alert(1)</script>", "x" * 500, "עברית"]
)
def test_any_text_can_be_searched_for(signed_in: SignIn, query: str) -> None:
    budget("Plain", 5)
    for headers in ({}, HTMX):
        page = signed_in("finance").get("/search/", {"q": query}, headers=headers)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "Plain" not in text_of(page)


def test_a_thousand_budgets_cost_as_many_queries_as_five(signed_in: SignIn) -> None:
    client = signed_in("finance")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/?q=part")
        return len(captured)

    Budget.objects.bulk_create(Budget(name=f"Part {n}", amount=1) for n in range(5))
    few = queries()
    Budget.objects.bulk_create(Budget(name=f"Part {n}", amount=1) for n in range(500))
    assert queries() == few <= 10
    assert "50+" in text_of(client.get("/search/?q=part"))
