"""Tables on the terminal, and in a file or a pipe."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 100
"""Of what is printed where there is no terminal."""


def terminal(width: int = WIDTH) -> Console:
    """Where texts, none taken for markup, are printed: as wide as the terminal, or ``width`` columns where none is."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=width)


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]], words: int = 1, least: int = 12) -> Table:
    """A table without lines, whose cells are no markup.

    Args:
        heads: above the columns.
        rows: cells.
        words: how many columns, from the left, hold words, which are broken where the line is too short; the others
            hold numbers, which are not.
        least: the first column is not broken where it has no more characters than this.
    """
    lines = list(rows)
    found = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    longest = max((len(line) for row in lines for line in str(row[0]).splitlines()), default=0)
    for place, head in enumerate(heads):
        if place < words:
            found.add_column(Text(head), overflow="fold", no_wrap=place == 0 and longest <= least)
        else:
            found.add_column(Text(head), justify="right", no_wrap=True)
    for row in lines:
        found.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return found
