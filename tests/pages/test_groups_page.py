"""Groups: made, renamed, deleted, filled and emptied; what they reach; and the roles, which are none of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.models import GroupObjectPermission

from accounts.domain.roles import ROLES
from budgets.domain.groups import delete_group
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from budgets.models import Budget
from tests.at_once import at_once
from tests.factories import budget, now, person, share
from tests.pages.reading import row_of, text_of
from tests.pages.test_budget_forms import as_shown, errors_of
from tests.pages.test_share_page import named

SignIn = Callable[..., Client]


@pytest.mark.django_db
def test_a_group_is_made_filled_and_named_otherwise(signed_in: SignIn) -> None:
    lena, ben, client = named("lead", "Lena Lee"), named("engineer", "Ben Bo"), signed_in("admin")
    page = client.post("/people/groups/", {"name": "  Platform   team "}, follow=True)
    group = Group.objects.get(name="Platform team")
    assert page.redirect_chain == [(f"/people/groups/{group.pk}/", 302)]  # type: ignore[attr-defined]
    page = client.post(
        f"/people/groups/{group.pk}/members/", {"people": "LENA@company.com, ben@company.com"}, follow=True
    )
    assert "Lena Lee, Ben Bo are in Platform team." in text_of(page)
    client.post(f"/people/groups/{group.pk}/members/", {"remove": ben.pk})
    assert list(group.user_set.all()) == [lena]
    client.post(f"/people/groups/{group.pk}/rename/", {"name": "platform"})
    assert list(Group.objects.get(name="platform").user_set.all()) == [lena]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the group a name."),
        ("  ", "Give the group a name."),
        ("Engineer", "'Engineer' is a role. Choose another name."),
        ("PLATFORM", "There is a group 'PLATFORM' already."),
        ("x" * 151, "at most 150 characters; this one has 151."),
        ("a\x07b", "a character that cannot be shown"),
    ],
)
def test_a_name_that_cannot_be_is_refused_beside_its_field(signed_in: SignIn, name: str, words: str) -> None:
    client, other = signed_in("admin"), Group.objects.create(name="other")
    Group.objects.create(name="platform")
    for path in ("/people/groups/", f"/people/groups/{other.pk}/rename/"):
        page = client.post(path, {"name": name})
        assert words in errors_of(page)["name"]
    assert set(Group.objects.values_list("name", flat=True)) == {*ROLES, "platform", "other"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "صندوق", "名" * 150])
def test_a_name_in_any_script_is_shown_as_it_is(signed_in: SignIn, name: str) -> None:
    page = signed_in("admin").post("/people/groups/", {"name": name}, follow=True)
    assert f"{name} is there." in text_of(page)
    assert "<script>alert" not in page.content.decode()


@pytest.mark.django_db
def test_an_address_that_nobody_has_is_told_and_nobody_is_added(signed_in: SignIn) -> None:
    named("lead", "Lena Lee")
    group = Group.objects.create(name="platform")
    typed = "lena@company.com, nobody@company.com"
    page = signed_in("admin").post(f"/people/groups/{group.pk}/members/", {"people": typed})
    assert "Nobody here has the address nobody@company.com." in errors_of(page)["people"]
    assert as_shown(page)["people"] == typed
    assert not group.user_set.exists()


@pytest.mark.django_db
def test_deleting_says_what_is_lost_then_takes_it_back_and_the_history_tells(signed_in: SignIn) -> None:
    admin, lena, group = named("admin", "Ada Admin"), named("lead", "Lena Lee"), Group.objects.create(name="platform")
    group.user_set.add(lena)
    found, other = budget("Backend"), budget("Frontend")
    set_shares(found, [Grant(group, ["see", "edit"]), Grant(lena, ["see"])], Actor(None), now())
    set_shares(other, [Grant(group, ["see"])], Actor(None), now())
    client, path = signed_in(admin), f"/people/groups/{group.pk}/delete/"
    words = text_of(client.get(path))
    assert "1 person is in it." in words
    assert "on 2 budgets and all below is lost: Backend , Frontend ." in words
    assert "The group platform is deleted." in text_of(client.post(path, follow=True))
    assert not Group.objects.filter(name="platform").exists()
    assert list(Budget.objects.visible_to(lena)) == [found]
    history = text_of(client.get(f"/budgets/{found.pk}/"))
    assert "Sharing changed by Ada Admin" in history
    assert "Taken from group platform: see, edit The group platform was deleted" in history


@pytest.mark.django_db
def test_the_six_roles_are_never_groups_here(signed_in: SignIn) -> None:
    client = signed_in("admin")
    page = client.get("/people/groups/")
    assert "No groups yet" in text_of(page)
    for role in Group.objects.filter(name__in=ROLES):
        for path in ("", "rename/", "delete/", "members/"):
            for method in (client.get, client.post):
                answer = method(f"/people/groups/{role.pk}/{path}")
                assert answer.status_code in (404, 405)
    assert Group.objects.filter(name__in=ROLES).count() == 6


@pytest.mark.django_db
def test_the_list_counts_people_and_budgets(signed_in: SignIn) -> None:
    group = Group.objects.create(name="platform")
    group.user_set.add(person("lead"), person("viewer"))
    set_shares(budget("Backend"), [Grant(group, ["see", "edit"])], Actor(None), now())
    set_shares(budget("Frontend"), [Grant(group, ["see"])], Actor(None), now())
    assert row_of(signed_in("finance").get("/people/groups/"), "platform") == "platform 2 2"


@pytest.mark.django_db
def test_others_see_the_groups_that_concern_them_and_of_those_no_more_than_they_see_otherwise(
    signed_in: SignIn,
) -> None:
    reader, mate, inside = named("viewer", "Vic Viewer"), named("lead", "Mia Mate"), named("lead", "Ida Inside")
    own, given, hidden = (Group.objects.create(name=name) for name in ("own", "given", "hidden"))
    own.user_set.add(reader, mate)
    given.user_set.add(inside)
    hidden.user_set.add(inside)
    found = budget("Backend")
    set_shares(found, [Grant(given, ["see"]), Grant(reader, ["see"])], Actor(None), now())
    set_shares(budget("Secret"), [Grant(given, ["see"]), Grant(hidden, ["see"])], Actor(None), now())
    client = signed_in(reader)
    page = client.get("/people/groups/")
    assert (row_of(page, "own"), row_of(page, "given")) == ("own 2 0", "given — 1")
    assert "hidden" not in text_of(page)
    assert "New group" not in text_of(page)
    assert "Mia Mate" in text_of(client.get(f"/people/groups/{own.pk}/"))
    page = client.get(f"/people/groups/{given.pk}/")
    assert "You see nobody of it." in text_of(page)
    assert "Ida Inside" not in text_of(page)
    assert row_of(page, "Backend").startswith("Backend see given here")
    assert "Secret" not in text_of(page)
    there, none = client.get(f"/people/groups/{hidden.pk}/"), client.get("/people/groups/999999/")
    assert (there.status_code, text_of(there)) == (404, text_of(none))


@pytest.mark.django_db
def test_who_makes_no_groups_is_told_whom_to_ask_of_those_whom_they_see(signed_in: SignIn) -> None:
    reader, group = named("viewer", "Vic Viewer"), Group.objects.create(name="platform")
    admins = [named("admin", f"Ada{n} Admin") for n in range(4)]
    group.user_set.add(reader, admins[3])
    words = "Administrators make groups and add people: ask"
    three = ", ".join(f"{one.name} ({one.email})" for one in admins[:2])
    page = text_of(signed_in("finance").get("/people/groups/"))
    assert f"{words} {three} or Ada2 Admin ({admins[2].email})." in page
    assert f"{words} Ada3 Admin ({admins[3].email})." in text_of(signed_in(reader).get("/people/groups/"))
    assert "Administrators make groups and add people." in text_of(signed_in("lead").get("/people/groups/"))
    assert "Administrators make" not in text_of(signed_in("admin").get("/people/groups/"))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["finance", "lead", "viewer"])
def test_only_administrators_keep_groups(signed_in: SignIn, role: str) -> None:
    reader, group = person(role), Group.objects.create(name="platform")
    group.user_set.add(reader)
    client = signed_in(reader)
    for path in ("", f"{group.pk}/rename/", f"{group.pk}/delete/", f"{group.pk}/members/"):
        answer = client.post(f"/people/groups/{path}", {"name": "mine", "people": reader.email, "remove": reader.pk})
        assert answer.status_code == 403
    assert list(group.user_set.all()) == [reader]
    assert Group.objects.filter(name="platform").exists()


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_groups_members_and_budgets(signed_in: SignIn) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    group, client = Group.objects.create(name="platform"), signed_in("admin")
    group.user_set.add(person("lead"))
    set_shares(budget("Backend"), [Grant(group, ["see"])], Actor(None), now())
    paths = ("/people/groups/", f"/people/groups/{group.pk}/")
    few = [queries(path) for path in paths if client.get(path)]
    for number in range(20):
        Group.objects.create(name=f"group {number}").user_set.add(one := person("engineer"))
        group.user_set.add(one)
        set_shares(budget(), [Grant(group, ["see"])], Actor(None), now())
    assert [queries(path) for path in paths] <= few


@pytest.mark.django_db
def test_a_member_reaches_what_the_group_was_given_and_loses_it_with_the_membership(signed_in: SignIn) -> None:
    lena, group, found = person("lead"), Group.objects.create(name="platform"), budget("Backend")
    set_shares(found, [Grant(group, ["see"])], Actor(None), now())
    share(budget("Other"), person("lead"))
    client, admin = signed_in(lena), signed_in("admin")
    assert client.get(f"/budgets/{found.pk}/").status_code == 404
    admin.post(f"/people/groups/{group.pk}/members/", {"people": lena.email})
    assert client.get(f"/budgets/{found.pk}/").status_code == 200
    admin.post(f"/people/groups/{group.pk}/members/", {"remove": lena.pk})
    assert client.get(f"/budgets/{found.pk}/").status_code == 404


def test_a_group_that_is_deleted_while_something_is_shared_with_it_leaves_nothing_behind(committed: None) -> None:
    group, found = Group.objects.create(name="platform"), budget("Backend")
    set_shares(found, [Grant(group, ["see"])], Actor(None), now())

    def held() -> None:
        Budget.objects.select_for_update().get(pk=found.pk)

    gave = at_once(
        lambda: delete_group(group, Actor(None), now()),
        lambda: set_shares(found, [Grant(group, ["see", "edit"])], Actor(None), now()),
        held=held,
    )
    assert not Group.objects.filter(name="platform").exists()
    assert not GroupObjectPermission.objects.exists()
    refused = [str(one) for one in gave if isinstance(one, Exception)]
    assert refused in ([], ["The group platform was deleted meanwhile. Choose again."])
    assert found.changes.filter(what="shared").latest("pk").after == {"shares": []}
