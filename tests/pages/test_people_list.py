"""The list of people: who sees whom, what is asked for, and the same as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from budgets.rules import visible_people
from tests.factories import budget, now, person, share
from tests.pages.reading import row_of, text_of
from tests.pages.test_share_page import named

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def seen_by(user: User) -> set[str]:
    """The addresses of those whom somebody sees."""
    return {one.email for one in visible_people(user)}


@pytest.mark.parametrize("role", ["admin", "finance"])
def test_administrators_and_finance_see_everybody(role: str) -> None:
    reader, other = person(role), person("viewer")
    assert seen_by(reader) == {reader.email, other.email}


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_others_see_themselves_and_whom_their_budgets_are_shared_with(role: str) -> None:
    reader, owner = person(role, "reader@company.com"), person("lead", "owner@company.com")
    top = budget("Company", owner=owner)
    middle = budget("Engineering", parent=top)
    found = budget("Backend", parent=middle)
    elsewhere = budget("Product", owner=person("lead", "elsewhere@company.com"))
    share(found, reader)
    share(found, person("engineer", "beside@company.com"), "request_budget")
    share(middle, person("engineer", "above@company.com"), "change_budget")
    share(elsewhere, person("engineer", "hidden@company.com"))
    share(budget("Frontend", parent=middle), person("engineer", "cousin@company.com"))
    person("engineer", "nobody@company.com")
    assert seen_by(reader) == {"reader@company.com", "owner@company.com", "beside@company.com", "above@company.com"}


def test_those_in_one_group_see_each_other_and_those_of_one_role_do_not() -> None:
    reader, mate = person("engineer", "reader@company.com"), person("engineer", "mate@company.com")
    group = Group.objects.create(name="platform")
    group.user_set.add(reader, mate)
    person("engineer", "other@company.com")
    assert seen_by(reader) == {"reader@company.com", "mate@company.com"}


def test_members_of_a_group_that_a_budget_is_shared_with_are_not_told_to_those_outside_of_it() -> None:
    reader, found, group = person("viewer"), budget("Backend"), Group.objects.create(name="platform")
    group.user_set.add(person("engineer", "inside@company.com"))
    share(found, reader)
    set_shares(found, [Grant(reader, ["see"]), Grant(group, ["see"])], Actor(None), now())
    assert seen_by(reader) == {reader.email}


def test_who_may_not_sign_in_any_more_sees_nobody() -> None:
    gone = person("admin")
    gone.is_active = False
    gone.save()
    assert seen_by(gone) == set()


def test_a_row_tells_name_role_groups_budgets_and_state(signed_in: SignIn) -> None:
    lena = named("lead", "Lena Lee")
    Group.objects.create(name="platform").user_set.add(lena)
    budget("Backend", owner=lena)
    budget("Frontend", owner=lena)
    page = signed_in("finance").get("/people/")
    assert row_of(page, "Lena Lee") == "Lena Lee lena@company.com Team lead platform 2 never Active"


def test_others_are_told_only_of_what_they_see_of_a_person(signed_in: SignIn) -> None:
    reader, lena = named("viewer", "Vic Viewer"), named("lead", "Lena Lee")
    Group.objects.create(name="secret group").user_set.add(lena)
    found = budget("Backend", owner=lena)
    budget("Secret budget", owner=lena)
    share(found, reader)
    page = signed_in(reader).get("/people/")
    assert row_of(page, "Lena Lee") == "Lena Lee lena@company.com Team lead — 1 Active"
    assert "Last signed in" not in text_of(page)
    assert "Add a person" not in text_of(page)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=LENA", ["Lena Lee"]),
        ("q=company.com", ["Ada Admin", "Ben Bo", "Leo Left", "Lena Lee"]),
        ("role=lead", ["Lena Lee"]),
        ("role=none", ["Leo Left"]),
        ("role=admin", ["Ada Admin"]),
        ("state=inactive", ["Leo Left"]),
        ("state=active&role=engineer", ["Ben Bo"]),
        ("q=%00lena", ["Lena Lee"]),
        ("role=nonsense&sort=nonsense&page=nonsense", ["Ada Admin", "Ben Bo", "Leo Left", "Lena Lee"]),
    ],
)
def test_people_are_found_by_name_address_role_and_state(signed_in: SignIn, query: str, names: list[str]) -> None:
    admin = named("admin", "Ada Admin")
    named("lead", "Lena Lee")
    named("engineer", "Ben Bo")
    leo = named("engineer", "Leo Left")
    leo.groups.clear()
    User.objects.filter(pk=leo.pk).update(is_active=False)
    page = signed_in(admin).get(f"/people/?{query}")
    assert sorted(names) == sorted(found.person.name for found in page.context["rows"])


def test_who_fits_nothing_is_told_so_with_a_way_back(signed_in: SignIn) -> None:
    page = signed_in("admin").get("/people/?q=nobody")
    assert "Nobody fits “nobody”" in text_of(page)
    assert 'href="/people/">Show everybody' in page.content.decode()


def test_sorted_by_budgets_and_by_name(signed_in: SignIn) -> None:
    ada, lena = named("admin", "Ada Admin"), named("lead", "Lena Lee")
    budget("Backend", owner=lena)
    client = signed_in(ada)
    assert [row.person for row in client.get("/people/?sort=owns").context["rows"]] == [lena, ada]
    assert [row.person for row in client.get("/people/").context["rows"]] == [ada, lena]


def test_the_list_comes_page_by_page(signed_in: SignIn) -> None:
    client = signed_in("admin")
    User.objects.bulk_create(User(email=f"p{number}@company.com") for number in range(60))
    assert len(client.get("/people/").context["rows"]) == 50
    assert len(client.get("/people/?page=2").context["rows"]) == 11
    assert "1–50 of 61" in text_of(client.get("/people/"))


def read_csv(answer: HttpResponse) -> list[list[str]]:
    """The rows of a file that was sent piece by piece."""
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_file_holds_all_that_is_listed_with_harmless_cells(signed_in: SignIn) -> None:
    admin = named("admin", "Ada Admin")
    formula = named("lead", "Lena Lee")
    formula.name = '=HYPERLINK("http://x")'
    formula.save()
    named("engineer", "Ben Bo")
    rows = read_csv(signed_in(admin).get("/people/people.csv?role=lead"))
    assert rows[0] == ["Name", "E-mail", "Role", "Groups", "State", "Last signed in", "Owns budgets"]
    assert rows[1:] == [['\'=HYPERLINK("http://x")', "lena@company.com", "Team lead", "", "Active", "never", "0"]]


def test_the_file_tells_no_more_than_the_page(signed_in: SignIn) -> None:
    named("lead", "Lena Lee")
    viewer = named("viewer", "Vic Viewer")
    rows = read_csv(signed_in(viewer).get("/people/people.csv"))
    assert rows[1:] == [["Vic Viewer", "vic@company.com", "Viewer", "", "Active", "0"]]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "שלום עולם", "名" * 200, "Zoë O’Neil & Söhne"])
def test_names_in_any_script_are_shown_as_they_are(signed_in: SignIn, name: str) -> None:
    someone = person("lead")
    someone.name = name
    someone.save()
    client = signed_in("admin")
    for path in ("/people/", f"/people/{someone.pk}/"):
        page = client.get(path)
        assert "<script>alert" not in page.content.decode()
        assert name in text_of(page)


@pytest.mark.parametrize("role", ["admin", "lead"])
def test_the_queries_do_not_grow_with_the_people(signed_in: SignIn, role: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/people/").status_code == 200
        return len(seen)

    reader, found, group = person(role), budget("Backend"), Group.objects.create(name="platform")
    share(found, reader)
    share(found, person("engineer"))
    client = signed_in(reader)
    client.get("/people/")
    few = queries()
    for number in range(40):
        one = person("engineer")
        group.user_set.add(one)
        share(found, one)
        budget(f"Budget {number}", parent=found, owner=one)
    assert queries() <= few


def test_who_is_not_signed_in_is_sent_to_the_door(client: Client) -> None:
    for path in ("/people/", "/people/people.csv", "/people/1/", "/people/groups/", "/people/teams/"):
        assert client.get(path).headers["Location"] == f"/sign-in/?next={path}"
