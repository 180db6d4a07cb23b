"""The names that the scope builder offers: those of real usage that one may see, the costliest first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def offered(page: HttpResponse) -> list[str]:
    """The names, in the order in which they are offered."""
    return [unescape(name) for name in re.findall(r'role="option"[^>]*data-value="([^"]*)"', page.content.decode())]


def test_names_are_offered_that_begin_with_the_text_then_those_that_hold_it_the_costliest_first(
    signed_in: SignIn,
) -> None:
    spend(call(1, team="Backend"), call(5, team="backoffice"), call(9, team="feedback"), call(50, team="search"))
    client = signed_in("finance")
    assert offered(client.get("/budgets/names/", {"key": "teams", "q": "BACK"})) == [
        "backoffice",
        "Backend",
        "feedback",
    ]
    page = client.get("/budgets/names/", {"key": "teams"})
    assert offered(page) == ["search", "feedback", "backoffice", "Backend"]
    assert "search $50.00" in text_of(page)


def test_at_most_eight_are_offered_and_the_rest_is_counted(signed_in: SignIn) -> None:
    spend(*[call(number + 1, project=f"p{number}") for number in range(20)])
    page = signed_in("finance").get("/budgets/names/", {"key": "projects"})
    assert offered(page) == [f"p{number}" for number in range(19, 11, -1)]
    assert "and 12 more" in text_of(page)


def test_a_name_that_nothing_uses_is_answered_with_the_nearest(signed_in: SignIn) -> None:
    spend(call(1, team="backend", at=now() - timedelta(days=90)))
    client = signed_in("finance")
    page = client.get("/budgets/names/", {"key": "teams", "q": "bakcend"})
    assert offered(page) == ["backend"]
    assert "the nearest in use" in text_of(page)
    assert "none lately" in text_of(client.get("/budgets/names/", {"key": "teams", "q": "back"}))
    assert "No usage names “zzz” yet." in text_of(client.get("/budgets/names/", {"key": "teams", "q": "zzz"}))


def test_tags_and_their_values_are_offered(signed_in: SignIn) -> None:
    budget("Chat", 10, scope={"tags": {"feature": ["chat"]}})
    spend(call(5, tags={"feature": "chat"}), call(7, tags={"feature": "search"}))
    client = signed_in("finance")
    assert "feature" in offered(client.get("/budgets/names/", {"key": "tags"}))
    assert offered(client.get("/budgets/names/", {"key": "tags", "tag": "feature"})) == ["search", "chat"]


def test_names_of_usage_that_one_may_not_see_are_not_offered(signed_in: SignIn) -> None:
    mine, lead = budget("Backend", 100, scope={"teams": ["backend"]}), person("lead")
    share(mine, lead, "change_budget")
    spend(call(5, team="backend", model="gpt-4"), call(70, team="backstage", model="secret-model"))
    client = signed_in(lead)
    assert offered(client.get("/budgets/names/", {"key": "teams", "q": "back"})) == ["backend"]
    assert offered(client.get("/budgets/names/", {"key": "models"})) == ["gpt-4"]
    assert "backstage" not in client.get("/budgets/names/", {"key": "teams", "q": "backstag"}).content.decode().replace(
        "backstag”", ""
    )
    assert offered(signed_in("finance").get("/budgets/names/", {"key": "teams", "q": "back"})) == [
        "backstage",
        "backend",
    ]
    assert signed_in("viewer").get("/budgets/names/", {"key": "teams"}).status_code == 403
    assert Client().get("/budgets/names/", {"key": "teams"}).status_code == 302


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "日本語チーム", "فريق الذكاء", 'say "hi", you', "x" * 200]
)
def test_any_name_is_offered_as_it_is(signed_in: SignIn, name: str) -> None:
    spend(call(1, team=name))
    page = signed_in("finance").get("/budgets/names/", {"key": "teams", "q": name[:3]})
    assert offered(page) == [name]
    assert "<script>" not in page.content.decode()


@pytest.mark.parametrize(
    ("query", "status"), [({}, 404), ({"key": "amount"}, 404), ({"key": "teams", "q": "\x00"}, 200)]
)
def test_what_is_no_key_is_not_there(signed_in: SignIn, query: dict[str, str], status: int) -> None:
    page = signed_in("finance").get("/budgets/names/", query)
    assert page.status_code == status
    assert offered(page) == []


def test_it_takes_as_many_statements_for_many_names_as_for_few(signed_in: SignIn) -> None:
    mine, lead = budget("All", 100), person("lead")
    share(mine, lead, "change_budget")
    client, counts = signed_in(lead), []
    for count in (2, 40):
        spend(*[call(1, team=f"team-{count}-{number}") for number in range(count)])
        client.get("/budgets/names/", {"key": "teams"})
        with CaptureQueriesContext(connection) as found:
            client.get("/budgets/names/", {"key": "teams"})
        counts.append(len(found))
    assert counts[0] == counts[1]
