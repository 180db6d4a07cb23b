"""Who may do what with a budget: its page of sharing, what the history says of it, and whom to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from guardian.shortcuts import assign_perm

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from tests.factories import Api, budget, now, person, share
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def named(role: str, name: str) -> User:
    """Someone with a name: "Lena Lee" is lena@company.com."""
    someone = person(role, f"{name.split()[0].lower()}@company.com")
    someone.name = name
    someone.save()
    return someone


def test_who_may_not_change_a_budget_is_told_up_to_three_who_can_the_nearest_first(signed_in: SignIn) -> None:
    top = budget("Company")
    middle = budget("Engineering", parent=top)
    found = budget("Backend", parent=middle)
    viewer, group = named("viewer", "Vic Viewer"), Group.objects.create(name="platform")
    share(found, viewer)
    named("finance", "Fay Finance")
    share(top, named("lead", "Ann Above"), "change_budget")
    share(middle, named("lead", "Zoe Near"), "change_budget")
    named("engineer", "Gus Grouped").groups.add(group)
    assign_perm("change_budget", group, found)
    share(found, named("lead", "Una Usher"), "view_budget")
    gone = named("lead", "Leo Left")
    gone.is_active = False
    gone.save()
    share(found, gone, "change_budget")
    client = signed_in(viewer)
    ask = "Ask Gus Grouped (gus@company.com), Zoe Near (zoe@company.com) or Ann Above (ann@company.com)."
    for answer in (client.get(f"/budgets/{found.pk}/"), client.get(f"/budgets/{found.pk}/edit/")):
        assert f"editors can change this budget. {ask}" in text_of(answer)
        assert "Fay Finance" not in text_of(answer)
    refused = Api(viewer).patch(f"budgets/{found.pk}/", {"name": "Mine"})
    assert (refused.status_code, ask in refused.json()["error"]["message"]) == (403, True)


def test_no_more_than_three_are_named(signed_in: SignIn) -> None:
    found, viewer = budget("Backend"), person("viewer")
    share(found, viewer)
    for name in ("Ann One", "Ben Two", "Cal Three", "Dan Four"):
        share(found, named("lead", name), "change_budget")
    text = text_of(signed_in(viewer).get(f"/budgets/{found.pk}/"))
    assert "Cal Three" in text
    assert "Dan Four" not in text


def test_where_nobody_else_may_change_a_budget_finance_is_named_and_else_administrators(signed_in: SignIn) -> None:
    found, viewer = budget("Backend"), person("viewer")
    share(found, viewer)
    named("admin", "Ada Admin")
    client = signed_in(viewer)
    assert "Ask Ada Admin (ada@company.com)." in text_of(client.get(f"/budgets/{found.pk}/edit/"))
    named("finance", "Fay Finance")
    assert "Ask Fay Finance (fay@company.com)." in text_of(client.get(f"/budgets/{found.pk}/edit/"))


@pytest.mark.parametrize("path", ["/budgets/new/", "/models/price-again/"])
def test_a_page_that_says_ask_says_whom(signed_in: SignIn, path: str) -> None:
    named("finance", "Fay Finance")
    answer = signed_in("viewer").post(path)
    assert answer.status_code == 403
    assert text_of(answer).count("Fay Finance (fay@company.com)") == 1


def test_the_history_says_what_a_change_of_sharing_gave_and_took_with_names(signed_in: SignIn) -> None:
    found, admin = budget("Backend"), named("admin", "Ada Admin")
    lena, ben = named("lead", "Lena Lee"), person("engineer", "ben@company.com")
    group = Group.objects.get(name="engineer")
    set_shares(found, [Grant(lena, ["see", "request"]), Grant(ben, ["see"])], Actor(admin), now())
    changed = [Grant(lena, ["see", "edit"]), Grant(group, ["see", "decide"])]
    set_shares(found, changed, Actor(admin, "They build it"), now())
    text = text_of(signed_in(admin).get(f"/budgets/{found.pk}/"))
    latest, first = (part.partition(" Made")[0] for part in text.split("Sharing changed by Ada Admin")[1:])
    assert "Given to Lena Lee, lena@company.com: edit" in latest
    assert "Taken from Lena Lee, lena@company.com: ask for more" in latest
    assert "Taken from ben@company.com: see" in latest
    assert "Given to group engineer: see, decide requests" in latest
    assert "They build it" in latest
    assert "Given to Lena Lee, lena@company.com: see, ask for more" in first
    assert "Given to ben@company.com: see" in first
    changes = Api(admin).get(f"budgets/{found.pk}/changes/").json()["results"]
    before, after = changes[0]["before"]["shares"], changes[0]["after"]["shares"]
    assert before == [{"user": "ben@company.com", "may": ["see"]}, {"user": lena.email, "may": ["see", "request"]}]
    assert after == [
        {"group": "engineer", "may": ["see", "decide"]},
        {"user": "lena@company.com", "may": ["see", "edit"]},
    ]
