"""A plan that is applied: what its rows make, change, move, archive and bring back; the books agree after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from budgets.domain.changes import archive_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.domain.status import statuses
from budgets.models import Budget, BudgetChange
from tests.factories import budget, call, now, person, spend
from tests.pages.planning import Planner, words

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def planner() -> Planner:
    return Planner()


def spent(found: Budget) -> Decimal:
    return statuses([Budget.objects.get(pk=found.pk)], now())[found.pk].spent


def named(name: str) -> Budget:
    return Budget.objects.get(name=name)


def test_a_whole_tree_is_made_from_rows_in_any_order_and_charged_at_once(planner: Planner) -> None:
    spend(call(5, team="a", project="x"), call(7, team="b"), call(1))
    planner.do(
        [
            {"path": "Company / A", "name": "X", "amount": "10", "teams": "a", "projects": "x", "period": "weekly"},
            {"path": "Company", "name": "A", "amount": "$20.00", "teams": "a", "projects": "", "period": "Month"},
            {"path": "", "name": "Company", "amount": "1,000.00", "teams": "", "projects": "", "period": ""},
            {"path": "A", "name": "Y", "amount": "3", "teams": "a", "projects": "y", "period": "yearly"},
        ],
        "the plan of next year",
    )
    assert planner.kept.applied_at is not None
    company, a, x, y = (named(name) for name in ("Company", "A", "X", "Y"))
    assert (x.parent, a.parent, y.parent, company.parent) == (a, company, a, None)
    assert (x.period, a.period, company.period) == ("weekly", "monthly", "monthly")
    assert (company.amount, a.amount, x.scope) == (1000, 20, {"teams": ["a"], "projects": ["x"]})
    assert [spent(found) for found in (company, a, x, y)] == [13, 5, 5, 0]
    assert {found.owner for found in (company, x)} == {planner.user}
    assert check() == []


def test_each_budget_keeps_who_changed_it_and_why(planner: Planner) -> None:
    found = budget("Team", 10)
    planner.do([{"id": found.pk, "amount": "20.00"}, {"id": "", "name": "New", "amount": "5.00"}], "agreed in May")
    changes = BudgetChange.objects.exclude(what="created", budget=found)
    assert {(row.budget.name, row.what, row.by, row.reason) for row in changes} == {
        ("Team", "amount", planner.user, "agreed in May"),
        ("New", "created", planner.user, "agreed in May"),
    }
    edit = changes.get(what="amount")
    assert (edit.before, edit.after) == ({"amount": "10.00"}, {"amount": "20.00"})


def test_only_what_the_file_says_is_changed(planner: Planner) -> None:
    found = budget("Team", 10, scope={"teams": ["a"]}, rollover=True, period="weekly")
    other = budget("Other", 10)
    planner.do([{"id": found.pk, "amount": "12.50"}])
    found.refresh_from_db()
    other.refresh_from_db()
    assert (found.amount, found.scope, found.rollover, found.period) == (
        Decimal("12.5"),
        {"teams": ["a"]},
        True,
        "weekly",
    )
    assert (other.amount, other.archived_at, other.version) == (10, None, 1)


def test_an_empty_cell_empties_what_can_be_empty_and_leaves_the_rest(planner: Planner) -> None:
    found = budget(
        "Team",
        10,
        scope={"teams": ["a"], "projects": ["x"]},
        owner=person("lead"),
        thresholds=[{"threshold": "0.5", "channels": ["email"]}],
        ends_on=(now() + timedelta(days=90)).date(),
        rollover=True,
    )
    cells = ("name", "amount", "period", "rollover", "teams", "owner", "thresholds", "ends_on")
    planner.do([{"id": found.pk, **dict.fromkeys(cells, "")}])
    found.refresh_from_db()
    assert (found.name, found.amount, found.period, found.rollover) == ("Team", 10, "monthly", True)
    assert (found.scope, found.owner, found.ends_on) == ({"projects": ["x"]}, None, None)
    assert not found.thresholds.exists()


def test_a_budget_is_moved_by_its_path_or_by_the_id_above(planner: Planner) -> None:
    spend(call(5, team="a"), call(3, team="b"))
    left, right = budget("Left", scope={"teams": ["x"]}), budget("Right", scope={"teams": ["y"]})
    a, b = budget("A", 1, left, scope={"teams": ["a"]}), budget("B", 1, left, scope={"teams": ["b"]})
    rows = {row["name"]: row for row in planner.rows()}
    rows["A"]["path"] = "Right"
    rows["B"]["parent_id"] = str(right.pk)
    planner.do(list(rows.values()))
    assert (named("A").parent, named("B").parent) == (right, right)
    assert [spent(found) for found in (left, right, a, b)] == [0, 8, 5, 3]
    assert planner.kinds() == [["unchanged"], ["moved"], ["moved"], ["unchanged"]]
    assert check() == []


def test_two_budgets_trade_places(planner: Planner) -> None:
    upper = budget("Upper")
    lower = budget("Lower", parent=upper)
    planner.do([{"id": upper.pk, "parent_id": lower.pk}, {"id": lower.pk, "parent_id": ""}])
    assert (named("Upper").parent, named("Lower").parent) == (lower, None)
    assert check() == []


def test_rows_below_a_renamed_budget_may_keep_its_old_name_or_use_the_new_one(planner: Planner) -> None:
    top = budget("Old")
    child, other = budget("Child", parent=top), budget("Stray")
    planner.do(
        [
            {"id": top.pk, "path": "", "name": "New", "amount": "1.00"},
            {"id": child.pk, "path": "Old", "name": "Child", "amount": "1.00"},
            {"id": other.pk, "path": "New", "name": "Stray", "amount": "1.00"},
            {"id": "", "path": "New", "name": "Added", "amount": "1.00"},
        ]
    )
    assert {found.name: found.parent for found in Budget.objects.all()} == {
        "New": None,
        "Child": top,
        "Stray": top,
        "Added": top,
    }


def test_archived_yes_closes_a_budget_with_all_below_and_no_brings_them_back(planner: Planner) -> None:
    top = budget("Top")
    child = budget("Child", parent=top, scope={"teams": ["a"]})
    planner.show([{"id": top.pk, "archived": "yes"}])
    assert "1 budget below it is archived too." in words(planner.look())
    planner.apply()
    assert not Budget.objects.live().exists()
    spend(call(5, team="a"))
    planner.show([{"id": top.pk, "archived": "no", "amount": "7.00"}])
    assert planner.kinds() == [["restored", "changed"]]
    assert "1 budget below it comes back too." in words(planner.look())
    planner.apply()
    top.refresh_from_db()
    assert (top.archived_at, top.amount) == (None, 7)
    assert [spent(found) for found in (top, child)] == [5, 5]
    assert set(BudgetChange.objects.filter(budget=top).values_list("what", flat=True)) == {
        "created",
        "archived",
        "restored",
        "amount",
    }
    assert check() == []


def test_an_archived_budget_is_not_changed_unless_it_comes_back(planner: Planner) -> None:
    found = budget("Gone")
    archive_budget(found, Actor(None), now())
    planner.show([{"id": found.pk, "amount": "7.00"}])
    assert "Write no under archived to bring it back" in planner.problems()[2][0][1]


def test_children_may_grow_with_their_parent_in_any_order(planner: Planner) -> None:
    top = budget("Top", 100, over_allocation="refuse")
    child = budget("Child", 90, top)
    planner.do([{"id": child.pk, "amount": "150.00"}, {"id": top.pk, "amount": "200.00"}])
    assert (named("Child").amount, named("Top").amount) == (150, 200)


def test_more_than_a_parent_has_is_refused_where_it_refuses_and_shown_where_it_does_not(planner: Planner) -> None:
    strict, loose = budget("Strict", 100, over_allocation="refuse"), budget("Loose", 100)
    planner.show([{"path": "Strict", "name": f"S{n}", "amount": "60.00"} for n in range(2)])
    assert "Strict has $40.00 not handed out: choose $40.00 or less." in planner.problems()[2][0][1]
    page = words(planner.show([{"path": "Loose", "name": f"L{n}", "amount": "60.00"} for n in range(2)]))
    assert "Loose $100.00 $100.00 $0.00 $120.00 −$20.00" in page
    planner.apply()
    assert Budget.objects.filter(parent=loose).count() == 2
    assert not Budget.objects.filter(parent=strict).exists()


def test_planned_amounts_are_a_column_a_period(planner: Planner) -> None:
    found = budget("Team", 10, amounts={"2030-01-01": "11", "2030-02-01": "12"})
    planner.do([{"id": found.pk, "amount 2030-02-01": "", "Mar 2030": "1,300.50", "amount 2030-04": "14"}])
    found.refresh_from_db()
    assert found.amounts == {"2030-01-01": "11.00", "2030-03-01": "1300.50", "2030-04-01": "14.00"}


def test_a_scope_that_no_usage_fits_is_doubted_and_may_be_applied(planner: Planner) -> None:
    spend(call(5, team="backend"))
    rows = [{"name": "A", "amount": "5.00", "teams": "bakend"}, {"name": "B", "amount": "5.00", "teams": "backend"}]
    planner.show(rows)
    assert [bool(line.warnings) for line in planner.lines()] == [True, False]
    planner.apply()
    assert Budget.objects.count() == 2


def test_nothing_is_done_where_one_line_is_wrong(planner: Planner) -> None:
    found = budget("Team", 10)
    planner.show([{"id": found.pk, "amount": "20.00"}, {"id": "", "name": "New", "amount": "-5.00"}])
    assert "An amount is a number from 0" in planner.problems()[3][0][1]
    page = planner.apply()
    assert "Nothing was changed" in page
    assert [(b.name, b.amount) for b in Budget.objects.all()] == [("Team", 10)]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "Give the budget a name."),
    ({"name": "n" * 201}, "name", "up to 200 characters"),
    ({"amount": "12k"}, "amount", "“12k” is no number"),
    ({"amount": "€12.00"}, "amount", "is in EUR, and amounts here are in USD"),
    ({"amount": "1.12345678901"}, "amount", "too many decimals"),
    ({"amount": "9999999999.00"}, "amount", "to below 1,000,000,000"),
    ({"amount": ""}, "amount", "a new budget needs one"),
    ({"period": "fortnightly"}, "period", "“fortnightly” is no period"),
    ({"period": "custom"}, "starts_on", "needs both"),
    ({"anchor": "32"}, "anchor", "a day of the month from 1 to 31"),
    ({"starts_on": "2027-13-01"}, "starts_on", "is no day"),
    ({"starts_on": "2027-02-01", "ends_on": "2027-01-01"}, "ends_on", "before the first"),
    ({"tags": "search"}, "tags", "is no tag"),
    ({"teams": "t" * 201}, "teams", "At most 200 characters"),
    ({"owner": "nobody@company.com"}, "owner", "No one has this e-mail address here"),
    ({"rollover": "maybe"}, "rollover", "neither yes nor no"),
    ({"over_allocation": "maybe"}, "over_allocation", "Choose show or refuse"),
    ({"thresholds": "0.8 email"}, "thresholds", "Write a percentage and channels"),
    ({"thresholds": "80% pigeon"}, "thresholds", "Name at least one channel"),
    ({"thresholds": "80% email, 80% sms"}, "thresholds", "there twice"),
    ({"archived": "yes"}, "archived", "A new budget cannot be archived"),
    ({"path": "Nowhere / At all"}, "path", "There is no budget “Nowhere / At all”"),
    ({"parent_id": "99999"}, "parent_id", "There is no budget 99999"),
    ({"id": "99999"}, "id", "There is no budget 99999"),
    ({"id": "first"}, "id", "“first” is no id"),
    ({"amount 2030-01-15": "5.00"}, "planned amounts", "No period begins on 2030-01-15"),
]


@pytest.mark.parametrize(("cells", "column", "message"), WRONG, ids=lambda part: str(part)[:40])
def test_what_is_wrong_is_told_by_line_and_column(
    planner: Planner, cells: dict[str, Any], column: str, message: str
) -> None:
    page = words(planner.show([{"name": "Team", "amount": "1.00", **cells}, {"name": "Sound", "amount": "1.00"}]))
    assert list(planner.problems()) == [2]
    ((found, sentence),) = planner.problems()[2]
    assert found == column
    assert message in sentence
    assert sentence in page
    assert "1 line to correct" in page
    assert not Budget.objects.exists()


def test_rows_that_contradict_each_other_are_refused(planner: Planner) -> None:
    a = budget("A")
    b = budget("B", parent=a)
    budget("Twin", parent=a)
    budget("Twin", parent=a)
    planner.show(
        [
            {"id": a.pk, "path": "A / B"},
            {"id": b.pk, "path": "A", "amount": "3.00"},
            {"id": b.pk, "path": "A", "amount": "4.00"},
            {"name": "Twin", "path": "A", "amount": "4.00"},
            {"name": "New", "path": "A", "amount": "4.00"},
            {"name": "New", "path": "A", "amount": "5.00"},
        ]
    )
    told = {line: problems[0][1] for line, problems in planner.problems().items()}
    assert told[2] == "A cannot lie below itself. Choose a budget that is not under it."
    assert told[4] == "Line 3 is about the same budget. Keep one of them."
    assert told[5].startswith("2 budgets are called that")
    assert told[7] == "Line 6 is about the same budget. Keep one of them."


def test_a_tree_that_gets_too_deep_is_refused(planner: Planner) -> None:
    rows = [{"name": "L0", "path": "", "amount": "1.00"}]
    rows += [{"name": f"L{n}", "path": f"L{n - 1}", "amount": "1.00"} for n in range(1, 31)]
    planner.show(rows)
    assert {problem[1] for problems in planner.problems().values() for problem in problems} == {
        "A tree has at most 30 levels. Choose a budget further up."
    }


def test_a_new_first_day_that_would_take_charged_usage_out_is_refused_before_anything_is_written(
    planner: Planner,
) -> None:
    found = budget("Team", 10, at=LONG_AGO)
    spend(call(5, at=now() - timedelta(days=20)))
    planner.show([{"id": found.pk, "starts_on": (now() - timedelta(days=2)).date().isoformat()}])
    ((column, sentence),) = planner.problems()[2]
    assert (column, sentence) == (
        "starts_on",
        "Usage outside of these dates is charged to this budget already. Choose dates that hold it, or edit the budget "
        "to change all history.",
    )


def test_a_table_from_a_german_excel_is_read(planner: Planner) -> None:
    top = budget("Büro")
    text = (
        "Budgetplan 2027;;;\r\n;;;\r\nName;Amount (USD);Starts on;Under;Notiz\r\n"
        "Grün;1.234,50 $;01.04.2027;Büro;wichtig\r\n;;;;\r\nBlau;20,00;15.4.2027;Büro;\r\n"
    )
    page = words(planner.show(text.encode("cp1252")))
    assert "Line 1 above the headings was passed over." in page
    assert "1 empty row was left out." in page
    assert "Not used: “Notiz”." in page
    assert "read as Latin-1" in page
    planner.apply()
    assert {(b.name, b.amount, str(b.starts_on)) for b in Budget.objects.filter(parent=top)} == {
        ("Grün", Decimal("1234.5"), "2027-04-01"),
        ("Blau", Decimal(20), "2027-04-15"),
    }


@pytest.mark.parametrize(("answer", "amount"), [(".", 1234), (",", Decimal("1.234"))])
def test_an_amount_that_can_be_read_in_two_ways_is_asked(planner: Planner, answer: str, amount: Decimal) -> None:
    page = words(planner.show([{"name": "Team", "amount": "1,234"}]))
    assert "What is “1,234”?" in page
    assert "Apply" not in page
    asked = planner.client.post(f"{planner.address}again/", {})
    assert "Choose one." in words(asked)
    planner.client.post(f"{planner.address}again/", {"decimal": answer})
    planner.apply()
    assert named("Team").amount == amount


def test_dates_that_can_be_read_in_two_ways_are_asked(planner: Planner) -> None:
    page = words(planner.show([{"name": "Team", "amount": "5.00", "starts_on": "3/4/2027"}]))
    assert "Which day is “3/4/2027”?" in page
    assert "April 3, 2027" in page
    planner.client.post(f"{planner.address}again/", {"dates": "md"})
    planner.apply()
    assert str(named("Team").starts_on) == "2027-03-04"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The submitted file is empty."),
        (b"just words", "No row names the columns."),
        (b"name,amount\n", "It has headings but no rows."),
        (b"amount,teams\n5.00,a\n", "neither a column name nor a column id"),
        (b"name,amount,limit\nA,1.00,2.00\n", "“amount” and “limit” say the same"),
        (b"PK\x03\x04workbook", "This is a workbook."),
        (b"name,amount\n" + b"A,1.00\n" * 5_001, "more than 5,000 rows"),
        (b"name,amount\n" + b"A,1.00\n" * 800_000, "larger than 5 MB"),
    ],
    ids=lambda part: str(part)[:24],
)
def test_what_is_no_plan_is_refused_with_what_to_do(planner: Planner, content: bytes, message: str) -> None:
    answer = planner.send(content)
    assert answer.status_code == 200
    assert message in words(answer)


def test_what_was_pasted_is_kept_where_it_is_refused(planner: Planner) -> None:
    answer = planner.paste("who\twhat\n<b>\t1")
    assert answer.status_code == 200
    assert "who\twhat\n&lt;b&gt;\t1" in answer.content.decode()
    assert "No row names the columns." in words(answer)
    assert "Choose a file, or paste the cells below." in words(planner.paste("  "))


def test_cells_that_were_pasted_from_a_spreadsheet_are_read(planner: Planner) -> None:
    planner.show("Budget\tLimit\tTeam\nA\t$1,200.00\tbackend\n", pasted=True)
    planner.apply()
    found = named("A")
    assert (found.amount, found.scope) == (1200, {"teams": ["backend"]})


def test_the_example_of_the_docs_makes_what_it_says(planner: Planner) -> None:
    person("lead", "ana@company.com")
    page = Path("docs/plan.md").read_text()
    planner.do(page.split("```csv\n")[1].split("```")[0])
    api = named("Public API")
    assert api.scope == {"teams": ["backend"], "projects": ["public-api", "public-web"]}
    assert [found.name for found in api.ancestors()] == ["Company 2027", "Backend"]
    assert named("Company 2027").amounts == {"2027-12-01": "150000.00"}
    assert named("Backend").owner_name == "ana@company.com"
