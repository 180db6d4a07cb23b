"""`costops apikey`: the keys by which programs show whose they are. A secret goes to stdout, alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from accounts.domain.scopes import ALL, RECORD, SCOPES, in_words
from costops.cli.connection import connected

if TYPE_CHECKING:
    from accounts.models import ApiKey, User

EVERY = "all"
DIMENSIONS = ("project", "environment", "department", "team")


@click.group("apikey")
def command() -> None:
    """Make, list, rotate and revoke API keys."""


@command.command("create")
@click.option("--user", "email", required=True, metavar="EMAIL", help="Whose key it is.")
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([*SCOPES, EVERY]),
    help="What it may do at most; give it once for each. Else all that its user may.",
)
@click.option("--project", default="", help="Fills what a call leaves out.")
@click.option("--environment", default="", help="Fills what a call leaves out.")
@click.option("--department", default="", help="Fills what a call leaves out.")
@click.option("--team", default="", help="Fills what a call leaves out.")
@click.option("--locked", is_flag=True, help="A call cannot say otherwise.")
@click.option("--requests-per-minute", type=click.IntRange(0), help="Else COSTOPS_REQUESTS_PER_MINUTE; 0 is no limit.")
@click.option("--expires-in-days", type=click.IntRange(1, 36_500), help="Else it never does.")
@connected
def create(
    email: str,
    name: str,
    scopes: tuple[str, ...],
    locked: bool,
    requests_per_minute: int | None,
    expires_in_days: int | None,
    **dimensions: str,
) -> None:
    """Make a key and print it, once."""
    from django.utils import timezone

    from accounts.domain.keys import create_key

    now = timezone.now()
    key, secret = create_key(
        _user(email),
        name,
        now=now,
        scopes=ALL if EVERY in scopes or not scopes else scopes,
        locked=locked,
        requests_per_minute=requests_per_minute,
        expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
        **dimensions,
    )
    more = "" if scopes else f" A key that records usage alone is made with --scope {RECORD[0]}."
    click.echo(f"The key {key.name!r} of {key.user} may do: {in_words(key.scopes)}.{more}", err=True)
    click.echo("The key, shown only now:", err=True)
    click.echo(secret)


def _one_key(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the two ways to name a key."""
    function = click.option("--user", "email", metavar="EMAIL", help="Whose key it is.")(function)
    function = click.option("--name", help="What it was called.")(function)
    return click.argument("prefix", required=False)(function)


@command.command("rotate")
@_one_key
@connected
def rotate(prefix: str | None, email: str | None, name: str | None) -> None:
    """Give a key a new secret and print it; the old one stops at once.

    Name the key by PREFIX, or by --user and --name. Its scopes, defaults and limits stay.
    """
    from accounts.domain.keys import KeyRefused, rotate_key

    key = _key(prefix, email, name)
    try:
        secret = rotate_key(key)
    except KeyRefused as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The new secret of the key {key.name!r} of {key.user}, shown only now:", err=True)
    click.echo(secret)


@command.command("revoke")
@_one_key
@connected
def revoke(prefix: str | None, email: str | None, name: str | None) -> None:
    """Close a key for good. Name it by PREFIX, or by --user and --name."""
    from accounts.domain.keys import revoke_key

    key = _key(prefix, email, name)
    revoke_key(key)
    click.echo(f"The key {key.name!r} of {key.user} is revoked.", err=True)


@command.command("list")
@click.option("--user", "email", metavar="EMAIL", help="Only this user's.")
@connected
def show(email: str | None) -> None:
    """List keys by prefix and last four characters."""
    from accounts.models import ApiKey

    keys = ApiKey.objects.select_related("user").order_by("user__email", "name")
    rows: list[tuple[str, ...]] = [("KEY", "USER", "NAME", "SCOPES", "STATE", "DEFAULTS", "LAST USED")]
    rows += [_row(key) for key in (keys.filter(user=_user(email)) if email else keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(key: ApiKey) -> tuple[str, ...]:
    """A key's cells, its days by the company's clock."""
    from django.conf import settings
    from django.utils import timezone

    from accounts.domain.keys import state_of

    def told(at: datetime, form: str = "%Y-%m-%d") -> str:
        return at.astimezone(settings.COSTOPS_ZONE).strftime(form)

    state: str = state_of(key, timezone.now())
    if day := {"revoked": key.revoked_at, "expired": key.expires_at}.get(state):
        state = f"{state} {told(day)}"
    elif key.expires_at:
        state = f"{state} until {told(key.expires_at)}"
    defaults = [f"{name}={value}" for name in DIMENSIONS if (value := getattr(key, name))]
    return (
        f"{key.prefix}…{key.last_four}",
        key.user.email,
        key.name,
        in_words(key.scopes),
        state,
        " ".join([*defaults, *["locked"] * key.locked]) or "-",
        told(key.last_used_at, "%Y-%m-%d %H:%M") if key.last_used_at else "never",
    )


def _user(email: str) -> User:
    from accounts.models import User

    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise click.ClickException(
            f"There is no user {email}. Make one: costops user create {email} --role …"
        ) from None


def _key(prefix: str | None, email: str | None, name: str | None) -> ApiKey:
    """The one key that is not revoked and fits."""
    from accounts.models import ApiKey

    keys = ApiKey.objects.filter(revoked_at=None).select_related("user")
    if prefix:
        found = list(keys.filter(prefix=prefix.partition("…")[0]))
    elif email and name:
        found = list(keys.filter(user=_user(email), name=name))
    else:
        raise click.UsageError("Name the key: by its prefix, or by --user and --name.")
    if len(found) != 1:
        some = "more than one key" if found else "no key in use"
        raise click.ClickException(f"There is {some} of that name. `costops apikey list` shows them.")
    return found[0]
