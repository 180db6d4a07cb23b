"""`costops collectstatic`: the pages' style sheets, scripts and images, hashed and compressed."""

from __future__ import annotations

import click


@click.command("collectstatic")
def command() -> None:
    """Collect the files that pages load. `costops up` does it too; nothing is done when nothing changed."""
    from costops.cli.connection import set_up_django

    set_up_django()
    from costops.staticfiles import collect

    if count := collect():
        click.echo(f"Collected {count} files", err=True)
