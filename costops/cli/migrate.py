"""`costops migrate`: the tables of the installed version."""

from __future__ import annotations

import click


@click.command("migrate")
def command() -> None:
    """Bring the database's tables up to date, with room for the coming months. `costops up` runs it."""
    from costops.cli.connection import migrate, set_up

    set_up()
    migrate()
    from django.utils import timezone

    from usage.domain import partitions

    partitions.ensure_ahead(timezone.now())
