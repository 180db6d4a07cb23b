"""Tables that commands print: figures on the right, whole rows where nobody looks at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED = 240  # columns of a line that goes to a file or another program


def console() -> Console:
    """Where tables go: stdout."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PIPED)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str, *, title: str = "") -> None:
    """Prints rows under their headings, or the sentence for none. A heading that begins with ">" is for figures."""
    lines = [[str(cell) for cell in row] for row in rows]
    to = console()
    if not lines:
        to.print(Text(empty))
        return
    table = Table(box=None, header_style="bold", pad_edge=False, title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    to.print(table)
