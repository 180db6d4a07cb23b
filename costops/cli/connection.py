"""What a command does before its work: finds the database, sets Django up, and brings the tables up to date."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def connected(function: Callable[P, R]) -> Callable[P, R]:
    """A command's function that finds Django ready and the database up to date."""

    @functools.wraps(function)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        set_up()
        migrate()
        return function(*arguments, **options)

    return run


def set_up() -> None:
    """Joins the servers of the data folder, or has them started, and sets Django up."""
    from costops import env as environment
    from costops.embedded import use_embedded_services, why_unreachable

    named = environment.read().database_url
    environment.warn_of_unknown()
    if named and (why := why_unreachable(named)):
        raise click.ClickException(why)
    use_embedded_services()
    set_up_django()


def set_up_django() -> None:
    """Sets Django up, for commands that need no database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
    django.setup()


def migrate() -> int:
    """Applies the migrations that are missing, one process at a time; returns how many, and says so on stderr."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def missing() -> int:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    if not missing():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('costops.migrate'))")
        try:
            if count := missing():
                click.echo(f"Bringing the database up to date ({count} migrations)", err=True)
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('costops.migrate'))")
    return count
