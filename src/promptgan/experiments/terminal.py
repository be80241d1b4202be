"""Tables on the terminal, and in a file or a pipe."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 100
"""Of what is printed where there is no terminal."""
EMPTY = "–"


def terminal() -> Console:
    """Where tables are printed."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]], words: int = 1) -> Table:
    """A table without lines; the first columns hold words, which are broken where the line is too short, the others
    numbers, which are not. Nothing in it is taken for markup."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, head in enumerate(heads):
        if place < words:
            found.add_column(Text(head), overflow="fold")
        else:
            found.add_column(Text(head), justify="right", no_wrap=True)
    for row in rows:
        found.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return found


def shown(value: object) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return EMPTY if value is None else str(value)
