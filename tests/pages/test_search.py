"""The search finds what one may see, by any part of its name, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

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


def test_of_many_budgets_the_live_ones_that_begin_with_the_text_come_first(signed_in: SignIn) -> None:
    Budget.objects.bulk_create(Budget(name=f"A part {n}", amount=1, archived_at=now()) for n in range(60))
    Budget.objects.bulk_create(Budget(name=f"B part {n}", amount=1) for n in range(60))
    Budget.objects.create(name="Part of it", amount=1)
    text = text_of(signed_in("finance").get("/search/?q=part", headers=HTMX))
    assert text.index("Part of it") < text.index("B part 0")
    assert "A part" not in text


def test_what_a_viewer_sees_costs_as_many_queries_among_a_thousand_budgets_and_names(signed_in: SignIn) -> None:
    mine = budget("Mine", 5, scope={"teams": ["mine"]})
    spend(call(1, team="mine", project="mine-project", model="mine-model", user="mine@company.com"))
    viewer = person("viewer")
    share(mine, viewer)
    client = signed_in(viewer)

    def found() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/search/?q=m")
        return len(captured), text_of(page)

    few, words = found()
    for n in range(0, 1_000, 250):
        spend(*(call(1, team=f"m-{n + k}", project=f"m-{n + k}", user=f"m-{n + k}@company.com") for k in range(250)))
    Budget.objects.bulk_create(Budget(name=f"m {n}", amount=1, parent=None) for n in range(1_000))
    for n in range(5):
        share(budget(f"Mine {n}", 5, mine, scope={"teams": [f"m-{n}"]}), viewer)
    many, more_words = found()
    assert many == few <= 20
    assert "mine-project" in words
    assert "m-7" not in more_words
    assert "m-3" in more_words


def test_a_name_whose_usage_came_before_the_budget_was_for_it_is_not_found(signed_in: SignIn) -> None:
    noon = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    spend(
        call(1, noon - timedelta(hours=2), team="early"),
        call(1, noon + timedelta(hours=2), team="early", project="late-project"),
    )
    team = budget("Team", 5, scope={"teams": ["early"]}, at=noon - timedelta(days=9))
    archive_budget(team, Actor(None), noon)
    viewer = person("viewer")
    share(team, viewer)
    client = signed_in(viewer)
    assert "early" in text_of(client.get("/search/?q=earl"))
    assert "late-project" not in text_of(client.get("/search/?q=late"))
    assert "late-project" in text_of(signed_in("finance").get("/search/?q=late"))
