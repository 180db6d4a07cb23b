"""The frame of every page: whose days and money it speaks of, and a line for paper that says what is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories import budget, call, now, spend
from tests.pages.reading import text_of
from wire.calendar import MONTH, present

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
PAGES = (
    "/",
    "/budgets/",
    "/budgets/new/",
    "/usage/",
    "/usage/calls/",
    "/models/",
    "/people/",
    "/styleguide/",
    "/account/",
)


@pytest.fixture(autouse=True)
def somewhere(settings: Any) -> None:
    settings.COSTOPS_CURRENCY = "CHF"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_the_companys_zone_and_currency_and_so_does_paper(signed_in: SignIn, path: str) -> None:
    budget("Company", 100)
    spend(call(1))
    page = signed_in("admin").get(path)
    assert page.status_code == 200
    html = page.content.decode()
    side, paper = html.split('<p class="company"')[1], html.split('<p class="printed"')[1]
    assert "UTC · CHF</p>" in side
    assert "UTC · CHF</footer>" in html
    assert "UTC · CHF" in text_of(paper.split("</p>")[0])
    assert "Printed" in paper.split("</p>")[0]


def test_a_printed_page_says_which_period_and_which_cut_it_shows(signed_in: SignIn) -> None:
    found = budget("Company", 100)
    spend(call(1))
    client, month = signed_in("admin"), present(MONTH, now())

    def line(path: str) -> str:
        return text_of(client.get(path).content.decode().split('<p class="printed"')[1].split("</p>")[0])

    for path in ("/", "/budgets/", f"/budgets/{found.pk}/", "/usage/"):
        assert month.label in line(path)
    assert f"{month.label} · At risk · “comp”" in line("/budgets/?state=at-risk&q=comp")


def test_nobody_is_told_the_zone_before_they_sign_in(client: Client) -> None:
    assert 'class="company"' not in client.get("/sign-in/").content.decode()
