"""The rows of the tree and their words add up to the row above, whatever was moved, widened or archived."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import row_of, text_of
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
AGO = timedelta(days=60)
MONEY = r"−?\$[\d,]+\.\d\d"
WORDS = (
    (1, rf"({MONEY}) spent directly"),
    (1, rf"({MONEY}) by budgets now archived or moved"),
    (-1, rf"({MONEY}) counted in several below"),
)


def amount(words: str) -> Decimal:
    """What is written as an amount."""
    return Decimal(re.sub(r"[$,]", "", words).replace("−", "-"))


class Read:
    """A row as it is read: how deep it stands, whether it is open, what it spent and what its words say."""

    def __init__(self, html: str) -> None:
        found = re.search(r'class="(?:more )?d(\d+)"', html)
        assert found
        self.depth = int(found[1])
        self.opened = 'aria-expanded="true"' in html
        self.words = text_of(html)
        spent = re.search(r'data-label="Spent">(.*?)</td>', html) or re.search(rf"({MONEY}) spent", self.words)
        assert spent
        above = re.search(rf"({MONEY}) in ", self.words)
        self.spent = amount(text_of(spent[1]))
        self.above = amount(above[1]) if above else self.spent

    @property
    def said(self) -> Decimal:
        """What its words add to the rows under it."""
        found = [(sign, re.search(pattern, self.words)) for sign, pattern in WORDS]
        return sum((sign * amount(match[1]) for sign, match in found if match), Decimal(0))


def assert_adds_up(page: HttpResponse) -> None:
    """Every open row is what the rows right under it count there, and its words."""
    html = re.findall(r'<tr role="row" class="(?:more )?d\d.*?</tr>', page.content.decode(), re.S)
    rows = [Read(row) for row in html]
    assert any(row.opened for row in rows)
    for place, row in enumerate(rows):
        if row.opened:
            total = row.said
            for below in rows[place + 1 :]:
                if below.depth <= row.depth:
                    break
                total += below.above if below.depth == row.depth + 1 else 0
            assert total == row.spent, row.words


@pytest.fixture
def company() -> dict[str, Budget]:
    """A company, two departments with a team each, and usage that some of them share.

    It is so little that no projection reaches $1,000, not even on the first of a month: the page then shows cents.
    """
    ago = now() - AGO
    top = budget("Company", 800, at=ago)
    engineering = budget("Engineering", 500, top, scope={"departments": ["engineering"]}, at=ago)
    product = budget("Product", 300, top, scope={"departments": ["product"]}, at=ago)
    backend = budget("Backend", 200, engineering, scope={"teams": ["backend"]}, at=ago)
    platform = budget("Platform", 90, engineering, scope={"teams": ["platform"]}, at=ago)
    search = budget("Search", 100, product, scope={"teams": ["search"]}, at=ago)
    spend(
        call("4.10", team="backend", department="engineering"),
        call("0.77", team="backend", department="product"),
        call("2.20", department="engineering"),
        call("3.30", team="search", department="product"),
        call("0.55", department="product"),
        call("0.11"),
    )
    return {b.name: b for b in (top, engineering, product, backend, platform, search)}


def pages(signed_in: SignIn, company: dict[str, Budget]) -> list[HttpResponse]:
    """The tree as finance sees it, and as someone to whom both departments are shared."""
    lead = person("lead")
    share(company["Engineering"], lead)
    share(company["Product"], lead)
    return [signed_in("finance").get("/budgets/"), signed_in(lead).get("/budgets/")]


def test_as_it_was_made(signed_in: SignIn, company: dict[str, Budget]) -> None:
    for page in pages(signed_in, company):
        assert_adds_up(page)


def test_after_a_move(signed_in: SignIn, company: dict[str, Budget]) -> None:
    edit_budget(company["Backend"], Actor(None), {"parent": company["Product"]}, now())
    for page in pages(signed_in, company):
        assert_adds_up(page)
    assert "counted in several below" in row_of(signed_in().get("/budgets/"), "Company")


def test_after_a_scope_was_widened(signed_in: SignIn, company: dict[str, Budget]) -> None:
    edit_budget(company["Product"], Actor(None), {"scope": {"departments": ["product", "engineering"]}}, now())
    edit_budget(company["Search"], Actor(None), {"scope": {"teams": ["search", "backend"]}}, now())
    for page in pages(signed_in, company):
        assert_adds_up(page)


def test_after_one_was_archived(signed_in: SignIn, company: dict[str, Budget]) -> None:
    archive_budget(company["Backend"], Actor(None), now())
    for page in pages(signed_in, company):
        assert "$4.87 by budgets now archived or moved" in row_of(page, "Engineering")
        assert_adds_up(page)


def test_a_row_of_other_dates_says_what_of_it_the_row_above_counts(signed_in: SignIn) -> None:
    today = timezone.localdate()
    top = budget("Company", 800, at=now() - AGO)
    dates: dict[str, Any] = {"starts_on": today - timedelta(days=70), "ends_on": today + timedelta(days=20)}
    budget("Launch", 300, top, scope={"projects": ["launch"]}, at=now() - AGO, period="custom", **dates)
    spend(
        call("100.10", project="launch", at=now() - timedelta(days=40)), call("30.30", project="launch"), call("2.02")
    )
    page = signed_in().get("/budgets/")
    days = f"{short_day(dates['starts_on'])} – {short_day(dates['ends_on'])}"
    assert f"{days} · $30.30 in {today:%B %Y}" in row_of(page, "Launch")
    assert_adds_up(page)


def test_those_that_did_not_fit_say_what_they_spent(signed_in: SignIn) -> None:
    top = budget("Company", 800, at=now() - AGO)
    for n in range(53):
        budget(f"Team {n}", 5, top, scope={"teams": [str(n)]}, at=now() - AGO)
    spend(*[call("1.01", team=str(n)) for n in range(53)])
    page = signed_in().get("/budgets/")
    assert "3 more under Company · $3.03 spent" in text_of(page)
    assert_adds_up(page)


def test_uppermost_rows_that_share_calls_say_how_much(signed_in: SignIn, company: dict[str, Budget]) -> None:
    said = "is in more than one of the uppermost rows"
    finance, lead = pages(signed_in, company)
    assert f"$0.77 {said}" in text_of(lead)
    assert said not in text_of(finance)
    edit_budget(company["Backend"], Actor(None), {"parent": company["Product"]}, now())
    finance, lead = pages(signed_in, company)
    assert f"$4.10 {said}" in text_of(lead)
    assert said not in text_of(finance)


def test_whole_amounts_are_called_by_the_companys_currency(signed_in: SignIn, settings: Any) -> None:
    settings.COSTOPS_CURRENCY = "EUR"
    budget("Company", 60_000)
    assert "Whole euros; sums are of the exact amounts." in text_of(signed_in().get("/budgets/"))
