"""The `costops` command. Each module here is one subcommand and exports it as `command`, a click command or group.

A module imports Django and the rooms only inside its functions, so that `costops --help` answers at once. A command
that works with the data is decorated with `costops.cli.connection.connected`. `import_.py` is the command `import`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from importlib.metadata import version

import click

_NO_COMMANDS = {"connection", "failures"}


def commands() -> dict[str, str]:
    """The subcommands by name, with the module of each."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return {name.rstrip("_").replace("_", "-"): name for name in names if name not in _NO_COMMANDS | {"__main__"}}


class Commands(click.Group):
    """Imports a subcommand when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted(commands())

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The subcommand of a name."""
        if module := commands().get(name):
            found: click.Command = importlib.import_module(f"{__name__}.{module}").command
            return found
        return None


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("costops"), prog_name="costops")
def costops() -> None:
    """CostOps keeps what a company spends on LLM APIs inside budgets that people agreed on."""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command. A mistake in how it was called ends with status 2, a failure with 1, each in one sentence."""
    from costops.cli.failures import report

    try:
        sys.exit(costops(arguments, standalone_mode=False))
    except Exception as error:
        sys.exit(report(error))
