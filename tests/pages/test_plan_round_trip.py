"""The plan that is downloaded, brought back as it is, changes nothing; and it holds all that was agreed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, now, person, share
from tests.pages.planning import Planner
from wire.csv_files import harmless

pytestmark = pytest.mark.django_db
WEIRD = [
    "=SUM(A1)",
    "'=SUM(A1)",
    "+1",
    "-",
    "@you",
    "<script>alert(1)</script>",
    "محاسبة التكاليف",
    "東京 / 大阪",
    'He said "no", twice',
    "two\nlines",
    "a;b\tc|d",
    "é" * 200,
    "1,234.50",
    "  inner   blanks",
    "🙂",
]


def everything() -> Budget:
    """A budget with something in every column."""
    return budget(
        "Everything",
        "1234.5678901234",
        budget("Top, with a comma / and more"),
        period="monthly",
        anchor=15,
        starts_on=date(2026, 1, 15),
        ends_on=date(2031, 12, 14),
        scope={
            "teams": ["a, b", 'c "d"', "=e"],
            "users": ["ann@company.com"],
            "tags": {"k=1": ["x=y", "z, w"], "back\\slash": ["v"]},
        },
        owner=person("lead"),
        rollover=True,
        over_allocation="refuse",
        thresholds=[{"threshold": "0.8", "channels": ["email", "slack"]}, {"threshold": "1.005", "channels": ["sms"]}],
        amounts={"2030-01-15": "1.234", "2030-02-15": "0"},
    )


def test_the_plan_holds_all_that_was_agreed() -> None:
    found = everything()
    top, row = Planner().rows()
    assert (top["id"], top["parent_id"], top["path"]) == (str(found.parent_id), "", "")
    assert row == {
        "id": str(found.pk),
        "parent_id": str(found.parent_id),
        "path": '"Top, with a comma / and more"',
        "name": "Everything",
        "amount": "1234.5678901234",
        "period": "monthly",
        "anchor": "15",
        "starts_on": "2026-01-15",
        "ends_on": "2031-12-14",
        "projects": "",
        "environments": "",
        "departments": "",
        "teams": '\'=e, "a, b", "c ""d"""',
        "users": "ann@company.com",
        "providers": "",
        "models": "",
        "tags": 'back\\\\slash=v, k\\=1=x=y, "k\\=1=z, w"',
        "owner": found.owner.email if found.owner else "",
        "rollover": "yes",
        "over_allocation": "refuse",
        "thresholds": "80% email slack, 100.5% sms",
        "archived": "no",
        "amount 2030-01-15": "1.2340",
        "amount 2030-02-15": "0.00",
    }


@pytest.mark.parametrize("pasted", [False, True])
def test_the_plan_as_it_is_changes_nothing(pasted: bool) -> None:
    everything()
    for name in WEIRD:
        budget(name, "0.0000000001", budget(name))
    archive_budget(budget("Gone"), Actor(None), now())
    planner = Planner()
    planner.show(planner.text(archived="yes"), pasted=pasted)
    assert planner.problems() == {}
    assert planner.kinds() == [["unchanged"]] * (2 * len(WEIRD) + 3)


@pytest.mark.parametrize("name", WEIRD)
def test_a_name_is_brought_in_exactly(name: str) -> None:
    planner = Planner()
    planner.do([{"name": harmless(name), "amount": "5.00"}])
    assert Budget.objects.get().name == name.strip()


def test_without_ids_paths_find_the_same_budgets() -> None:
    everything()
    for name in WEIRD:
        budget(name, 1, budget(name))
    planner = Planner()
    planner.show([{k: v for k, v in row.items() if k not in ("id", "parent_id")} for row in planner.rows()])
    assert planner.kinds() == [["unchanged"]] * (2 * len(WEIRD) + 2)


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
SCOPES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"teams": st.lists(TEXTS, min_size=1, max_size=3)}),
    st.fixed_dictionaries(
        {"tags": st.dictionaries(TEXTS.map(str.strip), st.lists(TEXTS, min_size=1, max_size=2), min_size=1, max_size=2)}
    ),
)


class AnyPlan(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(TEXTS, st.decimals(0, 10**8, places=10), SCOPES), min_size=1, max_size=4))
    def test_any_names_amounts_and_scopes_come_back(self, plans: list[tuple[str, Decimal, dict]]) -> None:
        above = None
        for name, amount, scope in plans:
            above = budget(name, amount, above, scope=scope)
        planner = Planner()
        planner.show(planner.text())
        assert planner.problems() == {}
        assert planner.kinds() == [["unchanged"]] * len(plans)


def test_each_sees_what_they_may_and_nothing_of_what_is_above() -> None:
    secret = budget("Secret above")
    seen = budget("Seen", parent=secret)
    budget("Below", parent=seen)
    budget("Elsewhere")
    lead = person("lead")
    share(seen, lead, "change_budget")
    planner = Planner(lead)
    rows = planner.rows()
    assert [(row["path"], row["name"], row["parent_id"]) for row in rows] == [
        ("", "Seen", ""),
        ("Seen", "Below", str(seen.pk)),
    ]
    assert "Secret" not in planner.text()
    planner.show(planner.text())
    assert planner.kinds() == [["unchanged"], ["unchanged"]]


def test_archived_budgets_are_there_when_asked_for() -> None:
    budget("Live")
    archive_budget(budget("Gone"), Actor(None), now())
    planner = Planner()
    assert [row["name"] for row in planner.rows()] == ["Live"]
    assert [(row["name"], row["archived"]) for row in planner.rows(archived="yes")] == [("Gone", "yes"), ("Live", "no")]


def test_the_download_is_for_excel_and_for_those_who_signed_in() -> None:
    planner = Planner()
    response = planner.client.get("/budgets/plan.csv")
    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbfid,parent_id,path,name,amount")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="budgets-plan-')
    planner.client.logout()
    assert planner.client.get("/budgets/plan.csv")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("role", ["finance", "lead"])
def test_a_plan_of_many_takes_as_many_queries_as_one_of_few(role: str) -> None:
    planner = Planner(role)
    top = budget("Top")
    share(top, planner.user, "change_budget")
    lasts = now() + timedelta(days=1000)
    counts = []
    for size in (2, 30):
        for number in range(size):
            budget(f"{size} {number}", 1, top, ends_on=lasts.date(), amounts={"2028-01-01": "5"})
        planner.text()
        with CaptureQueriesContext(connection) as download:
            planner.text()
        rows = [{**row, "amount": "2.50", "amount 2028-02-01": "7", "owner": ""} for row in planner.rows()]
        with CaptureQueriesContext(connection) as shown:
            planner.show(rows)
        with CaptureQueriesContext(connection) as applied:
            planner.apply()
        assert planner.kept.applied_at is not None
        counts.append((len(download), len(shown), len(applied)))
    assert counts[0] == counts[1]
