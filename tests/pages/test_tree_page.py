"""The page of all budgets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import names_in_order, row_of, text_of
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def company() -> dict[str, Budget]:
    """Scene 2: a company, two departments, a team, and one across them; made two months ago."""
    ago = now() - timedelta(days=60)
    top = budget("Company", 100_000, at=ago)
    engineering = budget("Engineering", 60_000, top, scope={"departments": ["engineering"]}, at=ago)
    product = budget("Product", 30_000, top, scope={"departments": ["product"]}, at=ago)
    backend = budget("Backend", 30_000, engineering, scope={"teams": ["backend"]}, at=ago)
    production = budget("Production", 10_000, scope={"projects": ["production"]}, at=ago)
    return {b.name: b for b in (top, engineering, product, backend, production)}


def test_spend_is_in_the_budget_and_in_all_above_it(company: dict[str, Budget], signed_in: SignIn) -> None:
    spend(call("1234.56", team="backend", department="engineering", project="production"))
    page = signed_in().get("/budgets/")
    for name in ("Company", "Engineering", "Backend", "Production"):
        assert "$1,235" in row_of(page, name)
    assert "$0" in row_of(page, "Product")


def test_every_figure_is_the_domains(company: dict[str, Budget], signed_in: SignIn) -> None:
    for cost, labels in (
        (9000, {"team": "backend"}),
        (700, {"department": "engineering"}),
        (31_000, {"project": "production"}),
    ):
        spend(call(cost, **labels))
    page = signed_in().get("/budgets/")
    for pk, status in statuses(list(Budget.objects.all()), now()).items():
        row = row_of(page, Budget.objects.get(pk=pk).name)
        assert in_words(status.spent, cents=False) in row
        assert in_words(status.limit, cents=False) in row


def test_what_crosses_the_tree_stands_apart(company: dict[str, Budget], signed_in: SignIn) -> None:
    html = signed_in().get("/budgets/").content.decode()
    before, across = html.split("not added to the company’s total")
    assert ">Production<" in across
    assert ">Backend<" in before


def test_what_no_child_covers_is_said(company: dict[str, Budget], signed_in: SignIn) -> None:
    spend(call(500, team="backend", department="engineering"), call(2640, department="engineering"))
    assert "$2,640 spent directly" in row_of(signed_in().get("/budgets/"), "Engineering")


def test_what_came_through_budgets_that_left_is_said(company: dict[str, Budget], signed_in: SignIn) -> None:
    old = budget("Old", 10, company["Engineering"], scope={"teams": ["old"]}, at=now() - timedelta(days=60))
    spend(call(500, team="backend", department="engineering"), call(40, team="old"), call(7, department="engineering"))
    archive_budget(old, Actor(None), now())
    row = row_of(signed_in().get("/budgets/"), "Engineering")
    assert "$7 spent directly · $40 by budgets now archived or moved" in row


def test_children_that_share_calls_are_not_subtracted_twice(company: dict[str, Budget], signed_in: SignIn) -> None:
    budget("Chat", 100, company["Engineering"], scope={"projects": ["chat"]}, at=now() - timedelta(days=60))
    spend(call(500, team="backend", department="engineering", project="chat"), call(2000, department="engineering"))
    row = row_of(signed_in().get("/budgets/"), "Engineering")
    assert "$2,000 spent directly · $500 counted in several below" in row


def test_the_state_is_a_word(company: dict[str, Budget], signed_in: SignIn) -> None:
    spend(call(10_000, project="production"))
    assert "Exceeded" in row_of(signed_in().get("/budgets/"), "Production")


def test_tabs_count_and_choose_by_state(company: dict[str, Budget], signed_in: SignIn) -> None:
    spend(call(10_000, project="production"))
    archive_budget(company["Product"], Actor(None), now())
    client = signed_in()
    tabs = text_of(re.search(r'<nav class="tabs".*?</nav>', client.get("/budgets/").content.decode(), re.S)[0])
    counted = dict(re.findall(r"([A-Z][a-z]+(?: [a-z]+)?) (\d+)", tabs))
    assert counted["All"] == "4"
    assert counted["Archived"] == "1"
    assert int(counted["At risk"]) + int(counted["Close"]) + int(counted["On track"]) == 4
    assert "Production" in names_in_order(client.get("/budgets/?state=at-risk"))
    assert names_in_order(client.get("/budgets/?state=archived")) == ["Product"]


def test_a_search_looks_at_name_owner_and_scope(company: dict[str, Budget], signed_in: SignIn) -> None:
    owner = person("lead", "lena@company.com")
    budget("Owned", 5, scope={"projects": ["x"]}, owner=owner)
    client = signed_in()
    assert names_in_order(client.get("/budgets/?q=lena")) == ["Owned"]
    assert names_in_order(client.get("/budgets/?q=BACK end")) == ["Backend"]
    assert names_in_order(client.get("/budgets/?q=project: production")) == ["Production"]
    assert "No budget matches “serach”" in text_of(client.get("/budgets/?q=serach"))


def test_a_row_closes_and_opens_by_its_address(company: dict[str, Budget], signed_in: SignIn) -> None:
    client, pk = signed_in(), company["Engineering"].pk
    shut = client.get(f"/budgets/?shut={pk}")
    assert "Backend" not in names_in_order(shut)
    assert "1 budget ·" in row_of(shut, "Engineering")
    assert "Backend" in names_in_order(client.get(f"/budgets/?open={pk}"))


def test_closed_rows_hold_only_what_is_on_track(signed_in: SignIn) -> None:
    ago = now() - timedelta(days=60)
    top = budget("Company", 1_000_000, at=ago)
    for number in range(10):
        team = budget(f"Team {number}", 10_000, top, scope={"teams": [f"t{number}"]}, at=ago)
        for part in range(3):
            budget(f"Project {number}-{part}", 1000, team, scope={"projects": [f"p{number}-{part}"]}, at=ago)
    spend(call(5000, project="p7-1", team="t7"))
    page = signed_in().get("/budgets/")
    assert "Project 7-1" in names_in_order(page)
    assert "Project 3-1" not in names_in_order(page)
    assert "all on track" in text_of(page)


def test_everyone_sees_what_was_shared_and_nothing_else(company: dict[str, Budget], signed_in: SignIn) -> None:
    user = person("viewer")
    share(company["Engineering"], user)
    spend(call(700, team="backend", department="engineering"))
    page = signed_in(user).get("/budgets/")
    assert names_in_order(page) == ["Engineering", "Backend"]
    assert "Company" not in text_of(page)
    assert "Production" not in text_of(page)


def test_nobody_learns_by_searching(company: dict[str, Budget], signed_in: SignIn) -> None:
    user = person("viewer")
    share(company["Backend"], user)
    client = signed_in(user)
    for query in ("?q=production", "?state=archived&q=Company", "?q=engineering"):
        assert names_in_order(client.get(f"/budgets/{query}")) == []
    assert client.get(f"/budgets/?under={company['Engineering'].pk}").status_code == 404


def test_an_empty_list_offers_the_first_step_to_those_who_may_take_it(signed_in: SignIn) -> None:
    assert 'href="/budgets/new/"' in signed_in("finance").get("/budgets/").content.decode()
    page = signed_in("viewer").get("/budgets/")
    assert "Nobody shared a budget" in text_of(page)
    assert "/budgets/new/" not in page.content.decode()


def test_a_budget_before_and_after_its_time_says_so(signed_in: SignIn) -> None:
    today = now().date()
    budget("Next", 5, period="custom", starts_on=today + timedelta(days=40), ends_on=today + timedelta(days=50))
    budget("Past", 5, period="custom", starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 31))
    page = signed_in().get("/budgets/")
    assert "Not begun" in row_of(page, "Next")
    assert "Ended" in row_of(page, "Past")


def test_the_day_of_an_exceeded_limit_is_the_day_it_was_reached(signed_in: SignIn) -> None:
    begins = now().date() - timedelta(days=10)
    budget("Company", 100, period="custom", starts_on=begins, ends_on=begins + timedelta(days=20))
    first = datetime(begins.year, begins.month, begins.day, 12, tzinfo=UTC)
    spend(call(60, at=first), call(60, at=first + timedelta(hours=20)))
    assert f"{short_day(begins + timedelta(days=1))} Exceeded" in row_of(signed_in().get("/budgets/"), "Company")


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_five_hundred_budgets_cost_as_many_queries_as_five(signed_in: SignIn) -> None:
    ago = now() - timedelta(days=40)
    top = budget("Company", 100_000, at=ago)
    teams = [budget(f"Team {n}", 10_000, top, scope={"teams": [f"t{n}"]}, at=ago) for n in range(2)]
    budget("Across", 10, scope={"projects": ["p0"]}, at=ago)
    spend(call(5, team="t0", project="p0"), call(50, team="t1"))

    def add(numbers: range) -> None:
        """Budgets for which nothing was posted yet."""
        Budget.objects.bulk_create(
            Budget(name=f"Part {n}", amount=Decimal(10), parent=teams[n % 2], scope={"projects": [f"q{n}"]})
            for n in numbers
        )

    add(range(1))
    client = signed_in()
    paths = ["/budgets/", "/budgets/?q=team", "/budgets/?state=at-risk", "/budgets/?state=archived"]
    few = [queries(client, path) for path in paths]
    assert max(few) <= 14
    add(range(1, 496))
    assert [queries(client, path) for path in paths] == few
    assert len(names_in_order(client.get(f"/budgets/?open={teams[0].pk}"))) < 120


@pytest.mark.parametrize("query", ["under=", "open=", "shut=", "page=", "open=1.", "state=at-risk&page="])
def test_numbers_of_any_length_are_no_fault_of_ours(company: dict[str, Budget], signed_in: SignIn, query: str) -> None:
    assert signed_in().get(f"/budgets/?{query}{'9' * 5000}").status_code in (200, 404)
