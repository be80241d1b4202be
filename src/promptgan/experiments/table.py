"""Experiments in tables a person can read: all in one, and two side by side."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from promptgan.experiments import finished
from promptgan.experiments.rows import HEAD, PARAMETERS, WORKSPACE, Row, dvc, revision, rows
from promptgan.experiments.terminal import EMPTY, shown, table, terminal
from promptgan.terms.metrics import Metric, declared
from promptgan.terms.systems import ADVERSARIAL, TWIN

SYSTEMS = {ADVERSARIAL.name: "adv.", TWIN.name: "twin"}
OWN_PLACE = ("recipe", "data")
"""Keys and sections that have a place of their own."""
FEW = 4
"""Up to so many parameters that differ are all shown; of more, those that differ within a preset: the rest is what
presets differ in."""
SHORT = 7
"""Digits of a commit."""


def show(console: Console | None = None) -> None:
    """Print the table; plain where the output is no terminal.

    Raises:
        CommandFailed, GitFailed: DVC or Git refused.
    """
    console = console or terminal()
    found = rows()
    marked, metrics = best(found), leading(found)
    recipes, data = {row.recipe for row in found}, {row.data for row in found}
    lines: list[list[str | Text]] = []
    for place, (row, name, differing) in enumerate(zip(found, names(found), settings(found), strict=True)):
        words = [f"{name} ({row.state})" if row.state else name]
        words += [f"  {row.recipe}"] if len(recipes) > 1 and not row.name.startswith(f"{row.recipe}-") else []
        words += [f"  {row.data}"] if len(data) > 1 else []
        numbers = [
            Text("\n").join(_cell(row, system, metric, (place, metric.name) in marked) for system in SYSTEMS)
            for metric in metrics
        ]
        lines.append(["\n".join(words), "\n".join(differing), "\n".join(SYSTEMS.values()), *numbers])
    heads = ["experiment", "differs in", "", *(f"{metric.title}\n{metric.mark[:1]}" for metric in metrics)]
    console.print(table(heads, lines, words=2))
    common = [f"{title} {only.pop()}" for title, only in (("recipe", recipes), ("data", data)) if len(only) == 1]
    if common:
        console.print(f"all: {', '.join(common)}", markup=False)
    if all(row.name in (WORKSPACE, HEAD) for row in found):
        console.print(
            "there is no experiment yet: `promptgan compare PRESET` runs one, "
            "`dvc exp run -S train.objective=hinge` tries a change",
            markup=False,
            soft_wrap=True,
        )


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


def leading(found: Sequence[Row]) -> list[Metric]:
    """The metrics that a narrow table shows, of every task that there is."""
    tasks = dict.fromkeys(row.parameters["task"] for row in found if row.systems)
    return list({metric.name: metric for task in tasks for metric in declared(task).metrics if metric.leads}.values())


def varied(found: Sequence[Row]) -> list[str]:
    """Dotted names of the parameters to show: all that differ between rows, or, of many, those that differ within a
    preset."""
    known = [row for row in found if row.parameters]
    keys = dict.fromkeys(key for row in known for key in row.parameters if key.split(".")[0] not in OWN_PLACE)
    differing = [key for key in keys if _differ(key, known)]
    if len(differing) <= FEW:
        return differing
    presets = [[row for row in known if row.recipe == name] for name in {row.recipe for row in known}]
    return [key for key in differing if any(_differ(key, preset) for preset in presets)]


def best(found: Sequence[Row]) -> set[tuple[int, str]]:
    """Places of rows and metrics of the best adversarial numbers, where one way is better.

    Only rows that measured on the same data in the same way are held against each other. Numbers that are all the same
    are none of them best.
    """
    marked = set()
    for metric in leading(found):
        choose = {"higher": max, "lower": min}.get(metric.direction)
        for measured in {row.measured for row in found} if choose else ():
            here = ((place, row) for place, row in enumerate(found) if row.measured == measured)
            values = {place: v for place, row in here if (v := row.value(ADVERSARIAL.name, metric.name)) is not None}
            if choose and len(set(values.values())) > 1:
                marked |= {(place, metric.name) for place, value in values.items() if value == choose(values.values())}
    return marked


def names(found: Sequence[Row]) -> list[str]:
    """The name of each row; beside those that are there more than once, the commit that they hang on."""
    count = Counter(row.name for row in found)
    return [row.name + (f" ({row.baseline[:SHORT]})" if count[row.name] > 1 else "") for row in found]


def settings(found: Sequence[Row]) -> list[list[str]]:
    """The parameters that each row's cell shows: of the commit, or of the workspace where it is the same, all that
    differ anywhere; of every other row those in which it is not like that one."""
    keys = varied(found)
    last = Counter(key.rpartition(".")[2] for key in keys)
    short = {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in keys}
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


def _cell(row: Row, system: str, metric: Metric, marked: bool) -> Text:
    value = row.value(system, metric.name)
    if value is None:
        return Text(EMPTY)
    if system != ADVERSARIAL.name:
        return Text(f"{value:{metric.format}}", "dim")
    return Text(f"*{value:{metric.format}}", "bold") if marked else Text(f"{value:{metric.format}}")


def _differences(a: str, b: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, value of each side, and the change from a to b."""
    swapped = a == WORKSPACE  # which DVC takes as the second side alone, where it is not named
    sides = [None if name == WORKSPACE else revision(name) for name in ((b, a) if swapped else (a, b))]
    found = json.loads(dvc("exp", "diff", "--json", *filter(None, sides)))
    held = [{PARAMETERS, *finished.measured(finished.parameters(side), side)} for side in sides]
    for file, values in (each for kind in ("params", "metrics") for each in sorted(found.get(kind, {}).items())):
        short = "" if file == PARAMETERS else f"{file.removeprefix('metrics/').removesuffix('.json')}: "
        for key, pair in sorted(values.items()):
            ends = [pair.get(end) if file in here else None for end, here in zip(("old", "new"), held, strict=True)]
            old, new = reversed(ends) if swapped else ends
            if old != new:
                numbers = [x for x in (old, new) if isinstance(x, int | float) and not isinstance(x, bool)]
                change = f"{numbers[1] - numbers[0]:+.4g}" if len(numbers) == 2 else ""
                yield f"{short}{key}", shown(old), shown(new), change
