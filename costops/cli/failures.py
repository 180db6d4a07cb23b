"""How a failed command is told: one sentence on stderr, and the traceback only where it is asked for."""

from __future__ import annotations

import sys
import traceback

import click

from costops import env as environment

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


def report(error: Exception) -> int:
    """Says on stderr what went wrong; returns the exit status."""
    if isinstance(error, click.Abort):
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USAGE
    if isinstance(error, click.ClickException):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    if environment.read().debug:
        traceback.print_exc()
        return FAILURE
    click.echo(_sentence(error), err=True)
    return FAILURE


def _sentence(error: Exception) -> str:
    if "django" in sys.modules:
        from django.core.exceptions import ValidationError
        from django.db import DatabaseError, OperationalError

        if isinstance(error, ValidationError):
            return " ".join(error.messages)
        if isinstance(error, OperationalError):
            return f"The database does not answer: {_first_line(error)}"
        if isinstance(error, DatabaseError):
            return f"The database refused this: {_first_line(error)}"
    return f"{_first_line(error)} ({type(error).__name__}; COSTOPS_DEBUG=1 shows where)"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
