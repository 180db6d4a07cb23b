"""The explorer: exact sums in every grouping, filter, comparison and export, and of what one sees alone."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import Api, budget, call, now, person, share, spend
from tests.pages.reading import row_of, text_of
from tests.pages.test_overview import sums_in
from usage.exploring import Days, Question
from usage.models import SavedView
from wire.calendar import KINDS, MONTH, present, same_day_before
from wire.days import day_begins

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def rows_of(client: Client, path: str) -> list[dict[str, str]]:
    """The lines of an exported file by its header."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff"), "so that Excel reads UTF-8"
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def today() -> datetime:
    return now() - timedelta(seconds=1)


def test_twelve_thousand_tiny_calls_are_not_rounded_anywhere(signed_in: SignIn) -> None:
    found = budget("Company", 10)
    api = Api(person("finance"))
    for start in range(0, 12_345, 5_000):
        count = min(5_000, 12_345 - start)
        body = {"events": [{"provider": "openai", "model": "gpt-4", "cost": "0.000123"}] * count}
        assert api.send("POST", "usage/", body).status_code == 202
    client = signed_in("finance")
    whole = Decimal("1.518435")
    assert sums_in(client.get("/usage/"))[0] == whole
    assert "exactly 1.518435" in text_of(client.get("/usage/?compare=none"))
    assert sums_in(client.get("/"))[0] == whole
    assert whole in sums_in(client.get(f"/budgets/{found.pk}/"))
    assert api.get("usage/summary/").json()["results"][0]["cost"] == "1.518435"
    assert api.get(f"budgets/{found.pk}/status/").json()["current"] == "1.518435"
    assert [row["cost"] for row in rows_of(client, "/usage/export.csv")] == ["1.518435"]
    assert [row["spent"] for row in rows_of(client, "/budgets/export.csv")] == ["1.518435"]
    calls = rows_of(client, "/usage/calls.csv")
    assert (len(calls), sum(Decimal(row["cost"]) for row in calls)) == (12_345, whole)


@pytest.fixture
def company() -> dict[str, object]:
    """A company budget of 10, with a team's below it that a viewer sees, and usage of both that team and another."""
    top = budget("Company", 10)
    team = budget("Search", 5, top, scope={"teams": ["search"]})
    budget("Secret budget", 5, top, scope={"teams": ["secret-team"]})
    labels = {
        "project": "secret-project",
        "model": "secret-model",
        "user": "secret@company.com",
        "provider": "secret-p",
    }
    spend(
        call(1, today(), team="search", project="p1"),
        call(2, today(), team="search", project="p2", model="o1"),
        call(7, today(), team="secret-team", environment="secret-env", **labels),
    )
    viewer = person("viewer")
    share(team, viewer)
    return {"viewer": viewer, "top": top, "team": team}


GROUPINGS = [
    "",
    "by=model",
    "by=team&by=model",
    "by=project",
    "by=user",
    "by=provider&by=environment",
    "by=department",
    "by=",
]
FILTERS = ["", "team=search", "team=search&team=secret-team", "model=gpt-4&model=o1&model=secret-model"]


@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("filters", FILTERS)
def test_a_viewer_of_a_child_reads_its_three_dollars_everywhere(signed_in: SignIn, company, grouping, filters) -> None:
    client = signed_in(company["viewer"])
    asked = f"{grouping}&{filters}"
    shown = client.get(f"/usage/?{asked}")
    assert sums_in(shown)[0] == 3
    unasked = shown.content.decode().replace("secret-team", "" if "secret-team" in filters else "secret-team")
    assert "secret" not in unasked.replace("secret-model", "" if "secret-model" in filters else "secret-model")
    rows = rows_of(client, f"/usage/export.csv?{asked}")
    assert sum(Decimal(row["cost"]) for row in rows) == 3
    calls = rows_of(client, f"/usage/calls.csv?{asked}")
    assert sum(Decimal(row["cost"]) for row in calls) == 3
    assert "secret" not in str(rows) + str(calls)


def test_what_one_filters_by_and_may_not_see_is_as_if_it_were_not_there(signed_in: SignIn, company) -> None:
    client = signed_in(company["viewer"])
    hidden, absent = (
        text_of(client.get(f"/usage/?team={team}")).replace(team, "X") for team in ("secret-team", "no-team")
    )
    assert hidden == absent
    for budget_id in (company["top"].pk, 10**9):
        assert client.get(f"/usage/?budget={budget_id}").status_code == 404
        assert client.get(f"/usage/export.csv?budget={budget_id}").status_code == 404
        assert client.get(f"/usage/calls/?budget={budget_id}").status_code == 404
    assert sums_in(client.get(f"/usage/?budget={company['team'].pk}"))[0] == 3


def test_the_page_the_api_and_the_file_say_the_same(signed_in: SignIn) -> None:
    budget("Company", 10)
    month = present(MONTH, now())
    spend(
        *[
            call(f"0.{n:04d}1", month.starts + timedelta(minutes=n), team=f"t{n % 7}", model=f"m{n % 3}")
            for n in range(60)
        ],
        call(5, month.moved(-1).starts, team="t0"),
    )
    client, api = signed_in("finance"), Api(person("finance"))
    answer = api.get("usage/summary/", group_by="team,model", start=month.first.isoformat(), page_size=1000).json()
    of_api = {(row["team"], row["model"]): Decimal(row["cost"]) for row in answer["results"]}
    of_file = {
        (row["team"], row["model"]): Decimal(row["cost"])
        for row in rows_of(client, "/usage/export.csv?by=team&by=model")
    }
    del of_file["t0", "gpt-4"]  # of the month before alone
    assert of_file == of_api
    page = client.get("/usage/?by=team&by=model")
    assert sums_in(page)[0] == sum(of_api.values())
    shown = dict(re.findall(r"<bdi>(t\d)</bdi><span[^>]*> · </span><bdi>(m\d)</bdi>.*?", page.content.decode()))
    assert shown


def test_a_row_leads_into_what_it_is_made_of(signed_in: SignIn) -> None:
    budget("Company", 10)
    spend(call(1, today(), team="a", project="x"), call(2, today(), team=None, project="y"))
    client = signed_in("finance")
    page = client.get("/usage/?by=team")
    links = re.findall(r'<td role="cell" class="name c-name"><a href="([^"]+)"', page.content.decode())
    assert [sums_in(client.get("/usage/" + link.replace("&amp;", "&")))[0] for link in links] == [2, 1]
    assert "no team" in text_of(page)


def test_a_team_leads_to_its_projects_and_a_department_to_its_teams(signed_in: SignIn) -> None:
    budget("Company", 10)
    spend(call(1, today(), team="a", department="d", project="x"), call(2, today(), department="d", project="y"))
    client = signed_in("finance")

    def leads(query: str) -> list[str]:
        page = client.get(f"/usage/?{query}").content.decode()
        links = re.findall(r'<td role="cell" class="name c-name"><a href="([^"]+)"', page)
        return [QueryDict(unescape(link).lstrip("?")).get("by", "") for link in links]

    assert leads("by=department") == ["team"]
    assert leads("by=team") == ["department", "project"]
    assert leads("by=team&department=d") == ["project", "project"]


def test_what_has_no_price_at_all_has_neither_share_nor_change_and_stands_last_in_both_directions(
    signed_in: SignIn,
) -> None:
    budget("Company", 10)
    spend(call(3, today(), model="dear", input_tokens=1), call(at=today(), model="free", free=True, input_tokens=1))
    spend(
        call(model="acme-llm-2", at=today(), input_tokens=1), call(5, today() - timedelta(days=8), model="acme-llm-2")
    )
    client = signed_in("finance")
    for sort in ("cost", "change", "per_request", "per_million"):
        for sign in ("", "-"):
            rows = rows_of(client, f"/usage/export.csv?range=7d&sort={sign}{sort}")
            assert rows[-1]["model"] == "acme-llm-2", (sort, sign)
    page = client.get("/usage/?range=7d&compare=before&sort=cost")
    row = row_of(page, "acme-llm-2")
    assert row == "acme-llm-2 1 without a price unknown — 1 1 — — —"
    assert re.findall(r"c-name.>.*?<bdi>([\w-]+)</bdi>", page.content.decode()) == ["free", "dear", "acme-llm-2"]


def test_the_days_before_are_compared_as_far_as_these_have_come(signed_in: SignIn) -> None:
    budget("Company", 10)
    spend(call(4, now() - timedelta(days=2)), call(1, now() - timedelta(days=8)), call(9, now() - timedelta(days=15)))
    text = text_of(signed_in("finance").get("/usage/?range=7d"))
    assert "$4.00 +$3.00, +300.0% vs." in text
    assert "compared" not in text_of(signed_in("finance").get("/usage/?range=7d&compare=none"))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("by=tem", "'tem' is no label. Choose one of"),
        ("teem=backend", "'teem': There is no such filter. Did you mean team?"),
        ("range=999d", "'999d' is no range. Choose one of"),
        ("sort=-evil", "'-evil' is no sort"),
        ("compare=evil", "'evil' is no compare"),
        ("by=team&by=model&by=user", "Group by one or 2 labels"),
        ("tag:nothing=x", "is not kept by the day"),
        ("from=2026-13-01&to=2026-01-02", "is no date"),
        ("from=2026-02-02&to=2026-01-01", "is before the first"),
        ("to=nonsense", "is no date"),
        ("from=0001-01-01&to=2026-01-01", "Choose days from 2000-01-01"),
        ("team=%00", "NUL"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_what_to_write(signed_in: SignIn, query: str, says: str) -> None:
    for path in ("/usage/", "/usage/export.csv", "/usage/calls/", "/usage/calls.csv"):
        answer = signed_in("finance").get(f"{path}?{query}")
        assert (answer.status_code, says in text_of(answer)) == (400, True), path


def test_cells_of_the_file_are_never_formulas(signed_in: SignIn) -> None:
    budget("Company", 10)
    names = ["=1+1", "+1", "-1", "@x", "\tx", "plain", 'a "quoted", name', "עברית", "x" * 200]
    spend(*[call(1, today(), team=name) for name in names])
    rows = rows_of(signed_in("finance"), "/usage/export.csv?by=team")
    assert {row["team"] for row in rows} == {f"'{name}" if name[0] in "=+-@\t" else name for name in names}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "עברית שם ארוך", "x" * 200, "a&b=c?d#e", "100%", "a;b"])
def test_any_name_is_shown_filtered_and_followed(signed_in: SignIn, name: str) -> None:
    budget("Company", 10)
    spend(call(1, today(), team=name), call(2, today(), team="other"))
    client = signed_in("finance")
    page = client.get(f"/usage/?by=team&team={quote(name)}")
    assert sums_in(page)[0] == 1
    assert "<script>alert" not in page.content.decode()
    assert name.replace("\t", " ") in text_of(page)


def test_a_view_is_saved_under_a_name_by_its_owner_and_follows_the_month(signed_in: SignIn) -> None:
    mine, other = person("finance"), person("finance")
    client = signed_in(mine)
    month = present(MONTH, now()).written
    answer = client.post("/usage/views/", {"name": "By team", "query": f"?period={month}&by=team"}, follow=True)
    assert "The view By team is saved." in text_of(answer)
    view = SavedView.objects.get()
    assert view.query == "?range=month&by=team"
    assert "By team" in text_of(client.get("/usage/"))
    assert "By team" not in text_of(signed_in(other).get("/usage/"))
    assert signed_in(other).post(f"/usage/views/{view.pk}/delete/").status_code == 404
    client.post("/usage/views/", {"name": "By team", "query": "?range=7d"})
    assert [view.query for view in SavedView.objects.all()] == ["?range=7d"]
    client.post(f"/usage/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_single_calls_are_paged_there_and_back(signed_in: SignIn) -> None:
    budget("Company", 1000)
    spend(*[call(n, now() - timedelta(minutes=n + 1), model=f"m{n}") for n in range(120)])
    client = signed_in("finance")
    seen, path = [], "/usage/calls/?range=7d"
    pages = []
    while path:
        page = client.get(path).content.decode()
        pages.append(path)
        seen += re.findall(r"<bdi>(m\d+)</bdi>", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/usage/calls/" + older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"m{n}" for n in range(120)]
    newer = re.search(r'rel="prev" href="([^"]+)"', client.get(pages[1]).content.decode())
    assert newer
    back = client.get("/usage/calls/" + newer[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r"<bdi>(m\d+)</bdi>", back) == seen[:50]
    assert client.get("/usage/calls/?after=nonsense").status_code == 404


def test_single_calls_tell_which_of_how_many_are_shown(signed_in: SignIn) -> None:
    budget("Company", 1000)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    spend(*[call(1, hour + timedelta(minutes=n % 60), id=uuid.uuid4(), team="a") for n in range(115)])
    spend(*[call(1, hour + timedelta(minutes=59), team="b") for _ in range(7)])
    client = signed_in("finance")
    told, path = [], "/usage/calls/?range=7d&team=a"
    way = ["next", "next", "prev", "prev"]
    for rel in [*way, ""]:
        page = client.get(path).content.decode()
        told += re.findall(r"\d+–\d+ of \d+", text_of(page))
        step = re.search(rf'rel="{rel}" href="(\?[^"]*(?:after|before)=[^"]+)"', page)
        path = "/usage/calls/" + unescape(step[1]) if step else ""
    assert told == ["1–50 of 115", "51–100 of 115", "101–115 of 115", "51–100 of 115", "1–50 of 115"]


def test_single_calls_are_filtered_by_what_a_row_says_and_by_what_is_typed(signed_in: SignIn) -> None:
    budget("Company", 1000)
    spend(call(1, today(), team="a", user="ann@company.com"), call(2, today(), team="b"), call(4, today(), team="b"))
    client = signed_in("finance")
    page = client.get("/usage/calls/?range=7d").content.decode()
    links = {name: unescape(href) for href, name in re.findall(r'href="([^"]+)"><bdi>([^<]+)</bdi></a>', page)}
    assert {"a", "b", "gpt-4", "openai", "ann@company.com", "no project"} <= links.keys()
    chosen = client.get("/usage/calls/" + links["b"])
    assert "2 calls, $6.00" in text_of(chosen)
    assert "Team: b" in text_of(chosen)
    assert "<bdi>b</bdi></a>" not in chosen.content.decode()
    assert "3 calls" in text_of(client.get("/usage/calls/" + links["no project"]))
    added = client.get("/usage/calls/?range=7d&filter=team&is=a&after=2025-01-01T00:00Z_" + str(uuid.uuid4()))
    assert added.status_code == 302
    assert added["Location"] == "/usage/calls/?range=7d&team=a"
    assert re.search(r'href="\?range=90d"', page)
    assert "Compare" not in text_of(page)


@pytest.mark.parametrize(
    "path", ["/usage/?range=90d&by=team&by=model", "/usage/calls/?range=90d", "/usage/?range=90d&by=team&team=t1"]
)
def test_rows_add_no_queries(signed_in: SignIn, path: str) -> None:
    budget("Company", 1000)
    client = signed_in("finance")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    spend(*[call(1, today(), team=f"t{n}") for n in range(5)])
    few = queries()
    spend(*[call(1, timezone.now() - timedelta(hours=n), team=f"t{n}", model=f"m{n % 9}") for n in range(500)])
    assert queries() == few <= 22


@pytest.mark.parametrize("dates", ["from=2000-01-01&to=2999-12-31", "from=2020-01-01&to=2026-12-31", "range=365d"])
def test_any_stretch_of_days_is_drawn_in_few_bars(signed_in: SignIn, dates: str) -> None:
    budget("Company", 10)
    spend(call(2, today()))
    page = signed_in("finance").get(f"/usage/?{dates}")
    assert sums_in(page)[0] == 2
    assert len(page.content) < 1_000_000


@pytest.mark.parametrize(
    "path",
    [
        "/usage/?page=999999999999999999",
        f"/usage/calls/?after=0001-01-01T00:00:00%2B14:00_{uuid.UUID(int=1)}",
        f"/usage/calls/?before=9999-12-31T23:59:59-14:00_{uuid.UUID(int=1)}",
        f"/usage/calls/?after=2026-01-01T00:00:00%2B23:59:59.5_{uuid.UUID(int=1)}",
        "/budgets/?owner=%00",
        "/budgets/?owner=%00&state=archived",
        "/budgets/?q=%00",
    ],
)
def test_addresses_that_make_no_sense_are_answered_all_the_same(signed_in: SignIn, path: str) -> None:
    budget("Company", 10)
    spend(call(2, today()))
    assert signed_in("finance").get(path).status_code in (200, 404)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-03-10", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("Australia/Lord_Howe", "2026-04-05", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),
    ],
)
def test_a_single_day_is_drawn_by_the_hour(signed_in: SignIn, settings, zone: str, day: str, hours: int) -> None:
    settings.COSTOPS_ZONE = ZoneInfo(zone)
    budget("Company", 1000, at=datetime(2017, 1, 1, tzinfo=UTC))
    begins = day_begins(date.fromisoformat(day), settings.COSTOPS_ZONE)
    spend(*[call(Decimal(n + 1), begins + timedelta(minutes=30 * n, seconds=1)) for n in range(2 * hours - 2)])
    page = signed_in("finance").get(f"/usage/?from={day}&to={day}&by=")
    assert "Cost per hour" in text_of(page)
    figure = json.loads(re.search(r'<script id="figure"[^>]*>(.*?)</script>', page.content.decode())[1])
    names = figure["layout"]["xaxis"]["categoryarray"]
    assert len(names) == len(set(names)) == hours
    heights = [Decimal(str(height)) for height in figure["data"][0]["y"]]
    assert sum(heights) == sum(range(1, 2 * hours - 1)) == sums_in(page)[0]


def test_a_viewer_reads_the_hours_of_what_he_sees_alone(signed_in: SignIn, company) -> None:
    day = today().astimezone(settings.COSTOPS_ZONE).date()
    words = text_of(signed_in(company["viewer"]).get(f"/usage/?from={day}&to={day}&by=team"))
    assert "Cost per hour by team" in words
    assert "search $3.00" in words
    assert "secret" not in words


def test_one_date_alone_means_until_today_or_from_the_first_of_its_month(signed_in: SignIn) -> None:
    client = signed_in("finance")
    assert "Feb 1, 2025 – Feb 12, 2025" in text_of(client.get("/usage/?to=2025-02-12"))
    assert client.get("/usage/?from=2025-02-12").status_code == 200
    assert client.get(f"/usage/?from={now().date() + timedelta(days=9)}").status_code == 200


def test_other_days_press_no_period_and_the_period_leads_back(signed_in: SignIn) -> None:
    client = signed_in("finance")
    page = client.get("/usage/?from=2025-02-01&to=2025-02-12&by=team").content.decode()
    switch = page[page.index('class="period"') : page.index("Dates") if "Dates" in page else None]
    assert "aria-current" not in switch[: switch.index("</div>")]
    assert "before" not in switch[: switch.index("</div>")]
    month = unescape(re.search(r'href="(\?[^"]*)"[^>]*>Month', page)[1])
    assert present(MONTH, now()).label in text_of(client.get(f"/usage/{month}"))
    assert "by=team" in month


def offered(client: Client, query: str) -> list[tuple[str, str]]:
    """The values that are offered for a filter, with their cost."""
    page = client.get(f"/usage/values/?{query}").content.decode()
    return re.findall(r'data-value="([^"]*)"><span>[^<]*</span><small>([^<]*)', page)


def test_values_of_a_filter_are_offered_by_their_cost_and_none_of_what_is_not_seen(signed_in: SignIn, company) -> None:
    assert offered(signed_in("finance"), "filter=team&is=SE") == [("secret-team", "$7.00"), ("search", "$3.00")]
    viewer = signed_in(company["viewer"])
    assert offered(viewer, "filter=team&is=") == [("search", "$3.00")]
    assert offered(viewer, "filter=project&is=p&model=o1") == [("p2", "$2.00")]
    assert offered(viewer, "filter=project&is=p&project=p1") == [("p2", "$2.00"), ("p1", "$1.00")]
    assert offered(viewer, "filter=cost&is=") == offered(viewer, "filter=model&is=%25") == []
    assert viewer.get("/usage/values/?range=x").status_code == 400


def test_days_before_recording_began_are_said_to_be_so(signed_in: SignIn) -> None:
    budget("Company", 1000)
    client = signed_in("finance")
    spend(call(1, today()))
    assert "recorded only since" in text_of(client.get("/usage/?range=30d"))
    spend(call(1, today() - timedelta(days=400)))
    assert "recorded only" not in text_of(client.get("/usage/?range=30d"))


def test_a_day_of_which_the_half_was_recorded_is_compared_by_sums_alone(signed_in: SignIn) -> None:
    budget("Company", 1000)
    yesterday = (today() - timedelta(days=1)).replace(hour=12, minute=0)
    spend(call(2, yesterday - timedelta(days=1)), call(6, yesterday))
    query = f"/usage/?from={yesterday:%Y-%m-%d}&to={yesterday:%Y-%m-%d}"
    text = text_of(signed_in("finance").get(query))
    assert "+$4.00 vs." in text
    assert "+200.0%" not in text


def test_a_view_with_too_long_an_address_is_refused_and_says_so(signed_in: SignIn) -> None:
    answer = signed_in("finance").post("/usage/views/", {"name": "Long", "query": "?team=" + "é" * 3000}, follow=True)
    assert "too many filters" in text_of(answer)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "at", ["2026-03-10T06:20:00Z", "2026-03-31T23:59:00Z", "2026-05-01T00:00:00Z", "2026-12-31T12:00:00Z"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_explorer_compares_as_far_as_the_overview_does(at: str, kind: str) -> None:
    moment = datetime.fromisoformat(at)
    stretch = present(kind, moment)
    question = Question(Days(stretch.first, stretch.last, "period", stretch))
    found = question.before(moment)
    assert found is not None
    assert (found[0].start, found[0].end) == (stretch.moved(-1).starts, same_day_before(stretch, moment))


def test_days_under_way_are_compared_with_as_many_hours_before() -> None:
    moment = datetime(2026, 3, 10, 6, 20, tzinfo=UTC)
    week = Question(Days(date(2026, 3, 4), date(2026, 3, 10), "7d")).before(moment)
    assert week is not None
    assert (week[0].start, week[0].end) == (datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC))
    assert Question(Days(date(2027, 1, 1), date(2027, 1, 2), "dates")).before(moment) is None
