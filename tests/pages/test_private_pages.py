"""Caches between the product and a person keep its static files for a year, and nothing that is anybody's own."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.domain.keys import create_key
from accounts.models import User
from tests.factories import api, budget, call, person, spend
from tests.live import LiveCostOps
from tests.pages.test_permission_matrix import ADDRESSES

SignIn = Callable[..., Client]
YEAR = 365 * 24 * 3600


@pytest.mark.django_db
def test_every_address_is_for_the_person_alone(signed_in: SignIn) -> None:
    found = budget("Company", 10)
    spend(call(1, team="a"))
    client = signed_in("admin")
    client.raise_request_exception = False
    loose = {}
    for name, pattern in ADDRESSES.items():
        path = re.sub(r"<uuid:\w+>", "6f1c1f3e-0000-4000-8000-000000000000", pattern)
        path = re.sub(r"<\w+:\w+>|<\w+>", str(found.pk), path)
        if name == "accounts:sign-out":
            continue
        kept = client.get(path).headers.get("Cache-Control", "nothing")
        if "private" not in kept and "no-store" not in kept:
            loose[name] = kept
    assert loose == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/budgets/", "/usage/", "/usage/calls/", "/search/?q=a", "/nowhere/", "/admin/", "/budgets/0/"]
)
def test_a_page_of_one_who_is_signed_in_is_private(signed_in: SignIn, path: str) -> None:
    assert signed_in("admin").get(path)["Cache-Control"].endswith("private")


@pytest.mark.django_db
def test_answers_of_the_api_are_private_with_a_key_and_in_a_session(signed_in: SignIn) -> None:
    assert api("finance").get("budgets/")["Cache-Control"] == "private"
    assert signed_in("finance").get("/api/v1/budgets/")["Cache-Control"] == "private"


@pytest.mark.django_db
def test_nobody_keeps_a_page_with_a_secret(signed_in: SignIn) -> None:
    someone = person("engineer", "someone@company.com")
    key, _ = create_key(someone, "old")
    client = signed_in(someone)
    admin = signed_in("admin")
    pages = [
        client.post("/account/keys/", {"name": "new", "expires": "", "scope": "usage:write"}),
        client.post(f"/account/keys/{key.pk}/rotate/", {"last_four": key.last_four}),
        admin.post("/start/key/"),
        admin.post("/people/add/", {"email": "lena@company.com", "name": "Lena", "role": "lead", "groups": ""}),
        admin.post(f"/people/{User.objects.get(email='someone@company.com').pk}/password/"),
    ]
    assert [bool(re.search(r'class="secret"|Bearer lcops_', page.content.decode())) for page in pages] == [True] * 5
    assert ["no-store" in page["Cache-Control"] for page in pages] == [True] * 5


def test_static_files_are_kept_for_a_year_and_pages_are_not(live_costops: LiveCostOps) -> None:
    with urllib.request.urlopen(f"{live_costops.url}/sign-in/", timeout=30) as page:
        assert "private" in page.headers["Cache-Control"]
        sheets = re.findall(r'href="(/static/css/[^"]+)"', page.read().decode())
    assert sheets
    assert re.search(r"\.[0-9a-f]{12}\.css$", sheets[0]), "named by what it holds"
    asked = urllib.request.Request(live_costops.url + sheets[0], headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=30) as sheet:
        kept = sheet.headers["Cache-Control"]
        assert sheet.headers["Content-Encoding"] == "gzip"
    age = re.search(r"max-age=(\d+)", kept)
    assert age, kept
    assert int(age[1]) >= YEAR
    assert "public" in kept
    assert "immutable" in kept
