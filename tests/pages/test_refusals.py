"""What people are told who may not do something, or look for what is not there: whom to ask, and for what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import person
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.mark.parametrize("role", ["finance", "lead", "approver", "engineer", "viewer"])
def test_who_may_not_enter_the_admin_site_is_sent_to_administrators(signed_in: SignIn, role: str) -> None:
    person("admin", "ada@company.com")
    person("finance", "dana@company.com")
    page = signed_in(role).get("/admin/", follow=True)
    assert page.status_code == 403
    assert "You may not do this Only administrators may open the admin site. You can ask ada@company.com." in text_of(
        page
    )
    assert "dana@company.com" not in text_of(page)


@pytest.mark.parametrize("role", ["admin", "finance"])
@pytest.mark.parametrize("path", ["/budgets/4711/", "/nothing/"])
def test_who_sees_everything_is_not_told_to_have_it_shared(signed_in: SignIn, role: str, path: str) -> None:
    page = signed_in(role).get(path)
    assert page.status_code == 404
    assert "No such page" in text_of(page)
    assert "share" not in text_of(page)


def test_others_are_told_what_to_ask_for(signed_in: SignIn) -> None:
    page = signed_in(person("viewer", "vic@company.com")).get("/budgets/4711/")
    assert "ask them to share it with vic@company.com" in text_of(page)
