"""`costops budgets`: the plan, which is the whole tree as it was agreed, as CSV out and in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from costops.cli.connection import connected

if TYPE_CHECKING:
    from budgets.domain.plan.outcome import Plan
    from budgets.domain.plan.reading import Reading

SHOWN_LINES = 200
DESTINATION = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("budgets")
def command() -> None:
    """Write the plan of all budgets as CSV, and bring one in."""


@command.command("export")
@click.option("--output", "-o", type=DESTINATION, help="Write to this file; else to standard output.")
@click.option("--archived", is_flag=True, help="With archived budgets.")
@connected
def export(output: Path | None, archived: bool) -> None:
    """Write all that was agreed as CSV: a row for each budget, in the order of the tree."""
    from budgets.domain.plan.writing import plan_table
    from wire.csv_files import csv_lines

    rows = -1
    with click.open_file(str(output or "-"), "w", encoding="utf-8") as file:
        for line in csv_lines(*plan_table(None, archived=archived)):
            file.write(line)
            rows += 1
    if output:
        click.echo(f"{rows:,} budgets are in {output}.", err=True)


@command.command("import")
@click.argument("file", type=EXISTING)
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--reason", default="", help="Kept in the history of each budget.")
@click.option(
    "--decimal", type=click.Choice(["point", "comma"]), help="What stands before decimals, where it is unclear."
)
@click.option(
    "--dates", type=click.Choice(["day-first", "month-first"]), help="How 3/4/2027 is read, where it is unclear."
)
@connected
def bring_in(file: Path, dry_run: bool, reason: str, decimal: str | None, dates: str | None) -> None:
    """Bring in a plan: all of its changes are made, or none.

    The exit status is 1 when lines must be corrected; each is told with its column and what to do.
    """
    from django.conf import settings
    from django.utils import timezone

    from budgets.domain.history import Actor
    from budgets.domain.plan.applying import PlanChanged, PlanRefused, apply_rows, shown
    from budgets.domain.plan.drafting import draft
    from budgets.domain.plan.reading import PlanError, read_plan

    answers = {
        "decimal": {"point": ".", "comma": ","}.get(decimal or "", ""),
        "dates": {"day-first": "dm", "month-first": "md"}.get(dates or "", ""),
    }
    try:
        reading = read_plan(file.read_bytes(), settings.COSTOPS_CURRENCY, answers)
    except PlanError as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    for note in reading.notes:
        click.echo(note, err=True)
    _ask(reading)
    now = timezone.now()
    plan = draft(reading.rows, None, now)
    if plan.refused:
        _refuse(plan, reading)
    _tell(plan)
    if dry_run or not plan.changes:
        click.echo("Nothing was changed.")
        return
    try:
        apply_rows(reading.rows, Actor(None, reason), now, shown(plan))
    except PlanRefused as refused:
        _refuse(refused.plan, reading)
    except PlanChanged as changed:
        raise click.ClickException(f"{changed} Nothing was changed; run it again.") from None
    click.echo(f"{_count(plan.changes, 'line')} applied.")


def _ask(reading: Reading) -> None:
    options = {"decimal": "--decimal point or --decimal comma", "dates": "--dates day-first or --dates month-first"}
    for question in reading.questions:
        raise click.UsageError(f"{question.words} Say {options[question.name]}.")


def _refuse(plan: Plan, reading: Reading) -> None:
    """Tells what is wrong, line by line, and ends."""
    from budgets.domain.plan.reading import heading_of

    wrong = [(entry.row.line, problem) for entry in plan.entries for problem in entry.problems]
    for line, problem in wrong[:SHOWN_LINES]:
        column = f", {heading_of(problem.column, reading.headings)}" if problem.column else ""
        click.echo(f"Line {line:,}{column}: {problem.message}", err=True)
    if len(wrong) > SHOWN_LINES:
        click.echo(f"… and {len(wrong) - SHOWN_LINES:,} more.", err=True)
    click.echo(f"{_count(plan.refused, 'line')} to correct. Nothing was changed.", err=True)
    raise click.exceptions.Exit(1)


def _tell(plan: Plan) -> None:
    """Each line that changes something, with both sides of what differs, then how many there are of each kind."""
    from collections import Counter

    changing = [entry for entry in plan.entries if entry.kinds != ["unchanged"]]
    for entry in changing[:SHOWN_LINES]:
        where = " / ".join([*entry.path, entry.budget.name])
        fields = (
            []
            if entry.is_new
            else [f"{name} {_side(entry.before[name])} → {_side(entry.after[name])}" for name in entry.after]
        )
        more = f": {'; '.join(fields)}" if fields else ""
        click.echo(f"{', '.join(entry.kinds):<10} {where}{more}")
        for warning in entry.warnings:
            click.echo(f"{'':<10} {warning}")
    if len(changing) > SHOWN_LINES:
        click.echo(f"… and {len(changing) - SHOWN_LINES:,} more.")
    counts = Counter(kind for entry in plan.entries for kind in entry.kinds)
    click.echo(", ".join(f"{count:,} {kind}" for kind, count in counts.items()))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _side(value: Any) -> str:
    import json

    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else "none"
    return str(value) if value not in (None, "") else "none"
