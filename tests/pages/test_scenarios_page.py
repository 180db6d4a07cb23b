"""The workbench of scenarios: asked by the address, compared in a table and a chart, kept by name, shared by a link."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting.models import ScenarioSet
from forecasting.scenario_forms import ScenarioForm
from tests.factories import Api, budget, call, now, person, share, spend
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def chat() -> Any:
    """A budget that spent 10 dollars a day."""
    made = budget("Chat", 500, at=now() - timedelta(days=50), scope={"projects": ["chat"]})
    spend(*[call(10, now() - timedelta(days=n, seconds=1), project="chat") for n in range(30)])
    return made


def at(found: Any, **asked: object) -> str:
    """The address that asks this; a_1 is the field a of the first scenario."""
    fields = {f"{name.rsplit('_', 1)[1]}-{name.rsplit('_', 1)[0]}": text for name, text in asked.items()}
    return f"/budgets/{found.pk}/scenarios/?" + "&".join(f"{key}={text}" for key, text in fields.items())


def rows_of(page: HttpResponse) -> list[str]:
    """The words of each row of the comparison."""
    table = re.search(r'<table class="cards compared".*?</table>', page.content.decode(), flags=re.S)
    assert table
    return [text_of(row) for row in re.findall(r"<tr\b.*?</tr>", table[0], flags=re.S)[1:]]


def figure_of(page: HttpResponse) -> dict[str, Any]:
    """The chart as it travels."""
    found = re.search(r'<script id="figure" type="application/json">(.*?)</script>', page.content.decode(), re.S)
    assert found
    figure: dict[str, Any] = json.loads(found[1])
    return figure


def test_the_page_begins_with_the_current_rate_and_one_scenario_to_fill_in(signed_in: SignIn, chat: Any) -> None:
    page = signed_in("finance").get(f"/budgets/{chat.pk}/scenarios/")
    (current,) = rows_of(page)
    assert current.startswith("Current rate If it goes on as forecast $")
    assert "95%: $" in current
    assert 'name="1-name" value="Scenario 1"' in page.content.decode()
    assert 'name="2-name"' not in page.content.decode()
    assert "10,000 more requests" in text_of(page)
    assert f'href="/budgets/{chat.pk}/scenarios/" aria-current="page">Scenarios' in page.content.decode()


def test_scenarios_of_the_address_are_compared_in_one_table_and_one_chart(signed_in: SignIn, chat: Any) -> None:
    asked = at(
        chat, name_1="Launch", requests_1="10,000", each_1="0.05", name_2="Lean", reduction_2="30", limit_2="250"
    )
    page = signed_in("finance").get(asked)
    _, launch, lean = rows_of(page)
    assert launch.startswith("A Launch 10,000 more requests at $0.05 $")
    assert "+$500.00" in launch
    assert "over" in launch
    assert "Will exceed" in launch
    assert lean.startswith("B Lean 30% off what is to come · limit $250 $")
    assert "$250" in lean
    names = [trace.get("name") for trace in figure_of(page)["data"]]
    assert {"Spent", "Limit", "Limit of B", "Current rate", "Launch", "Lean"} <= set(names)
    notes = [said["text"] for said in figure_of(page)["layout"]["annotations"]]
    assert {text[0] for text in notes if text.startswith(("A ", "B "))} == {"A", "B"}
    assert "Limit of B $250.00" in notes
    api = Api(person("finance"))
    body = {
        "budget_id": chat.pk,
        "scenarios": [{"name": "Launch", "assumptions": {"additional_requests": 10000, "average_cost": "0.05"}}],
    }
    (told,) = api.post("forecasts/scenarios/", body).json()["results"]
    assert f"${Decimal(told['projected_cost']):,.2f}" in launch or f"${Decimal(told['projected_cost']):,.0f}" in launch


def test_a_day_is_compared_by_its_hours(signed_in: SignIn) -> None:
    made = budget("Today", 500, period="daily", scope={"projects": ["chat"]})
    spend(call(10, now() - timedelta(seconds=1), project="chat"))
    page = signed_in("finance").get(at(made, name_1="Launch", requests_1="100", each_1="1000"))
    (line,) = [trace for trace in figure_of(page)["data"] if trace.get("name") == "Launch"]
    assert len(line["x"]) == 25 - timezone.localtime().hour
    _, launch = rows_of(page)
    assert re.search(rf"{timezone.localtime():%b} \d+, \d\d:\d\d Will exceed", launch), launch


def test_a_form_that_is_sent_leads_to_the_address_that_asks_the_same_in_short(signed_in: SignIn, chat: Any) -> None:
    client = signed_in("finance")
    sent = at(chat, name_1="Launch", growth_1="10", reduction_1="", requests_1="", name_2="Lean", reduction_2="30")

    def leads_to(more: str) -> dict[str, list[str]]:
        answer = client.get(f"{sent}&{more}")
        assert answer.status_code == 302
        assert client.get(answer["Location"]).status_code == 200
        return parse_qs(urlsplit(answer["Location"]).query)

    asked = {"1-name": ["Launch"], "1-growth": ["10"], "2-name": ["Lean"], "2-reduction": ["30"]}
    assert leads_to("work=1") == asked
    assert leads_to("add=1") == {**asked, "3-name": ["Scenario 3"]}
    assert leads_to("remove=1") == {"1-name": ["Lean"], "1-reduction": ["30"]}


def test_a_page_holds_eight_scenarios(signed_in: SignIn, chat: Any) -> None:
    client = signed_in("finance")
    eight = at(chat, **{f"name_{n}": f"S{n}" for n in range(1, 9)}, **{f"growth_{n}": n for n in range(1, 9)})
    page = client.get(eight)
    assert len(rows_of(page)) == 9
    assert "A page compares up to 8 scenarios." in text_of(page)
    assert 'name="add"' not in page.content.decode()
    assert "9-name" not in client.get(f"{eight}&add=1")["Location"]


def test_what_is_wrong_stands_beside_its_field_with_what_was_typed(signed_in: SignIn, chat: Any) -> None:
    asked = at(
        chat,
        name_1="Shrinks",
        growth_1="-300",
        name_2="Half",
        requests_2="10",
        name_3="Odd",
        reduction_3="a third",
        name_4="Unknown",
        before_4="gpt-4",
        after_4="no-such-model",
        name_5="Lean",
        reduction_5="30",
        name_6="lean",
        growth_6="1",
    )
    page = signed_in("finance").get(asked)
    html = page.content.decode()
    assert page.status_code == 200
    assert [row.split(" ")[1] for row in rows_of(page)] == ["rate", "Lean"], "what is right is compared"
    for field, sentence, typed in (
        ("1-growth", "Above −100% and up to 1,000% a month.", "-300"),
        ("2-each", "Say what one of the additional requests costs on average.", ""),
        ("3-reduction", "Enter a number, as in 10.", "a third"),
        (
            "4-after",
            "Nobody knows a price of no-such-model. Check the name, or have finance add a price.",
            "no-such-model",
        ),
        ("6-name", "Another scenario has this name. Choose one each.", "lean"),
    ):
        (said,) = re.findall(rf'<p class="field-error" id="id_{field}_error"><span>(.*?)</span>', html)
        assert said.strip() == sentence
        if typed:
            assert re.search(rf'name="{field}" value="{typed}"', html), field
    assert "5 things to correct" in text_of(page)


def test_a_comparison_is_saved_opened_by_others_changed_and_deleted(signed_in: SignIn, chat: Any) -> None:
    maker, other = person("engineer", "maker@company.com"), person("viewer")
    for someone in (maker, other):
        share(chat, someone)
    mine, theirs = signed_in(maker), signed_in(other)
    answer = mine.post(at(chat, name_1="Launch", growth_1="10"), {"do": "save-as", "name": "Spring"})
    kept = ScenarioSet.objects.get()
    assert answer["Location"] == f"/budgets/{chat.pk}/scenarios/{kept.pk}/"
    assert kept.scenarios == [{"name": "Launch", "assumptions": {"growth_rate": "0.1"}}]
    page = theirs.get(answer["Location"])
    assert [row.split(" ")[0] for row in rows_of(page)] == ["Current", "A"]
    assert "Spring , saved by maker@company.com" in text_of(page)
    assert 'value="delete"' not in page.content.decode()
    assert "Spring" in text_of(theirs.get(f"/budgets/{chat.pk}/scenarios/"))
    for do in ("save", "delete"):
        assert theirs.post(answer["Location"], {"do": do}).status_code == 403
    changed = f"{answer['Location']}?1-name=Launch&1-growth=20"
    assert "What you see was changed since." in text_of(mine.get(changed))
    mine.post(changed, {"do": "save"})
    kept.refresh_from_db()
    assert (kept.name, kept.scenarios[0]["assumptions"]) == ("Spring", {"growth_rate": "0.2"})
    mine.post(answer["Location"], {"do": "delete"})
    assert not ScenarioSet.objects.exists()


def test_what_a_program_saved_is_opened_and_copied_to_the_last_digit(signed_in: SignIn, chat: Any) -> None:
    assumed = {
        "growth_rate": "0.12345678901234567",
        "cost_reduction": "0.00000000000000000123456",
        "additional_requests": 1_000_000_000_000,
        "average_cost": "0.00000000012345",
        "budget_amount": "1000000000",
    }
    body = {"name": "Exact", "scenarios": [{"name": "Digits", "assumptions": assumed}]}
    made = Api(person("finance", "program@company.com")).post(f"budgets/{chat.pk}/scenario-sets/", body)
    assert made.status_code == 201, made.content
    path = f"/budgets/{chat.pk}/scenarios/{made.json()['id']}/"
    client = signed_in("finance")
    page = client.get(path)
    assert len(rows_of(page)) == 2
    assert "to correct" not in text_of(page)
    action = re.search(r'<form method="post" action="([^"]*scenarios[^"]*)"', page.content.decode())
    assert action
    client.post(action[1], {"do": "save-as", "name": "Copy"})
    assert ScenarioSet.objects.get(name="Copy").scenarios == ScenarioSet.objects.get(name="Exact").scenarios


@pytest.mark.parametrize(
    ("name", "growth", "sentence"),
    [
        ("", "10", "Choose a name of 1 to 120 characters."),
        ("a\x00b", "10", "Choose a name of 1 to 120 characters."),
        ("Spring", "10", "This budget has saved scenarios of this name."),
        ("Summer", "-300", "Correct the scenarios first."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_name(
    signed_in: SignIn, chat: Any, name: str, growth: str, sentence: str
) -> None:
    client = signed_in("finance")
    client.post(at(chat, name_1="Launch", growth_1="10"), {"do": "save-as", "name": "Spring"})
    page = client.post(at(chat, name_1="Other", growth_1=growth), {"do": "save-as", "name": name})
    assert page.status_code == 400
    assert sentence in text_of(page)
    assert f'name="name" maxlength="120" value="{name}"' in page.content.decode()
    assert 'value="Other"' in page.content.decode()
    assert ScenarioSet.objects.count() == 1


def test_a_set_of_another_budget_or_one_not_seen_is_not_there(signed_in: SignIn, chat: Any) -> None:
    finance, other = signed_in("finance"), budget("Other", 5)
    finance.post(at(chat, name_1="Launch", growth_1="10"), {"do": "save-as", "name": "Spring"})
    kept = ScenarioSet.objects.get()
    for client, path in (
        (finance, f"/budgets/{other.pk}/scenarios/{kept.pk}/"),
        (finance, f"/budgets/{chat.pk}/scenarios/{uuid.uuid4()}/"),
        (signed_in("engineer"), f"/budgets/{chat.pk}/scenarios/{kept.pk}/"),
        (signed_in("engineer"), f"/budgets/{chat.pk}/scenarios/"),
    ):
        assert client.get(path).status_code == 404
        assert client.post(path, {"do": "delete"}).status_code == 404


def test_at_rest_nothing_is_compared(signed_in: SignIn, chat: Any) -> None:
    Api(person("finance")).delete(f"budgets/{chat.pk}/")
    page = signed_in("finance").get(at(chat, name_1="Launch", growth_1="10"))
    assert "Nothing more is to come" in text_of(page)
    assert "<form" not in page.content.decode().split("</header>")[-1].split("<footer")[0]


@pytest.mark.parametrize(("kind", "first"), [("daily", "hour"), ("yearly", "day"), ("weekly", "day")])
def test_periods_of_every_length_are_drawn(signed_in: SignIn, kind: str, first: str) -> None:
    made = budget("Any", 500, period=kind)
    spend(call(10))
    page = signed_in("finance").get(at(made, name_1="More", growth_1="10"))
    assert page.status_code == 200
    assert page.context["unit"] == first
    more = next(trace for trace in figure_of(page)["data"] if trace.get("name") == "More")
    assert len(more["x"]) == len(more["y"]) >= 2


def test_eight_scenarios_take_as_many_queries_as_one(signed_in: SignIn, chat: Any) -> None:
    client = signed_in("finance")

    def queries(count: int) -> int:
        names = {f"name_{n}": f"S{n}" for n in range(1, count + 1)}
        models = {f"before_{n}": "gpt-4" for n in range(1, count + 1)} | {
            f"after_{n}": "gpt-3.5-turbo" for n in range(1, count + 1)
        }
        with CaptureQueriesContext(connection) as context:
            assert client.get(at(chat, **names, **models)).status_code == 200
        return len(context)

    assert queries(1) >= queries(8)


def test_an_address_with_nonsense_in_it_is_answered_in_words(signed_in: SignIn, chat: Any) -> None:
    client = signed_in("finance")
    for nonsense in ("1-name=a%00b&1-growth=%00", "1-growth=1e999", "1-requests=%F0%9F%98%80&99-name=x", "remove=x"):
        answer = client.get(f"/budgets/{chat.pk}/scenarios/?{nonsense}", follow=True)
        assert answer.status_code == 200, nonsense
    assert "2 things to correct" in text_of(client.get(f"/budgets/{chat.pk}/scenarios/?1-name=a%00b&1-growth=%00"))


@pytest.mark.parametrize(
    ("typed", "growth"),
    [("1,5", "0.015"), ("1.5", "0.015"), ("1,000", "10"), ("−2,5 %", "-0.025"), ("1.000,00", "10"), ("sNaN", None)],
)
def test_a_number_is_read_with_either_decimal_mark(typed: str, growth: str | None) -> None:
    form = ScenarioForm({"1-name": "A", "1-growth": typed}, 1)
    read = form.raw()["assumptions"]["growth_rate"]
    assert read == (Decimal(growth) if growth else None)
    assert ("growth" in form.errors) == (growth is None)
