"""What a page makes a browser fetch: Plotly where there is a chart alone, and little beside it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client

from tests.factories import budget, call, now, spend

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
MOST = 150_000  # bytes that are sent for a page beside Plotly


def files_of(page: HttpResponse) -> set[str]:
    """The static files that a page names, by their path below /static/."""
    return set(re.findall(r'(?:src|href)="/static/([^"?#]+)"', page.content.decode()))


def sent(page: HttpResponse) -> int:
    """The bytes that a page and its files are compressed to, as the server and its static files are."""
    files = [finders.find(name) for name in files_of(page) if "plotly.min" not in name]
    bodies = [page.content, *(Path(str(file)).read_bytes() for file in files)]
    return sum(len(gzip.compress(body)) for body in bodies)


@pytest.fixture
def client(signed_in: SignIn) -> Client:
    """Finance of a company with 300 budgets, 90 days of usage and names of all lengths."""
    top = budget("Company", 1000, at=now() - timedelta(days=100))
    for number in range(300):
        budget(f"Team {number} {'long ' * (number % 9)}", 3, top, scope={"teams": [f"team-{number}"]})
    spend(*[call(1, now() - timedelta(hours=7 * n), team=f"team-{n}", model=f"m{n % 60}") for n in range(300)])
    return signed_in("finance")


def test_pages_with_a_chart_load_plotly_and_others_do_not(client: Client) -> None:
    pk = re.search(r"/budgets/(\d+)/", client.get("/budgets/").content.decode())
    assert pk
    charts = {
        path: any("plotly.min" in name for name in files_of(client.get(path)))
        for path in (
            *("/", "/usage/?range=90d", f"/budgets/{pk[1]}/"),
            *("/budgets/", f"/budgets/{pk[1]}/edit/", f"/budgets/{pk[1]}/share/", "/usage/calls/", "/models/"),
            *("/people/", "/people/groups/", "/people/teams/", "/account/", "/search/?q=team", "/budgets/import/"),
        )
    }
    assert [path for path, plotly in charts.items() if plotly] == ["/", "/usage/?range=90d", f"/budgets/{pk[1]}/"]


@pytest.mark.parametrize("path", ["/", "/budgets/", "/usage/?range=90d&by=team&by=model", "/usage/calls/", "/models/"])
def test_a_page_is_light_beside_plotly(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert sent(page) < MOST
