"""`costops user`: the people who sign in."""

from __future__ import annotations

import sys

import click

from costops.cli.connection import connected

FROM_STDIN = "-"
# The names of accounts.domain.roles.ROLES, which cannot be imported before Django is set up.
ROLES = ("admin", "finance", "lead", "approver", "engineer", "viewer")


@click.group("user")
def command() -> None:
    """Make users, and give them passwords."""


@command.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@click.option("--password", help="At least 10 characters; - reads it from standard input.")
@click.option("--name", default="", help="How the user is called on pages.")
@connected
def create(email: str, role: str, password: str | None, name: str) -> None:
    """Make a user who signs in as EMAIL.

    Without --password a terminal is asked for one. Where there is none, or the answer is empty, a password is made up
    and printed, once. One that is typed behind --password is seen by all who list processes.
    """
    from accounts.domain.people import add_person

    password = _given(password)
    user, chosen = add_person(email, role, password=password, name=name)
    click.echo(f"{user.email} is {role}.", err=True)
    if password is None:
        click.echo("The password, shown only now:", err=True)
        click.echo(chosen)


@command.command("password")
@click.argument("email")
@click.option("--password", help="At least 10 characters; - reads it from standard input.")
@connected
def set_password(email: str, password: str | None) -> None:
    """Give the user EMAIL another password, and sign them out everywhere.

    Without --password it is asked for or made up, as by `create`.
    """
    from accounts.domain import people
    from accounts.models import User

    try:
        user = User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise click.ClickException(f"There is no user {email}.") from None
    typed = _given(password)
    chosen = people.new_password(user, typed)
    click.echo(f"{user.email} has another password, and is signed out everywhere.", err=True)
    if typed is None:
        click.echo("The password, shown only now:", err=True)
        click.echo(chosen)


def _given(password: str | None) -> str | None:
    """The password of the option, of standard input or of who sits at the terminal; None for one that is made up."""
    if password == FROM_STDIN:
        return _read()
    return _ask() if password is None and sys.stdin.isatty() else password


def _read() -> str:
    """The first line of standard input."""
    if text := sys.stdin.readline().rstrip("\r\n"):
        return text
    raise click.ClickException("There is no password on standard input.")


def _ask() -> str | None:
    """What is typed twice, unseen; None for nothing."""
    question = "Password (Enter for one that is made up)"
    typed: str = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
    if typed and click.prompt("The same again", default="", show_default=False, hide_input=True, err=True) != typed:
        raise click.ClickException("The two passwords differ.")
    return typed or None
