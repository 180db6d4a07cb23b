"""`costops migrate`: the tables of the installed version."""

from __future__ import annotations

import click


@click.command("migrate")
def command() -> None:
    """Bring the database's tables up to date. `costops up` and every other command do it too."""
    from costops.cli.connection import migrate, set_up

    set_up()
    migrate()
