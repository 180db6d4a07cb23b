"""The overview: each figure is the sum of calls, and everyone sees their part of it alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.models import Budget
from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of
from wire.calendar import MONTH, present
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def sums_in(page: HttpResponse) -> list[Decimal]:
    """The exact sums that a page holds, in the order of reading."""
    return [Decimal(value) for value in re.findall(r'<data value="([^"]+)"', page.content.decode())]


def early() -> object:
    """An instant of this month that is over in any case."""
    return present(MONTH, now()).starts


def test_what_was_spent_stands_against_the_companys_budget(signed_in: SignIn) -> None:
    budget("Company", 1000)
    spend(call("120.50", early()), call("29.50", early(), team="search"))
    page = signed_in("finance").get("/")
    text = text_of(page)
    assert sums_in(page)[0] == 150
    assert "$150.00 of $1,000" in text
    assert "15.0% of Company" in text


def test_the_figures_of_a_viewer_are_those_of_what_they_see(signed_in: SignIn) -> None:
    company = budget("Company", 10)
    team = budget("Search", 5, company, scope={"teams": ["search"]})
    spend(call(3, early(), team="search"), call(4, early(), team="secret-team", model="secret-model"))
    viewer = person("viewer")
    share(team, viewer)
    client = signed_in(viewer)
    for query in ("", "?by=model", "?by=project", "?period=2020-01"):
        page = client.get(f"/{query}")
        assert "secret" not in page.content.decode()
        assert "Company" not in text_of(page)
        assert query.startswith("?period") or sums_in(page)[0] == 3
    assert "$3.00 of $5" in text_of(client.get("/?period="))


def test_movers_tell_what_rose_and_fell_and_how_much_that_explains(signed_in: SignIn) -> None:
    budget("Company", 10_000)
    month = present(MONTH, now())
    before = month.moved(-1).starts
    spend(
        call(10, before, team="a"),
        call(50, before, team="b"),
        call(40, month.starts, team="a"),
        call(30, month.starts, team="b"),
    )
    text = text_of(signed_in("finance").get("/"))
    assert "+$10.00 in all" in text
    assert re.search(r"Up .*a \+\$30\.00 \+300\.0% \$40\.00 before \$10\.00 300\.0% of the change", text)
    assert re.search(r"Down .*b −\$20\.00 −40\.0% \$30\.00 before \$50\.00 −200\.0% of the change", text)


def test_a_time_that_was_recorded_in_part_is_compared_by_sums_alone(signed_in: SignIn) -> None:
    budget("Company", 10_000)
    month = present(MONTH, now())
    spend(call(10, month.moved(-2).starts + timedelta(days=20)), call(40, month.moved(-1).starts))
    client = signed_in("finance")
    text = text_of(client.get(f"/?period={month.moved(-1).written}"))
    since = short_day(month.moved(-2).first + timedelta(days=20))
    assert f"+$30.00 recorded only since {since}" in text
    assert f"+$30.00 in all vs. {month.moved(-2).label} , recorded only since {since}" in text
    assert "+300.0%" not in text
    spend(call(1, month.moved(-3).starts))
    text = text_of(client.get(f"/?period={month.moved(-1).written}"))
    assert "recorded only" not in text
    assert "+300.0%" in text


def test_what_nobody_knows_the_price_of_is_not_told_to_have_fallen(signed_in: SignIn) -> None:
    found, month = budget("Company", 10_000, at=now() - timedelta(days=400)), present(MONTH, now())
    before = month.moved(-1).starts
    spend(call(9, before, team="a", model="acme-llm-2"), call(2, before, team="b"), call(1, early(), team="b"))
    spend(call(at=early(), team="a", model="acme-llm-2", input_tokens=5))
    client = signed_in("finance")
    down = text_of(client.get("/")).partition("Down")[2].partition("At risk or close")[0]
    assert "b −$1.00 −50.0%" in down
    assert "−$9.00" not in down
    own = client.get(f"/budgets/{found.pk}/").content.decode()
    row = next(row for row in re.findall(r"<tr\b.*?</tr>", own, re.S) if "acme-llm-2" in row)
    assert text_of(row) == "acme-llm-2 1 — unknown — —"


def test_a_quarter_adds_up_the_limits_of_its_months(signed_in: SignIn) -> None:
    budget("Company", 1000, at=now() - timedelta(days=400))
    quarter = present("quarter", now())
    spend(call(7, quarter.starts))
    page = signed_in("finance").get(f"/?period={quarter.written}")
    assert "$7.00 of $3,000" in text_of(page)


def test_what_waits_is_for_those_who_can_settle_it(signed_in: SignIn) -> None:
    company = budget("Company", 100)
    team = budget("Search", 2, company, scope={"teams": ["search"]})
    spend(call(3, early(), team="search"), call(None, early(), model="acme-llm-2", input_tokens=5))
    finance = text_of(signed_in("finance").get("/"))
    assert "Search passed its limit" in finance
    assert "Raise limit" in finance
    assert "1 call without a price" in finance
    viewer = person("viewer")
    share(team, viewer)
    seen = text_of(signed_in(viewer).get("/"))
    assert "Nothing waits for you" in seen
    assert "acme" not in seen


def test_a_chosen_period_holds_from_page_to_page_and_stands_in_each_address(signed_in: SignIn) -> None:
    found = budget("Company", 1000, at=now() - timedelta(days=400))
    client = signed_in("finance")
    last = present(MONTH, now()).moved(-1)
    client.get(f"/?period={last.written}")
    for path in ("/", "/budgets/", "/usage/", f"/budgets/{found.pk}/"):
        for from_within in ({"Sec-Fetch-Site": "same-origin"}, {"Referer": "http://testserver/people/"}):
            answer = client.get(path, headers=from_within)
            assert (answer.status_code, answer["Location"]) == (302, f"{path}?period={last.written}")
        assert last.label in text_of(client.get(answer["Location"]))
    client.get("/?period=")
    assert client.get("/budgets/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": "https://mail.company.com/"}],
)
def test_an_address_that_was_sent_shows_everybody_the_same(signed_in: SignIn, sent: dict[str, str]) -> None:
    budget("Company", 1000, at=now() - timedelta(days=400))
    client = signed_in("finance")
    client.get(f"/?period={present(MONTH, now()).moved(-1).written}")
    assert present(MONTH, now()).label in text_of(client.get("/budgets/", headers=sent))
    assert client.get("/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200, "what is seen is held"


@pytest.mark.parametrize("period", ["2999-01", "2026-13", "nonsense", "1999"])
def test_a_period_that_there_is_not_is_no_page(signed_in: SignIn, period: str) -> None:
    assert signed_in("finance").get(f"/?period={period}").status_code == 404


def test_neither_usage_nor_budgets_add_queries(signed_in: SignIn) -> None:
    company = budget("Company", 1000)
    budget("Search", 1, company, scope={"teams": ["t0"]})
    spend(*[call(5, early(), team=f"t{n}") for n in range(3)])
    client = signed_in("finance")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    few = queries()
    assert few <= 40
    Budget.objects.bulk_create(Budget(name=f"Part {n}", amount=Decimal(1), parent=company) for n in range(500))
    spend(*[call(1, timezone.now() - timedelta(hours=n), team=f"t{n % 90}") for n in range(300)])
    assert queries() <= few + 2


def test_what_waits_leads_to_its_cause_and_to_the_step_that_settles_it(signed_in: SignIn) -> None:
    found = budget("Search", 2, scope={"teams": ["search"]})
    spend(call(3, early(), team="search"), call(None, early(), model="acme & co", provider="acme", input_tokens=5))
    client = signed_in("finance")
    needs = client.get("/").content.decode().split('<ul class="needs">')[1].split("</ul>")[0]
    causes = {
        text_of(name): unescape(address) for address, name in re.findall(r'<p><a href="([^"]+)">(.*?)</a>', needs)
    }
    assert causes["Search passed its limit"] == f"/budgets/{found.pk}/"
    assert f'href="/budgets/{found.pk}/edit/">Raise limit' in needs
    cause = client.get(causes["1 call without a price"])
    assert "acme & co" in text_of(cause)
    assert "1 without a price" in text_of(cause)


def test_calls_without_a_price_say_of_which_time_they_are(signed_in: SignIn) -> None:
    month, first = present(MONTH, now()), now() - timedelta(days=70)
    spend(*[call(None, at, model="acme-llm-2", input_tokens=5) for at in (first, first, month.starts)])
    text = text_of(signed_in("finance").get("/"))
    assert "Without a price this month 1 call left out of all sums" in text
    assert "3 calls without a price" in text
    assert f"acme-llm-2 of openai · since {short_day(timezone.localdate(first))}, left out of all sums" in text
    last = month.moved(-1)
    assert f"Without a price in {last.label} 0 calls" in text_of(signed_in("finance").get(f"/?period={last.written}"))


def test_the_rate_of_a_year_is_over_the_time_since_recording_began(signed_in: SignIn) -> None:
    """Ten dollars a day for the last twenty days are ten dollars a day, whatever the year."""
    year = present("year", now())
    begin = max(year.starts, now() - timedelta(days=20))
    budget("Company", 100_000, period="yearly", at=year.starts)
    spend(*[call(10, begin + timedelta(days=day)) for day in range((now() - begin).days)])
    text = text_of(signed_in("finance").get(f"/?period={year.written}"))
    if (now() - year.starts).days > 30:
        said = re.search(rf"at the average since {short_day(timezone.localdate(begin))} , \$([\d.]+) a day", text)
        assert said
        assert Decimal("9.5") < Decimal(said[1]) < Decimal("10.5")
        assert "average since" in text_of(signed_in("finance").get(f"/budgets/{Budget.objects.get().pk}/"))


def test_the_overview_projects_as_the_companys_budget_does(signed_in: SignIn) -> None:
    company = budget("Company", 1000)
    spend(call("120.50", early()), call("29.50"))
    texts = [text_of(signed_in("finance").get(path)) for path in ("/", f"/budgets/{company.pk}/")]
    projected = [re.search(r"Projected for \w+ \d+(?:, \d+)? (\$[\d,]+)", text) for text in texts]
    assert projected[0]
    assert projected[1]
    assert abs(int(projected[0][1][1:].replace(",", "")) - int(projected[1][1][1:].replace(",", ""))) <= 1


def test_a_label_of_many_values_is_not_read_as_a_whole_and_its_sums_are_exact(signed_in: SignIn) -> None:
    month = present(MONTH, now())
    before = month.moved(-1).starts
    costs = {n: Decimal(n) / 1000 + Decimal("0.000123") for n in range(500)}
    spend(*[call(cost, month.starts, team=f"t{n:03}") for n, cost in costs.items()])
    spend(*[call(Decimal(500 - n) / 1000, before, team=f"t{n:03}") for n in costs])
    fetched: list[int] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        fetched.append(context["cursor"].rowcount)
        return result

    client = signed_in("finance")
    with connection.execute_wrapper(count):
        page = client.get("/?by=team")
    assert max(fetched) < 60
    total = sum(costs.values())
    assert sums_in(page)[0] == total
    legend = re.search(r'<ul class="legend layers".*?</ul>', page.content.decode(), re.S)
    assert legend
    largest = [f"t{n:03}" for n in range(499, 494, -1)]
    assert re.findall(r"t\d{3}", text_of(legend[0])) == largest
    layers = json.loads(re.search(r'<script id="figure"[^>]*>(.*?)</script>', page.content.decode(), re.S)[1])["data"]
    rest = total - sum(costs[n] for n in range(495, 500))
    other = next(layer for layer in layers if layer.get("name") == "Other")
    assert abs(sum(Decimal(y) for y in other["y"]) - rest) < Decimal("0.01")
    text = text_of(page)
    assert re.search(r"Up .*?t499 \+", text)
    assert re.search(r"Down .*?t000 −", text)
