"""`costops budgets`: the plan on a terminal, by the same rules as on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from budgets.domain.check import check
from budgets.models import Budget, BudgetChange
from costops.cli import costops
from tests.factories import budget, call, spend

pytestmark = pytest.mark.django_db


def run(*arguments: str | Path) -> Result:
    """Runs `costops budgets` to its end."""
    return CliRunner().invoke(costops, ["budgets", *map(str, arguments)])


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A file that makes a budget below another and changes a third."""
    budget("There", 10)
    path = tmp_path / "plan.csv"
    path.write_text("name,path,amount,teams\nTop,,100.00,\nTeam,Top,$50.00,a\nThere,,12.00,\n")
    return path


def test_a_plan_is_exported_and_comes_back_unchanged(tmp_path: Path) -> None:
    budget("Part", "5.123", budget("=Top"))
    path = tmp_path / "plan.csv"
    told = run("export", "-o", path)
    assert (told.exit_code, told.stderr) == (0, f"2 budgets are in {path}.\n")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,parent_id,path,name,amount")
    assert run("export").stdout == path.read_text("utf-8")
    again = run("import", path)
    assert (again.exit_code, again.stdout) == (0, "2 unchanged\nNothing was changed.\n")


def test_a_plan_is_imported_with_its_reason(plan: Path) -> None:
    spend(call(5, team="a"))
    told = run("import", plan, "--reason", "next year")
    assert told.exit_code == 0, told.output
    assert "changed    There: amount 10.00 → 12.00" in told.stdout
    assert "created    Top / Team" in told.stdout
    assert told.stdout.endswith("2 created, 1 changed\n3 lines applied.\n")
    assert Budget.objects.get(name="Team").parent == Budget.objects.get(name="Top")
    assert set(BudgetChange.objects.exclude(reason="").values_list("reason", flat=True)) == {"next year"}
    assert check() == []


def test_a_dry_run_tells_the_same_and_changes_nothing(plan: Path) -> None:
    told = run("import", plan, "--dry-run")
    assert told.exit_code == 0
    assert "created    Top / Team" in told.stdout
    assert told.stdout.endswith("Nothing was changed.\n")
    assert [(found.name, found.amount) for found in Budget.objects.all()] == [("There", 10)]


def test_lines_that_are_wrong_are_told_and_nothing_is_changed(plan: Path) -> None:
    with plan.open("a") as file:
        file.write("Wrong,Nowhere,12k,\n")
    told = run("import", plan)
    assert told.exit_code == 1
    assert "Line 5, amount: “12k” is no number. Write one such as 1,234.50." in told.stderr
    assert "Line 5, path: There is no budget “Nowhere”." in told.stderr
    assert "1 line to correct. Nothing was changed." in told.stderr
    assert Budget.objects.count() == 1


@pytest.mark.parametrize(("option", "amount"), [("point", "1234"), ("comma", "1.234")])
def test_what_can_be_read_in_two_ways_is_said_by_an_option(tmp_path: Path, option: str, amount: str) -> None:
    path = tmp_path / "plan.csv"
    path.write_text('name,amount\nTeam,"1,234"\n')
    told = run("import", path)
    assert told.exit_code == 2
    assert "What is “1,234”? Say --decimal point or --decimal comma." in told.output
    assert run("import", path, "--decimal", option).exit_code == 0
    assert f"{Budget.objects.get().amount.normalize():f}" == amount


def test_a_file_that_is_no_plan_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("just words")
    told = run("import", path)
    assert told.exit_code == 1
    assert "notes.txt: No row names the columns." in told.output
