"""Experiments in one table a person can read."""

import json
import re
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from promptgan.experiments.rows import EMPTY, HEAD, WORKSPACE, Row, rows
from promptgan.reporting.explanations import EXPLANATIONS

WIDTH = 100
SYSTEMS = {"adversarial": "adv.", "twin": "twin"}
TITLES = {"ms_jaccard": "MS-J", "relevance": "relev.", "nll": "NLL", "bleu_4": "BLEU-4", "self_bleu_4": "S-BLEU"}
"""Metrics that are shown, and what stands above them."""
OWN_PLACE = ("recipe", "data")
"""Keys and sections that have a place of their own."""
FEW = 4
"""Up to so many parameters that differ are all shown; of more, those that differ within a preset: the rest is what
presets differ in."""
NARROWEST = 12
"""Columns that a name or a parameter gets at least."""
SHORT = 7
"""Digits of a commit."""


def show(console: Console | None = None) -> None:
    """Print the table; plain where the output is no terminal.

    Raises:
        CommandFailed, GitFailed: DVC or Git refused.
    """
    console = console or terminal()
    found = rows()
    console.print(_table(found, console.width))
    if common := [f"{title} {only}" for title, only in (("recipe", _recipe(found)), ("data", _data(found))) if only]:
        console.print(f"all: {', '.join(common)}", markup=False)
    if all(row.name in (WORKSPACE, HEAD) for row in found):
        console.print(
            "there is no experiment yet: `promptgan compare text-hinge` runs a preset, "
            "`dvc exp run -S train.objective=hinge` tries a change",
            markup=False,
        )


def terminal() -> Console:
    """Where tables are printed."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def shown(value: object) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return EMPTY if value is None else str(value)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most ``width``, all but the first indented.

    They are broken at spaces. A word that is too long for a line is broken after the dots, dashes and underscores of a
    name, and anywhere only where that is not enough.
    """
    lines: list[str] = []
    words = [piece for word in text.split(" ") for piece in _pieces(word, width - len(indent))]
    for glue, word in words:
        if lines and len(lines[-1]) + len(glue) + len(word) <= width:
            lines[-1] += glue + word
        else:
            lines.append((indent if lines else "") + word)
    return lines


def _pieces(word: str, width: int) -> list[tuple[str, str]]:
    """What stands before each piece of a word, a space or nothing, and the piece, which is no longer than ``width``."""
    parts = [word] if len(word) <= width else re.split(r"(?<=[._/-])(?=[^\W\d])", word)
    cut = [part[start : start + width] for part in parts for start in range(0, len(part), width)] or [""]
    return [("" if place else " ", part) for place, part in enumerate(cut)]


def varied(found: Sequence[Row]) -> list[str]:
    """Dotted names of the parameters to show: all that differ between rows, or, of many, those that differ within a
    preset."""
    known = [row for row in found if row.parameters]
    keys = dict.fromkeys(key for row in known for key in row.parameters if key.split(".")[0] not in OWN_PLACE)
    differing = [key for key in keys if _differ(key, known)]
    if len(differing) <= FEW:
        return differing
    recipes = {row.recipe for row in known}
    return [key for key in differing if any(_differ(key, [r for r in known if r.recipe == name]) for name in recipes)]


def best(found: Sequence[Row]) -> set[tuple[int, str]]:
    """Places of rows and metrics of the best adversarial numbers, where one way is better.

    Only rows that measured on the same data in the same way are held against each other. Numbers that are all the same
    are none of them best.
    """
    marked = set()
    for metric in TITLES:
        choose = {"↑": max, "↓": min}.get(_direction(metric))
        for measured in {row.measured for row in found} if choose else ():
            here = ((place, row) for place, row in enumerate(found) if row.measured == measured)
            values = {place: v for place, row in here if (v := row.value("adversarial", metric)) is not None}
            if choose and len(set(values.values())) > 1:
                marked |= {(place, metric) for place, value in values.items() if value == choose(values.values())}
    return marked


def names(found: Sequence[Row]) -> list[str]:
    """The name of each row; beside those that are there more than once, the commit that they hang on."""
    count = Counter(row.name for row in found)
    return [row.name + (f" ({row.baseline[:SHORT]})" if count[row.name] > 1 else "") for row in found]


def settings(found: Sequence[Row]) -> list[list[str]]:
    """The parameters that each row's cell shows: of the commit, or of the workspace where it is the same, all that
    differ anywhere; of every other row those in which it is not like that one."""
    keys = varied(found)
    short = _short(keys)
    first = next((row for row in found if row.name == HEAD), found[0])
    return [
        [
            f"{short[key]} {shown(row.parameters[key])}"
            for key in keys
            if key in row.parameters and (row is first or row.parameters[key] != first.parameters.get(key))
        ]
        for row in found
    ]


def _differ(key: str, found: Sequence[Row]) -> bool:
    return len({json.dumps(row.parameters.get(key)) for row in found}) > 1


def _only(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else ""


def _recipe(found: Sequence[Row]) -> str:
    return _only({row.recipe for row in found})


def _data(found: Sequence[Row]) -> str:
    return _only({row.data for row in found})


def _table(found: Sequence[Row], width: int) -> Table:
    marked, cells = best(found), settings(found)
    titles = [
        [
            name + (f" ({row.state})" if row.state else ""),
            *([row.recipe] if not _recipe(found) and not row.name.startswith(f"{row.recipe}-") else []),
            *([row.data] if not _data(found) else []),
        ]
        for row, name in zip(found, names(found), strict=True)
    ]
    numbers = [
        [
            Text("\n").join(_cell(row, system, metric, (place, metric) in marked) for system in SYSTEMS)
            for metric in TITLES
        ]
        for place, row in enumerate(found)
    ]
    heads = [f"{title} {_direction(metric)}".strip() for metric, title in TITLES.items()]
    columns = [
        [head, *(str(cell) for cell in column)] for head, column in zip(heads, zip(*numbers, strict=True), strict=True)
    ]
    taken = [
        max(len(line) for cell in column for line in cell.split("\n")) for column in [[*SYSTEMS.values()], *columns]
    ]
    first, second = _widths(titles, cells, width - sum(taken) - len(taken) - 1)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for title in ("experiment", *(["differs in"] if any(cells) else [])):
        table.add_column(title, no_wrap=True)
    table.add_column("", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for place, (name, *rest) in enumerate(titles):
        lines = [*wrapped(name, first, "  "), *(line for each in rest for line in wrapped(f"  {each}", first, "  "))]
        differing = (line for each in cells[place] for line in wrapped(each, second, "  "))
        words = ["\n".join(lines), *(["\n".join(differing)] if any(cells) else []), "\n".join(SYSTEMS.values())]
        table.add_row(*map(Text, words), *numbers[place])  # a name in brackets is no markup
    return table


def _widths(titles: list[list[str]], cells: list[list[str]], room: int) -> tuple[int, int]:
    """How wide the names and the parameters may be: what they need, or a share of what is left of the line."""
    lines = [len(each) + (2 if place else 0) for one in titles for place, each in enumerate(one)]
    first = max(len("experiment"), *lines)
    second = max((len(each) for one in cells for each in one), default=0)
    first = max(NARROWEST, min(first, max(room - second, room // 2)))
    return first, max(NARROWEST, room - first)


def _cell(row: Row, system: str, metric: str, marked: bool) -> Text:
    value = row.value(system, metric)
    if value is None:
        return Text(EMPTY)
    mine = system == "adversarial"
    return Text(f"{'*' if marked and mine else ''}{value:.4f}", "bold" if marked and mine else "" if mine else "dim")


def _direction(metric: str) -> str:
    direction = EXPLANATIONS.get(metric, ("", ""))[0]
    return direction if direction in ("↑", "↓") else ""


def _short(keys: Sequence[str]) -> dict[str, str]:
    """The last part of each dotted name, or all of it where two would look the same."""
    last = Counter(key.rpartition(".")[2] for key in keys)
    return {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in keys}
