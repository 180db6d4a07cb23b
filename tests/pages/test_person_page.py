"""The page of one person: every budget they reach, what they may do there, from where and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain.groups import rename_group
from accounts.models import User
from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_right, set_shares
from budgets.models import Budget
from tests.factories import budget, person, share
from tests.pages.reading import row_of, text_of
from tests.pages.test_share_page import named

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
YEAR = datetime.now(UTC).year - 1


def day(month: int, number: int = 3) -> datetime:
    """Noon of a day last year."""
    return datetime(YEAR, month, number, 12, tzinfo=UTC)


def give(found: Budget, at: datetime, **grants: tuple[User | Group, list[str]]) -> None:
    """Shares a budget with all of these, at an instant."""
    set_shares(found, [Grant(who, may) for who, may in grants.values()], Actor(None), at)


def test_each_budget_says_what_they_may_do_from_where_and_since_when(signed_in: SignIn) -> None:
    lena, group = named("lead", "Lena Lee"), Group.objects.create(name="platform")
    group.user_set.add(lena)
    top = budget("Company", at=day(1))
    middle = budget("Engineering", parent=top, at=day(1), owner=lena)
    found = budget("Backend", parent=middle, at=day(1))
    give(top, day(2), group=(group, ["see", "decide"]))
    give(found, day(3), lena=(lena, ["edit"]))
    page = signed_in("finance").get(f"/people/{lena.pk}/")
    assert row_of(page, "Company") == f"Company see, decide through the group platform , given here since Feb 3, {YEAR}"
    assert row_of(page, "Engineering") == (
        "Engineering Company see, request, decide"
        f" as its owner see, request since Jan 3, {YEAR}"
        f" through the group platform , from Company above see, decide since Feb 3, {YEAR}"
    )
    assert row_of(page, "Backend") == (
        "Backend Company / Engineering see, edit, request, decide"
        f" given here edit since Mar 3, {YEAR}"
        f" as the owner of Engineering see, request since Jan 3, {YEAR}"
        f" through the group platform , from Company above see, decide since Feb 3, {YEAR}"
    )


def test_rights_that_came_at_different_times_are_told_apart(signed_in: SignIn) -> None:
    lena, found = named("lead", "Lena Lee"), budget("Backend", at=day(1))
    set_right(found, lena, "see", Actor(None), day(2), given=True)
    set_right(found, lena, "edit", Actor(None), day(4), given=True)
    page = signed_in("admin").get(f"/people/{lena.pk}/")
    assert f"given here see since Feb 3, {YEAR} ; edit since Apr 3, {YEAR}" in row_of(page, "Backend")


def test_what_was_taken_and_given_again_holds_since_the_second_time(signed_in: SignIn) -> None:
    lena, found = named("lead", "Lena Lee"), budget("Backend", at=day(1))
    for month, given in ((2, True), (3, False), (5, True)):
        set_right(found, lena, "see", Actor(None), day(month), given=given)
    assert f"since May 3, {YEAR}" in row_of(signed_in("admin").get(f"/people/{lena.pk}/"), "Backend")


def test_below_a_budget_it_holds_since_the_budget_came_there(signed_in: SignIn) -> None:
    lena = named("lead", "Lena Lee")
    top, found = budget("Company", at=day(1)), budget("Backend", at=day(1))
    give(top, day(2), lena=(lena, ["see"]))
    edit_budget(found, Actor(None), {"parent": top}, day(6))
    page = signed_in("admin").get(f"/people/{lena.pk}/")
    assert f"from Company above since Jun 3, {YEAR}" in row_of(page, "Backend")
    assert f"given here since Feb 3, {YEAR}" in row_of(page, "Company")


def test_an_owner_owns_since_they_became_it_not_since_a_later_edit(signed_in: SignIn) -> None:
    ada, lena = named("admin", "Ada Admin"), named("lead", "Lena Lee")
    found = budget("Backend", at=day(1), owner=ada)
    edit_budget(found, Actor(ada), {"owner": lena}, day(4))
    found.refresh_from_db()
    edit_budget(found, Actor(ada), {"name": "Backend team"}, day(7))
    assert f"as its owner since Apr 3, {YEAR}" in row_of(signed_in(ada).get(f"/people/{lena.pk}/"), "Backend team")


def test_what_the_history_does_not_tell_is_said_to_be_older(signed_in: SignIn) -> None:
    lena, found = named("lead", "Lena Lee"), budget("Backend")
    share(found, lena)
    page = signed_in("admin").get(f"/people/{lena.pk}/")
    assert row_of(page, "Backend") == "Backend see given here since before the history began"


def test_a_group_or_an_address_that_is_changed_loses_no_date(signed_in: SignIn) -> None:
    lena, group = named("lead", "Lena Lee"), Group.objects.create(name="platform")
    group.user_set.add(lena)
    found, other = budget("Backend", at=day(1)), budget("Frontend", at=day(1))
    give(found, day(2), group=(group, ["see"]))
    give(other, day(3), lena=(lena, ["see"]))
    rename_group(group, "platform team")
    User.objects.filter(pk=lena.pk).update(email="lena.lee@company.com")
    page = signed_in("admin").get(f"/people/{lena.pk}/")
    assert f"through the group platform team , given here since Feb 3, {YEAR}" in row_of(page, "Backend")
    assert f"given here since Mar 3, {YEAR}" in row_of(page, "Frontend")


def test_a_role_that_was_given_something_is_named(signed_in: SignIn) -> None:
    lena, found = named("engineer", "Lena Lee"), budget("Backend")
    set_shares(found, [Grant(Group.objects.get(name="engineer"), ["see"])], Actor(None), day(2))
    assert "by the role engineer, given here" in row_of(signed_in("admin").get(f"/people/{lena.pk}/"), "Backend")


def test_what_a_role_sees_anyway_is_said_once(signed_in: SignIn) -> None:
    fay = named("finance", "Fay Finance")
    budget("Backend")
    text = text_of(signed_in("admin").get(f"/people/{fay.pk}/"))
    assert "Fay Finance sees and changes every budget, as finance." in text
    assert "Nothing is shared with them, and they own no budget." in text


def test_budgets_that_the_reader_does_not_see_are_neither_named_nor_counted(signed_in: SignIn) -> None:
    reader, lena = named("viewer", "Vic Viewer"), named("lead", "Lena Lee")
    top = budget("Secret company", owner=lena)
    found = budget("Backend", parent=top)
    budget("Secret product", parent=top)
    share(budget("Secret elsewhere"), lena)
    share(found, reader)
    page = signed_in(reader).get(f"/people/{lena.pk}/")
    assert "Secret" not in page.content.decode()
    assert "Budgets they reach 1 of those that you see" in text_of(page)
    assert "as the owner of a budget above that is not shared with you" in row_of(page, "Backend")
    assert "Last signed in" not in text_of(page)
    assert "Secret company" in signed_in("finance").get(f"/people/{lena.pk}/").content.decode()


def test_groups_that_the_reader_does_not_see_are_not_named(signed_in: SignIn) -> None:
    reader, lena = named("viewer", "Vic Viewer"), named("lead", "Lena Lee")
    shared, secret = Group.objects.create(name="platform"), Group.objects.create(name="secret")
    lena.groups.add(shared, secret)
    reader.groups.add(shared)
    text = text_of(signed_in(reader).get(f"/people/{lena.pk}/"))
    assert "platform" in text
    assert "secret" not in text


def test_whom_one_may_not_see_is_answered_as_if_there_were_nobody(signed_in: SignIn) -> None:
    hidden, client = person("lead"), signed_in("viewer")
    for path in ("", "edit/", "deactivate/", "password/"):
        there, none = client.get(f"/people/{hidden.pk}/{path}"), client.get(f"/people/999999/{path}")
        assert (there.status_code, text_of(there)) == (404, text_of(none))
    for path in ("groups/", "bring-back/", "edit/", "deactivate/", "password/"):
        there, none = client.post(f"/people/{hidden.pk}/{path}"), client.post(f"/people/999999/{path}")
        assert (there.status_code, text_of(there)) == (404, text_of(none))


def test_five_hundred_budgets_cost_as_many_queries_as_five(signed_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = client.get(f"/people/{lena.pk}/")
        assert page.status_code == 200
        return len(seen)

    lena, client, at = named("lead", "Lena Lee"), signed_in("admin"), day(1)
    top = budget("Company", at=at)
    give(top, at, lena=(lena, ["see"]))
    for _ in range(4):
        budget(parent=top, at=at, owner=lena)
    queries()
    few = queries()
    Budget.objects.bulk_create(
        Budget(name=f"Many {number}", amount=1, parent=top, owner=lena, created_at=at + timedelta(seconds=number))
        for number in range(500)
    )
    assert queries() <= few
    assert "1–50 of 505" in text_of(client.get(f"/people/{lena.pk}/"))


def test_through_a_group_that_is_not_their_own_nobody_learns_who_is_in_it(signed_in: SignIn) -> None:
    reader, lena = named("viewer", "Rita Reader"), named("lead", "Lena Lee")
    found, group = budget("Search"), Group.objects.create(name="acquisition")
    lena.groups.add(group)
    for who in (reader, lena, group):
        share(found, who)
    client = signed_in(reader)
    for path in (f"/people/{lena.pk}/", "/people/"):
        page = client.get(path).content.decode()
        assert "Lena Lee" in page
        assert "acquisition" not in page
    assert "acquisition" not in b"".join(client.get("/people/people.csv").streaming_content).decode()  # type: ignore[attr-defined]
    page = client.get(f"/people/groups/{group.pk}/").content.decode()
    assert "acquisition" in page
    assert "Lena Lee" not in page
    assert "acquisition" in signed_in(lena).get(f"/people/{lena.pk}/").content.decode()
