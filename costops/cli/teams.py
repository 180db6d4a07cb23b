"""`costops teams`: the team directory, which fills the department that a call leaves out."""

from __future__ import annotations

import click

from costops.cli.connection import connected


@click.group("teams")
def command() -> None:
    """Say which department a team belongs to, and since when."""


@command.command("set")
@click.argument("team")
@click.argument("department")
@click.option("--from", "begins", metavar="TIME", help="RFC 3339 or a date; else now.")
@connected
def set_team(team: str, department: str, begins: str | None) -> None:
    """From a time on, TEAM belongs to DEPARTMENT; "" is none. Usage in the ledger keeps the one that it came with."""
    from django.utils import timezone

    from costops.price_tables import day, moment
    from usage.domain.directory import set_department
    from usage.domain.errors import Refused

    now = timezone.now()
    try:
        entry = set_department(team, department, moment(begins, "--from") or now, None, now)
    except Refused as error:
        raise click.UsageError(f"{error.field}: {error.message}") from None
    click.echo(f"{entry.team} belongs to {entry.department or 'no department'} from {day(entry.effective_from)}.")


@command.command("list")
@connected
def show() -> None:
    """List teams with their departments, the latest entry first."""
    from costops.price_tables import show_directory
    from usage.domain.directory import entries

    show_directory(entries())
