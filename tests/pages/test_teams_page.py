"""The team directory as people look at it and set it, by hand and by file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import row_of, text_of
from tests.pages.test_budget_forms import as_shown, errors_of
from tests.pages.test_share_page import named
from usage.domain.directory import set_department
from usage.models import Attribution, TeamDepartment

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
PAGE, UPLOAD = "/people/teams/", "/people/teams/upload/"


def entry(team: str, department: str, month: int) -> None:
    """A team's department since the third of a month in 2025."""
    set_department(team, department, datetime(2025, month, 3, tzinfo=UTC), None, now())


def kept() -> list[tuple[str, str]]:
    """The directory by team and time."""
    return list(TeamDepartment.objects.order_by("team", "effective_from").values_list("team", "department"))


def sent(client: Client, text: str | bytes) -> HttpResponse:
    """The preview of a file."""
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(UPLOAD, {"file": SimpleUploadedFile("teams.csv", data, "text/csv")})


def applied(client: Client, page: HttpResponse) -> HttpResponse:
    """What a preview's button does."""
    fields = as_shown(page)
    return client.post(UPLOAD, {name: fields[name] for name in ("text", "mark")}, follow=True)


def test_each_team_says_its_department_since_when_and_what_was_before(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    entry("backend", "engineering", 4)
    entry("backend", "", 6)
    set_department("backend", "research", now() + timedelta(days=800), None, now())
    page = signed_in("finance").get(PAGE)
    row = row_of(page, "backend")
    assert row.startswith("backend no department research from")
    assert "Jun 3, 2025 engineering Apr 3, 2025 – Jun 3, 2025 product Jan 3, 2025 – Apr 3, 2025" in row


def test_teams_of_usage_that_the_directory_does_not_know_come_first(signed_in: SignIn) -> None:
    entry("backend", "engineering", 1)
    spend(call(5, team="backend"), call(2, team="growth"), call(7, team="search"), call(1))
    spend(call(9, now() - timedelta(days=40), team="ancient"))
    text = text_of(signed_in("finance").get(PAGE))
    assert "2 teams of the last 30 days’ usage are in no department" in text
    assert text.index("search 1 $7.00") < text.index("growth 1 $2.00") < text.index("backend engineering")
    assert "ancient" not in text


def test_others_read_of_the_teams_whose_usage_they_see_and_of_no_other(signed_in: SignIn) -> None:
    named("finance", "Fay Finance")
    entry("backend", "engineering", 1)
    entry("hidden", "secret department", 1)
    viewer, found = person("viewer"), budget("Search", scope={"teams": ["search", "backend"]})
    share(found, viewer)
    spend(call(7, team="search"), call(9, team="secret"), call(2, team="backend"), call(2, team="hidden"))
    client = signed_in(viewer)
    text = text_of(client.get(PAGE))
    assert "1 team of the last 30 days’ usage is in no department" in text
    assert "backend engineering" in text
    assert "secret" not in text
    assert "hidden" not in text
    assert "hidden" not in b"".join(client.get(f"{PAGE}teams.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Set a department" not in text
    assert "Ask Fay Finance (fay@company.com)." in text


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_only_finance_and_administrators_set_it(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert client.post(PAGE, {"team": "backend", "department": "mine"}).status_code == 403
    assert client.get(UPLOAD).status_code == 403
    assert sent(client, "team,department\nbackend,mine\n").status_code == 403
    assert client.post(UPLOAD, {"text": "team,department\nbackend,mine\n", "mark": ""}).status_code == 403
    assert kept() == []


def test_what_an_entry_changes_is_said_before_it_is_made(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    spend(call(5, team="backend"))
    client, day = signed_in("finance"), f"{now() - timedelta(days=10):%Y-%m-%d}"
    form = {"team": "backend", "department": "engineering", "effective_from": day}
    text = text_of(client.post(PAGE, {**form, "preview": "yes"}))
    assert "backend: product → engineering from" in text
    assert "1 call since then, $5.00, is in the ledger and keeps what it came with." in text
    assert kept() == [("backend", "product")]
    assert "backend belongs to engineering." in text_of(client.post(PAGE, form, follow=True))
    assert kept() == [("backend", "product"), ("backend", "engineering")]


def test_an_entry_counts_for_calls_that_come_after_it(signed_in: SignIn) -> None:
    signed_in("finance").post(PAGE, {"team": "backend", "department": "engineering", "effective_from": "2025-01-01"})
    spend(call(5, team="backend"))
    assert Attribution.objects.get(team="backend").department == "engineering"


def test_what_holds_already_makes_no_second_entry(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    page = signed_in("finance").post(PAGE, {"team": "backend", "department": "product"}, follow=True)
    assert "backend belongs to product, as before." in text_of(page)
    assert kept() == [("backend", "product")]


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"team": ""}, "team", "Name the team as calls name it."),
        ({"team": "x" * 201}, "team", "at most 200 characters"),
        ({"effective_from": "1999-01-01"}, "effective_from", "Choose a time between 2015-01-01 and 2200-01-01."),
        ({"effective_from": "2025-01-03"}, "effective_from", "belongs to product from that time on."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(signed_in: SignIn, form: dict[str, str], field: str, words: str) -> None:
    entry("backend", "product", 1)
    typed = {"team": "backend", "department": "engineering", "effective_from": "2025-01-01", **form}
    page = signed_in("finance").post(PAGE, typed)
    assert words in errors_of(page)[field]
    assert as_shown(page)["department"] == "engineering"
    assert kept() == [("backend", "product")]


def test_a_file_is_shown_row_by_row_then_written_as_it_was_shown(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    entry("search", "product", 1)
    client = signed_in("finance")
    page = sent(
        client, "\ufeffTeam;Department;From\nbackend;engineering;2025-06-01\nsearch;product;\nnew;;2025-02-01\n"
    )
    text = text_of(page)
    assert "2 entries to add 1 line says what holds already" in text
    assert "2 backend product engineering Jun 1, 2025" in text
    assert "4 new not in the directory no department Feb 1, 2025" in text
    assert len(kept()) == 2
    assert "2 entries are added." in text_of(applied(client, page))
    assert kept() == [("backend", "product"), ("backend", "engineering"), ("new", ""), ("search", "product")]
    assert "Nothing to add 3 lines say what holds already" in text_of(
        sent(client, "team,department,from\nbackend,engineering,2025-06-01\nsearch,product,\nnew,,2025-02-01\n")
    )


def test_one_wrong_line_keeps_all_from_being_written(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    client = signed_in("finance")
    text = "team,department,from\nnew,ops,\nbackend,engineering,2025-01-03\nother,ops,someday\n"
    page = sent(client, text)
    words = text_of(page)
    assert "2 lines to correct" in words
    assert "Line 3 'backend' belongs to product from that time on. Choose a later one." in words
    assert "Line 4 'someday' is no date. Write it as 2026-03-31." in words
    assert "Add it" not in words
    for mark in ("", page.context["mark"]):
        client.post(UPLOAD, {"text": text, "mark": mark})
    assert kept() == [("backend", "product")]


def test_what_someone_else_set_meanwhile_is_shown_before_it_is_written_over(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = sent(client, "team,department\nbackend,engineering\n")
    entry("backend", "product", 1)
    again = applied(client, page)
    assert "The directory changed while you were here." in text_of(again)
    assert kept() == [("backend", "product")]
    applied(client, again)
    assert kept() == [("backend", "product"), ("backend", "engineering")]


def test_a_button_that_is_pressed_twice_writes_once(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = sent(client, "team,department\nbackend,engineering\n")
    applied(client, page)
    assert "The directory changed while you were here." in text_of(applied(client, page))
    assert kept() == [("backend", "engineering")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"name,dep\na,b\n", "It names 'name', 'dep'."),
        (b"PK\x03\x04\x00\xff", "This is no CSV file."),
        (b"a" * 1_000_001, "The file is larger than 1,000 kB."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(signed_in: SignIn, data: bytes, words: str) -> None:
    assert words in errors_of(sent(signed_in("finance"), data))["file"]


def test_latin_1_is_read_and_said_to_be(signed_in: SignIn) -> None:
    page = text_of(sent(signed_in("finance"), "team,department\nMünchen,Café\n".encode("latin-1")))
    assert "was read as Latin-1" in page
    assert "München" in page


@pytest.mark.parametrize("name", ["=SUM(A1)", "+1", "-x", "@x", "'=quoted", "a,b;c", 'say "x"', "<script>", "שלום"])
def test_what_is_downloaded_is_harmless_and_can_be_uploaded_again(signed_in: SignIn, name: str) -> None:
    entry(name, f"{name} too", 1)
    entry("search", "product", 2)
    client = signed_in("finance")
    data = b"".join(client.get(f"{PAGE}teams.csv").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["team", "department", "from"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "Nothing to add 2 lines say what holds already" in text_of(sent(client, data))
    TeamDepartment.objects.all().delete()
    applied(client, sent(client, data))
    assert sorted(kept()) == sorted([(name, f"{name} too"), ("search", "product")])


def test_teams_are_found_by_a_department_of_the_past(signed_in: SignIn) -> None:
    entry("backend", "product", 1)
    entry("backend", "engineering", 4)
    entry("search", "research", 1)
    client = signed_in("finance")
    assert [team.name for team in client.get(f"{PAGE}?q=PROD").context["rows"]] == ["backend"]
    assert "No team matches “nothing”" in text_of(client.get(f"{PAGE}?q=nothing"))


def test_the_queries_do_not_grow_with_the_teams(signed_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    client = signed_in("finance")
    entry("backend", "product", 1)
    spend(call(1, team="unknown"))
    queries()
    few = queries()
    TeamDepartment.objects.bulk_create(
        TeamDepartment(
            team=f"team {number}", department=f"d{month}", effective_from=datetime(2025, month, 1, tzinfo=UTC)
        )
        for number in range(100)
        for month in (1, 2, 3, 4)
    )
    spend(*(call(1, team=f"unknown {number}") for number in range(30)))
    assert queries() <= few
    assert "1–50 of 101" in text_of(client.get(PAGE))
