"""Two experiments, commits or the workspace side by side: the parameters and metrics in which they differ."""

import json
from collections.abc import Iterator

from rich.console import Console

from promptgan.experiments import coherence
from promptgan.experiments.rows import WORKSPACE, dvc, revision
from promptgan.experiments.terminal import shown, table, terminal


def diff(a: str, b: str, console: Console | None = None) -> None:
    """Print the parameters and metrics in which two experiments, commits or the workspace differ.

    Raises:
        RevisionUnknown: there is no such experiment or commit.
        CommandFailed: DVC refused.
    """
    console = console or terminal()
    found = [] if a == b == WORKSPACE else list(_differences(a, b))
    if not found:
        console.print("they have the same parameters and metrics", markup=False)
        return
    console.print(table(["", a, b, "change"], found, words=3, least=40))
    console.print(f"curves of both in one page: dvc plots diff {a} {b}", markup=False, soft_wrap=True)


def _differences(a: str, b: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, value of each side, and the change from a to b."""
    swapped = a == WORKSPACE  # which DVC takes as the second side alone, where it is not named
    sides = [None if name == WORKSPACE else revision(name) for name in ((b, a) if swapped else (a, b))]
    found = json.loads(dvc("exp", "diff", "--json", *filter(None, sides)))
    parameters = [coherence.parameters(side) for side in sides]
    for kind in ("params", "metrics"):
        for file, values in sorted(found.get(kind, {}).items()):
            holds = [
                kind == "params" or coherence.holds(file, each, side)
                for each, side in zip(parameters, sides, strict=True)
            ]
            short = "" if kind == "params" else f"{file.removeprefix('metrics/').removesuffix('.json')}: "
            for key, pair in sorted(values.items()):
                ends = [pair.get(end) if held else None for end, held in zip(("old", "new"), holds, strict=True)]
                old, new = reversed(ends) if swapped else ends
                if old != new:
                    yield f"{short}{key}", shown(old), shown(new), _change(old, new)


def _change(old: object, new: object) -> str:
    numbers = [x for x in (old, new) if isinstance(x, int | float) and not isinstance(x, bool)]
    return f"{numbers[1] - numbers[0]:+.4g}" if len(numbers) == 2 else ""
