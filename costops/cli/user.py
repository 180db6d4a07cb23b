"""`costops user`: the people who sign in."""

from __future__ import annotations

import click

from costops.cli.connection import connected

# The names of accounts.domain.roles.ROLES, which cannot be imported before Django is set up.
ROLES = ("admin", "finance", "lead", "approver", "engineer", "viewer")


@click.group("user")
def command() -> None:
    """Make users."""


@command.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@click.option("--password", help="At least 10 characters; without it one is made up and printed once.")
@click.option("--name", default="", help="How the user is called on pages.")
@connected
def create(email: str, role: str, password: str | None, name: str) -> None:
    """Make a user who signs in as EMAIL."""
    from accounts.domain.people import add_person

    user, chosen = add_person(email, role, password=password, name=name)
    click.echo(f"{user.email} is {role}.", err=True)
    if password is None:
        click.echo("The password, shown only now:", err=True)
        click.echo(chosen)
