"""A file of usage through the browser: shown first, added as it was shown, and nothing twice or half."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.http import HttpResponse
from django.test import Client

from tests.factories import budget, now, person
from tests.pages.reading import text_of
from usage.domain.importing import upload
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
HEAD = "occurred_at,provider,model,input_tokens,output_tokens,team\n"
ROWS = f"{HEAD}2026-03-01T10:00:00,openai,gpt-4o,1000000,0,backend\n2026-03-02T10:00:00,openai,gpt-4o,0,100000,search\n"


def file(text: str | bytes = ROWS, name: str = "usage.csv") -> SimpleUploadedFile:
    """A file that is chosen."""
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def look(client: Client, chosen: SimpleUploadedFile | None = None, **labels: str) -> HttpResponse:
    """What the file would add."""
    return client.post("/usage/import/", {"file": chosen or file(), **labels})


def add(client: Client, page: HttpResponse, **options: Any) -> HttpResponse:
    """Adds what a page shows."""
    mark = re.search(r'name="mark" value="(\w+)"', page.content.decode())
    assert mark
    return client.post("/usage/import/", {"mark": mark[1]}, **options)


def test_a_file_is_shown_first_and_then_added_with_its_costs(signed_in: SignIn) -> None:
    company, client = budget("Company", 10), signed_in("finance")
    page = look(client)
    text = text_of(page)
    for words in ("New calls 2", "of 2 rows", "Their cost $3.50", "Add all 2 calls"):
        assert words in text
    assert not UsageEvent.objects.exists()
    answer = add(client, page)
    assert answer["Location"] == "/usage/?from=2026-03-01&to=2026-03-02"
    assert "2 calls are added." in text_of(client.get(answer["Location"]))
    assert UsageEvent.objects.aggregate(Sum("cost"))["cost__sum"] == Decimal("3.5")
    assert company.periods.aggregate(Sum("spent"))["spent__sum"] == Decimal("3.5")


def test_the_same_file_and_the_same_click_count_once(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = look(client)
    add(client, page)
    assert "Choose the file again" in text_of(add(client, page, follow=True))
    again = text_of(look(client, file(ROWS, "renamed.csv")))
    assert "New calls 0" in again
    assert "There already 2" in again
    assert "Nothing to add" in again
    assert UsageEvent.objects.count() == 2


def test_rows_that_are_no_good_are_told_and_left_out(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = look(client, file(f"{ROWS}soon,openai,gpt-4o,1,1,<script>alert(1)</script>\n"))
    assert "Line 4" in text_of(page)
    assert "Left out 1" in text_of(page)
    assert "<script>alert" not in page.content.decode()
    add(client, page)
    assert UsageEvent.objects.count() == 2


def test_labels_that_hold_for_every_row_and_known_exports_are_taken(signed_in: SignIn) -> None:
    client = signed_in("finance")
    trace = file("TIMESTAMP,ContextTokens,GeneratedTokens\n2026-03-01 10:00:00.5,100,10\n", "trace.csv")
    add(client, look(client, trace, preset="azure-llm-trace", model="gpt-4", team="عربي, שלום"))
    event = UsageEvent.objects.get()
    assert (event.attribution.model, event.attribution.team, event.input_tokens) == ("gpt-4", "عربي, שלום", 100)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (file("", "usage.csv"), "The file is empty."),
        (file(HEAD), "There are no rows in the file."),
        (file(ROWS, "usage.xlsx"), "Choose a file of CSV (.csv) or JSON Lines (.jsonl)."),
        (file(gzip.compress(ROWS.encode()), "usage.csv.gz"), "Choose a file of CSV (.csv) or JSON Lines (.jsonl)."),
        (file(b"PAR1", "usage.parquet"), "Choose a file of CSV (.csv) or JSON Lines (.jsonl)."),
        (file("[1, 2]", "usage.jsonl"), "one JSON array"),
        (file("x" * (upload.MOST_BYTES + 1), "usage.csv"), "larger than 5 MB"),
        (file("when,what\n1,2\n"), "column"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_the_file(
    signed_in: SignIn, chosen: SimpleUploadedFile, words: str
) -> None:
    page = look(signed_in("finance"), chosen, team="kept as typed")
    assert page.status_code == 200
    assert words in text_of(page)
    assert 'value="kept as typed"' in page.content.decode()
    assert not UsageEvent.objects.exists()


def test_more_rows_than_a_page_can_wait_for_are_left_to_the_command(signed_in: SignIn) -> None:
    rows = "2026-01-01T00:00:00Z,openai,gpt-4,1,1\n" * 20_001
    content = f"occurred_at,provider,model,input_tokens,output_tokens\n{rows}".encode()
    page = look(signed_in("finance"), SimpleUploadedFile("many.csv", content))
    assert "more than 20,000 rows" in text_of(page)
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_only_finance_and_administrators_import(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert client.get("/usage/import/").status_code == 403
    assert look(client).status_code == 403
    assert "Import" not in text_of(client.get("/usage/"))
    assert not UsageEvent.objects.exists()


def test_what_one_was_shown_nobody_else_can_add(signed_in: SignIn) -> None:
    page = look(signed_in("finance"))
    assert "Choose the file again" in text_of(add(signed_in("admin"), page, follow=True))
    assert not UsageEvent.objects.exists()


def test_empty_pages_lead_to_the_first_call_until_there_is_one(signed_in: SignIn) -> None:
    budget("Company", 10)
    client = signed_in("finance")
    for path in ("/", "/usage/", "/usage/calls/", "/models/"):
        assert "Record the first call" in text_of(client.get(path)), path
    last_year = f"{HEAD}{now().year - 1}-01-05T10:00:00,openai,gpt-4o,5,5,a\n"
    add(client, look(client, file(last_year)))
    for path in ("/", "/usage/", "/usage/calls/"):
        assert "Record the first call" not in text_of(client.get(path)), path
    assert "The last 365 days" in text_of(client.get("/usage/"))
    viewer = signed_in(person("viewer"))
    assert "charged to a budget you may see" in text_of(viewer.get("/usage/"))
