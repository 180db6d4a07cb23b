"""Signing in and out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import budget, person
from tests.pages.reading import text_of

PASSWORD = "a password of some length"
pytestmark = pytest.mark.django_db


def test_the_address_is_taken_in_any_case() -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    answer = Client().post("/sign-in/", {"login": " DANA@Company.com ", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_wrong_password_is_told_beside_the_password_and_names_neither() -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    wrong = Client().post("/sign-in/", {"login": "dana@company.com", "password": "wrong"})
    unknown = Client().post("/sign-in/", {"login": "nobody@company.com", "password": "wrong"})
    assert 'id="id_password_error"' in wrong.content.decode()
    assert "do not go together" in text_of(wrong)
    assert text_of(wrong) == text_of(unknown)


def test_one_who_left_cannot_sign_in() -> None:
    user = person("viewer", "dana@company.com", password=PASSWORD)
    user.is_active = False
    user.save()
    assert Client().post("/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 200


def test_next_leads_back_and_never_elsewhere() -> None:
    person("viewer", "dana@company.com", password=PASSWORD)
    form = {"login": "dana@company.com", "password": PASSWORD}
    assert Client().post("/sign-in/", {**form, "next": "/budgets/new/"})["Location"] == "/budgets/new/"
    assert Client().post("/sign-in/", {**form, "next": "https://evil.example/"})["Location"] == "/"


@pytest.mark.parametrize("path", ["/budgets/", "/budgets/new/", "/budgets/1/", "/budgets/1/edit/", "/models/"])
def test_every_page_asks_who_is_there(path: str) -> None:
    answer = Client().get(path)
    assert answer["Location"] == f"/sign-in/?next={path}"


def test_signing_out_takes_a_post_and_ends_the_session() -> None:
    client = Client()
    client.force_login(person("viewer"))
    asked = client.get("/sign-out/")
    assert "Sign out? You are signed in as" in text_of(asked)
    assert client.get("/budgets/").status_code == 200
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/budgets/").status_code == 302
    assert client.get("/sign-out/")["Location"] == "/sign-in/"


def test_the_start_page_is_the_overview_for_who_is_signed_in(client: Client) -> None:
    assert client.get(reverse("home"))["Location"] == "/sign-in/?next=/"
    budget("Company", 10)
    client.force_login(person("viewer"))
    assert "Overview" in client.get(reverse("home")).content.decode()


def test_pages_allow_nothing_inline(client: Client) -> None:
    policy = client.get("/sign-in/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_only_entries_that_lead_somewhere_are_in_the_navigation() -> None:
    viewer, admin = Client(), Client()
    viewer.force_login(person("viewer"))
    admin.force_login(person("admin"))
    assert "/admin/" not in viewer.get("/budgets/").content.decode()
    assert 'href="/admin/"' in admin.get("/budgets/").content.decode()
