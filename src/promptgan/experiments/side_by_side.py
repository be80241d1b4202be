"""Two experiments, commits or the workspace side by side: the parameters and metrics in which they differ."""

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml import YAML

from promptgan import base
from promptgan.experiments import coherence
from promptgan.experiments.programs import dvc
from promptgan.experiments.rows import WORKSPACE, revision
from promptgan.experiments.table import NARROWEST, shown, terminal, wrapped
from promptgan.lineage import lock

SAME = "they have the same parameters and metrics"


def diff(a: str, b: str, console: Console | None = None) -> None:
    """Print the parameters and metrics in which two experiments, commits or the workspace differ.

    Raises:
        RevisionUnknown: there is no such experiment or commit.
        CommandFailed: DVC refused.
    """
    console = console or terminal()
    found = [] if a == b == WORKSPACE else list(_differences(a, b))
    if not found:
        console.print(SAME, markup=False)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    longest = [max(len(line[place]) for line in [("", a, b, "change"), *found]) for place in range(4)]
    rest = console.width - longest[3] - 6  # with what is between the columns
    key = min(longest[0], max(console.width // 2, rest - longest[1] - longest[2]))
    cut = max(NARROWEST, (rest - key) // 2)
    table.add_column("", no_wrap=True)
    for title, width in ((a, cut), (b, cut), ("change", longest[3])):
        table.add_column("\n".join(wrapped(title, width)), justify="right", no_wrap=True)
    for name, old, new, change in found:
        cells = [wrapped(name, key, "  "), wrapped(old, cut), wrapped(new, cut), [change]]
        table.add_row(*(Text("\n".join(lines)) for lines in cells))
    console.print(table)
    console.print(f"curves of both in one page: dvc plots diff {a} {b}", markup=False, soft_wrap=True)


def _differences(a: str, b: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, value of each side, and the change from a to b."""
    swapped = a == WORKSPACE  # which DVC takes as the second side alone, where it is not named
    names = (b, a) if swapped else (a, b)
    sides = [None if name == WORKSPACE else revision(name) for name in names]
    found = json.loads(dvc("exp", "diff", "--json", *filter(None, sides)))
    parameters = [_parameters(side) for side in sides]
    for kind in ("params", "metrics"):
        for file, values in sorted(found.get(kind, {}).items()):
            holds = [
                kind == "params" or coherence.holds(file, each, side)
                for each, side in zip(parameters, sides, strict=True)
            ]
            for key, pair in sorted(values.items()):
                ends = [pair.get(end) if held else None for end, held in zip(("old", "new"), holds, strict=True)]
                old, new = reversed(ends) if swapped else ends
                if old != new:
                    short = "" if kind == "params" else f"{file.removeprefix('metrics/').removesuffix('.json')}: "
                    yield f"{short}{key}", shown(old), shown(new), _change(old, new)


def _parameters(side: str | None) -> dict[str, Any]:
    if side is None:
        return base.load_params()
    values: dict[str, Any] = YAML(typ="safe", pure=True).load(lock.at_revision(base.PARAMS_FILE, side))
    return values


def _change(old: object, new: object) -> str:
    numbers = [x for x in (old, new) if isinstance(x, int | float) and not isinstance(x, bool)]
    return f"{numbers[1] - numbers[0]:+.4g}" if len(numbers) == 2 else ""
