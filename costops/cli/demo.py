"""`costops demo`: a company to look at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from costops.cli.connection import connected

if TYPE_CHECKING:
    from costops.demo.load import Demo

LOGINS = "demo-logins.txt"


@click.command("demo")
@click.option("--force", is_flag=True, help="Load it beside budgets and usage that are there already.")
@connected
def command(force: bool) -> None:
    """Load a demo company: six logins, some fifty budgets, 120 days and 200,000 calls up to now.

    It goes into an empty database, in one piece, and is the same for everyone on the same day. Its one password is made
    up anew, printed, and kept in demo-logins.txt of the data folder.
    """
    from django.conf import settings
    from django.utils import timezone

    from costops.demo.load import DemoExists, OtherData, load_demo
    from costops.progress import RowProgress
    from wire.money import shown

    path = settings.DATA_DIR / LOGINS
    try:
        with RowProgress("Demo company", unit="calls") as progress:
            demo = load_demo(timezone.now(), progress.say, progress.update, force=force)
    except DemoExists:
        where = f" {path} has its logins." if path.exists() else ""
        click.echo(f"The demo company is there already; nothing was changed.{where}")
        return
    except OtherData:
        raise click.ClickException(
            "There are budgets or usage in this database already. --force loads the demo company beside them."
        ) from None
    logins = _logins(demo)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(logins + "\n")
    click.echo(f"{demo.events:,} calls that cost {shown(demo.spent, settings.COSTOPS_CURRENCY)} are there to look at.")
    if "COSTOPS_SUPERVISED" not in os.environ:
        click.echo(logins)


def _logins(demo: Demo) -> str:
    rows = [f"  {email:<34}{role}" for email, role in demo.people.items()]
    made = [f"Sign in with the password {demo.password} as", *rows] if rows else []
    kept = [f"{email} was there already and keeps role and password." for email in demo.kept]
    return "\n".join([*made, *kept])
