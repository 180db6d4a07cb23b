"""People and groups that are offered while one types: of those whom one may see, a few, the nearest first."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from tests.factories import budget, now, person, share
from tests.pages.test_share_page import named

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def offered(client: Client, what: str, text: str) -> list[str]:
    """The values that are offered for a text."""
    page = client.get(f"/people/complete/{what}/", {"q": text})
    return [unescape(value) for value in re.findall(r'data-value="([^"]*)"', page.content.decode())]


def test_people_are_offered_by_name_and_address_those_that_begin_so_first(signed_in: SignIn) -> None:
    named("lead", "Lena Lee")
    person("lead", "elena@company.com")
    named("engineer", "Ben Bo")
    gone = named("lead", "Lena2 Left")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    client = signed_in(named("admin", "Ada Admin"))
    assert offered(client, "people", "LEN") == ["lena@company.com", "elena@company.com"]
    assert offered(client, "people", "bo") == ["ben@company.com"]
    assert offered(client, "people", "") == []
    assert offered(client, "people", "\x00") == []


def test_nobody_is_offered_whom_one_may_not_see(signed_in: SignIn) -> None:
    editor, lena = named("lead", "Eve Editor"), named("lead", "Lena Lee")
    named("lead", "Lena2 Hidden")
    found = budget("Backend")
    share(found, editor, "change_budget")
    share(found, lena)
    client = signed_in(editor)
    assert offered(client, "people", "lena") == ["lena@company.com"]
    assert len(offered(signed_in("admin"), "people", "lena")) == 2


def test_groups_are_offered_with_the_roles_that_something_can_be_shared_with(signed_in: SignIn) -> None:
    editor, found = named("lead", "Eve Editor"), budget("Backend")
    own, given, hidden = (Group.objects.create(name=name) for name in ("own engine", "given engine", "hidden engine"))
    own.user_set.add(editor)
    set_shares(found, [Grant(editor, ["edit"]), Grant(given, ["see"])], Actor(None), now())
    assert offered(signed_in(editor), "groups", "engine") == ["engineer", "given engine", "own engine"]
    assert hidden.name in offered(signed_in("admin"), "groups", "engine")
    assert offered(signed_in("admin"), "groups", "fin") == []
    assert offered(signed_in(editor), "plain-groups", "engine") == ["given engine", "own engine"]


def test_a_thousand_people_cost_as_many_queries_as_ten(signed_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert offered(client, "people", "company")
        return len(seen)

    editor, found = named("lead", "Eve Editor"), budget("Backend")
    share(found, editor, "change_budget")
    client = signed_in(editor)
    queries()
    few = queries()
    group = Group.objects.create(name="all")
    User.objects.bulk_create(User(email=f"p{number}@company.com") for number in range(1000))
    group.user_set.set(User.objects.all())
    assert queries() <= few


def test_markup_in_a_name_is_text(signed_in: SignIn) -> None:
    someone = person("lead", "x@company.com")
    someone.name = '"><script>alert(1)</script>'
    someone.save()
    page = signed_in("admin").get("/people/complete/people/?q=alert").content.decode()
    assert "<script>" not in page
    assert 'data-value="x@company.com"' in page


def test_who_is_not_signed_in_is_offered_nothing(client: Client) -> None:
    for what in ("people", "groups", "plain-groups"):
        assert client.get(f"/people/complete/{what}/?q=a").status_code == 302
