"""Every figure of the overview, of a budget, of the explorer and of their files is the API's and a sum made by hand.

The sums are made here, of the calls themselves and in plain Python; nothing of the product adds for them. Costs are
whole cents, which pages show as they are.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from budgets.models import Budget
from tests.factories import Api, budget, call, now, person, share, spend
from tests.pages.reading import text_of
from usage.domain.calls import Call
from wire.calendar import MONTH, present

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TEAMS = ("search", "support", "mobile", None)
LABELS = ("team", "model", "project", "user", "provider", "environment")


@dataclass
class Company:
    """The calls of this month and of the one before, the budgets they are charged to, and who looks."""

    calls: list[Call]
    top: Budget
    team: Budget
    lead: User
    since: datetime
    before: datetime
    until_before: datetime

    def of(self, who: str) -> list[Call]:
        """The calls that are seen: all of them, or the team's."""
        return [one for one in self.calls if who == "finance" or one.team == "search"]

    def now(self, who: str) -> list[Call]:
        """Those of this month."""
        return [one for one in self.of(who) if one.occurred_at >= self.since]

    def then(self, who: str) -> list[Call]:
        """Those of the month before, as far into it as this month has come."""
        return [one for one in self.of(who) if self.before <= one.occurred_at < self.until_before]


def total(calls: Iterable[Call]) -> Decimal:
    """What calls cost together."""
    return sum((one.cost or Decimal(0) for one in calls), Decimal(0))


def by(label: str, calls: Iterable[Call]) -> dict[str, list[Call]]:
    """Calls by what they have of a label, by the words in which pages say it."""
    found: dict[str, list[Call]] = {}
    for one in calls:
        found.setdefault(getattr(one, label) or f"no {label}", []).append(one)
    return found


@pytest.fixture
def company() -> Company:
    at = now()
    month = present(MONTH, at)
    top = budget("Company", 900, at=at - timedelta(days=100))
    team = budget("Search", 300, top, scope={"teams": ["search"]}, at=at - timedelta(days=100))
    lead = person("lead")
    share(team, lead)
    dice = random.Random(20260301)
    hour = at.replace(minute=0, second=0, microsecond=0)
    since, before = month.starts, month.moved(-1).starts
    until_before = min(before + (hour - since), since)

    def some(start: datetime, end: datetime) -> Call:
        model = dice.choice(["gpt-4", "gpt-4o", "claude-3-opus"])
        return call(
            Decimal(dice.randrange(1, 900)) / 100,
            start + (end - start) * dice.random(),
            team=dice.choice(TEAMS),
            model=model,
            provider="anthropic" if model.startswith("claude") else "openai",
            project=dice.choice(["api", "chat", None]),
            user=dice.choice(["ada@company.com", "bo@company.com", None]),
            environment=dice.choice(["production", "staging"]),
            input_tokens=dice.randrange(1000),
            output_tokens=dice.randrange(300),
        )

    last = at - timedelta(seconds=2)
    calls = [some(since, last) for _ in range(70)] + [some(before, since) for _ in range(70)]
    spend(*calls, call(None, last, model="acme-llm", team="mobile", input_tokens=1))
    return Company(calls, top, team, lead, since, before, until_before)


def visitor(company: Company, signed_in: SignIn, who: str) -> tuple[Client, Api]:
    """Someone in the browser, and their program."""
    user = person("finance") if who == "finance" else company.lead
    return signed_in(user), Api(user)


def sum_of(words: str) -> Decimal:
    """A sum as a page says it."""
    found = re.search(r"([+−-]?)\$([\d,]+(?:\.\d+)?)", words)
    if not found:
        assert re.search("none|unknown|—", words), words
        return Decimal(0)
    amount = Decimal(found[2].replace(",", ""))
    return -amount if found[1] in ("−", "-") else amount


def rows_in(page: HttpResponse, region: str) -> list[list[str]]:
    """The cells of the rows of the first table in a named region, in words."""
    html = page.content.decode()
    at = re.search(rf'aria-label="{re.escape(region)}"', html)
    assert at, f"no {region!r}"
    table = html[html.index("<table", at.end()) : html.index("</table>", at.end())]
    body = table[table.index("<tbody") :]
    return [
        [text_of(cell) for cell in re.findall(r"<td\b.*?</td>", row, flags=re.S)]
        for row in re.findall(r"<tr\b.*?</tr>", body, flags=re.S)
    ]


def file_of(client: Client, path: str) -> list[dict[str, str]]:
    """The lines of a file."""
    text = b"".join(client.get(path).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def check_days(rows: Sequence[Sequence[str]], calls: list[Call]) -> None:
    """The last column of a chart's table, day by day."""
    zone = settings.COSTOPS_ZONE
    days: dict[int, Decimal] = {}
    for one in calls:
        day = one.occurred_at.astimezone(zone).day
        days[day] = days.get(day, Decimal(0)) + (one.cost or 0)
    shown = {int(re.sub(r"\D", "", row[0].split(",")[0])): sum_of(row[-1]) for row in rows}
    assert {day: amount for day, amount in shown.items() if amount} == days
    for row in rows:
        assert sum(sum_of(cell) for cell in row[1:-1]) == sum_of(row[-1])


@pytest.mark.parametrize("who", ["finance", "lead"])
@pytest.mark.parametrize("label", ["team", "model", "project"])
def test_of_the_overview(company: Company, signed_in: SignIn, who: str, label: str) -> None:
    client, api = visitor(company, signed_in, who)
    these, those = company.now(who), company.then(who)
    page = client.get(f"/?by={label}")
    lead = text_of(page)
    limit = 900 if who == "finance" else 300
    assert f"${total(these):.2f} of ${limit}" in lead
    assert f"{total(these) / limit * 100:.1f}% of {'Company' if who == 'finance' else 'Search'}" in lead
    if those:
        assert f"{(total(these) - total(those)) / total(those) * 100:+.1f}%".replace("-", "−") in lead
    check_days(rows_in(page, "Spend per day as a table"), these)
    moved = {name: total(calls) for name, calls in by(label, these).items()}
    for name, calls in by(label, those).items():
        moved[name] = moved.get(name, Decimal(0)) - total(calls)
    rows = re.findall(r'<div class="movers">.*?</section>', page.content.decode(), flags=re.S)[0]
    shown = re.findall(r'<tr><td class="name">(.*?)</td><td class="num">(.*?)<small>', rows, flags=re.S)
    assert {text_of(name): sum_of(text_of(change)) for name, change in shown} == {
        name: change for name, change in moved.items() if change
    }
    start = company.since.astimezone(settings.COSTOPS_ZONE).date().isoformat()
    [answer] = api.get("usage/summary/", start=start).json()["results"]
    assert (Decimal(answer["cost"]), answer["unpriced"]) == (total(these), int(who == "finance"))
    assert f"Without a price this month {answer['unpriced']} call" in lead


@pytest.mark.parametrize("name", ["top", "team"])
@pytest.mark.parametrize("label", ["model", "team", "project", "user"])
def test_of_a_budget(company: Company, signed_in: SignIn, name: str, label: str) -> None:
    who = "finance" if name == "top" else "lead"
    client, api = visitor(company, signed_in, who)
    found: Budget = getattr(company, name)
    these, those = company.now(who), company.then(who)
    page = client.get(f"/budgets/{found.pk}/?of={label}")
    status = api.get(f"budgets/{found.pk}/status/").json()
    assert Decimal(status["current"]) == total(these)
    assert f"Spent ${total(these):.2f}" in text_of(page)
    groups, past = by(label, these), by(label, those)
    *rows, whole = rows_in(page, "What it went on")
    for cells in rows:
        calls, before = groups.pop(cells[0], []), past.pop(cells[0], [])
        assert (sum_of(cells[3]), sum_of(cells[4])) == (total(calls), total(calls) - total(before)), cells
    assert not groups
    assert sum_of(whole[3]) == total(these)
    change = total(these) - total(those)
    why = page.content.decode().split('aria-label="Why it changed"')[1].split("</section>")[0]
    if those:
        assert sum_of(text_of(why)) == change
        effects = re.findall(r'<b class="num">(.*?)</b>', why)
        assert abs(sum(sum_of(text_of(effect)) for effect in effects) - change) <= Decimal("0.02"), "cents alone"
    if name == "top":
        *below, whole = rows_in(page, "Budgets below")
        assert [sum_of(cells[1]) for cells in below] == [
            total(company.now("lead")),
            total(these) - total(company.now("lead")),
        ]
        assert sum_of(whole[1]) == total(these)
        assert (
            re.search(r"\S+ of \S+ handed out, \S+ not", text_of(page))[0]
            == "$300.00 of $900.00 handed out, $600.00 not"
        )


@pytest.mark.parametrize("who", ["finance", "lead"])
@pytest.mark.parametrize("label", LABELS)
def test_of_the_explorer_and_its_file(company: Company, signed_in: SignIn, who: str, label: str) -> None:
    client, api = visitor(company, signed_in, who)
    these, those = company.now(who), company.then(who)
    page = client.get(f"/usage/?by={label}")
    *rows, whole = rows_in(page, f"Usage by {label.capitalize()}")
    groups, past = by(label, these), by(label, those)
    start = company.since.astimezone(settings.COSTOPS_ZONE).date().isoformat()
    of_api = {
        row[label] or f"no {label}": (Decimal(row["cost"]), row["requests"])
        for row in api.get("usage/summary/", group_by=label, start=start).json()["results"]
    }
    of_file = {
        row[label] or f"no {label}": (Decimal(row["cost"] or 0), int(row["requests"]))
        for row in file_of(client, f"/usage/export.csv?by={label}&compare=none")
    }
    assert of_file == of_api
    shown = {}
    for cells in rows:
        name, unpriced = re.fullmatch(r"(.*?)(?: (\d+) without a price)?", cells[0]).groups()  # type: ignore[union-attr]
        calls, before = groups.pop(name, []), past.pop(name, [])
        assert (sum_of(cells[1]), sum_of(cells[2])) == (total(calls), total(calls) - total(before)), cells
        assert int(cells[3]) == len(calls) + int(unpriced or 0)
        shown[name] = sum_of(cells[1]), int(cells[3])
    assert {name: figures for name, figures in shown.items() if figures[1]} == of_api
    assert not groups
    assert sum_of(whole[1]) == total(these)
    assert sum_of(whole[2]) == total(these) - total(those)
    check_days(rows_in(page, "Cost per day as a table"), these)


@pytest.mark.parametrize("who", ["finance", "lead"])
def test_of_the_other_files(company: Company, signed_in: SignIn, who: str) -> None:
    client, api = visitor(company, signed_in, who)
    these = company.now(who)
    calls = file_of(client, "/usage/calls.csv")
    assert {row["id"]: Decimal(row["cost"]) for row in calls if row["cost"]} == {str(one.id): one.cost for one in these}
    expected = {"Search": total(company.now("lead"))} | ({"Company": total(these)} if who == "finance" else {})
    assert {row["budget"]: Decimal(row["spent"]) for row in file_of(client, "/budgets/export.csv")} == expected
    assert {
        row["name"]: Decimal(row["current"]) for row in _flat(api.get("budgets/tree/").json()["budgets"])
    } == expected


def _flat(nodes: Any) -> Iterable[dict[str, Any]]:
    for node in nodes:
        yield {"name": node["name"], "current": node.get("current") or node["status"]["current"]}
        yield from _flat(node.get("children", []))
