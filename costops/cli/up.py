"""`costops up`: the whole installation in the foreground."""

from __future__ import annotations

import asyncio
import os
import sys

import click


@click.command("up")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to answer; else COSTOPS_PORT, else 8000.")
def command(no_demo: bool, port: int | None) -> None:
    """Run CostOps: database, broker, web server, worker and beat, until Ctrl-C."""
    from costops import env as environment
    from costops.supervisor.console import Console
    from costops.supervisor.folder import DataFolder
    from costops.supervisor.installation import Installation

    if port:
        os.environ["COSTOPS_PORT"] = str(port)
    env = environment.read()
    environment.warn_of_unknown()
    folder = DataFolder(environment.make_folder(env.folder))
    sys.exit(asyncio.run(Installation(env, folder, Console(), demo=not no_demo).run()))
