"""`costops check`: the proof that every sum in the database is the sum of its parts."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

import click

from costops.cli.connection import connected
from costops.progress import RowProgress

if TYPE_CHECKING:
    from budgets.domain.check import Difference

SHOWN = 200


@click.command("check")
@click.option(
    "--repair", is_flag=True, help="Rebuild what differs from the events and the tree; usage waits meanwhile."
)
@connected
def command(repair: bool) -> None:
    """Prove that hours, memberships and budgets agree with the events, to the last digit.

    Ends with status 0 when they do, with 1 and the differences when they don't. With --repair it ends with 0 when all
    agrees afterwards.
    """
    from django.utils import timezone

    from budgets.domain.check import check
    from budgets.domain.repair import mend
    from budgets.models import Budget, BudgetHour

    with Steps() as say:
        differences = check(say)
    if differences:
        _tell(differences)
        if not repair:
            click.echo("`costops check --repair` rebuilds them.", err=True)
            raise click.exceptions.Exit(1)
        with Steps() as say:
            mend(differences, timezone.now(), say)
            left = check(say)
        if left:
            click.echo("These differ after the repair as well:", err=True)
            _tell(left)
            raise click.exceptions.Exit(1)
        click.echo("Repaired.")
    click.echo(f"{Budget.objects.count():,} budgets, {BudgetHour.objects.count():,} hours agree.")


class Steps:
    """The progress of work in several steps, one shown after the other."""

    UNITS: ClassVar[dict[str, str]] = {
        "Events": "events",
        "Label sets": "label sets",
        "Budgets": "budgets",
        "Repair": "steps",
    }

    def __init__(self) -> None:
        self._what, self._shown = "", ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.close()

    def __call__(self, what: str, done: int, in_all: int) -> None:
        """`done` of `in_all` are done of what is looked at now."""
        if what != self._what:
            self._shown.close()
            self._what = what
            self._progress = self._shown.enter_context(RowProgress(what, unit=self.UNITS[what]))
        self._progress.update(done, done / in_all if in_all else 1.0)


def _tell(differences: list[Difference]) -> None:
    """The differences as a table, which is as wide as it must be where nobody looks at it on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console.width = 200
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("What", "Where", "Due", "Found"):
        table.add_column(heading, overflow="fold")
    for found in differences[:SHOWN]:
        table.add_row(*(Text(cell) for cell in (found.what, found.where, found.due, found.found)))
    console.print(table)
    more = f" The first {SHOWN} are shown." if len(differences) > SHOWN else ""
    click.echo(f"{len(differences):,} differences.{more}")
