"""Experiments in the terminal: all in one table, and two side by side."""

from rich.console import Console
from rich.text import Text

from promptgan.commands.terminal import table, terminal
from promptgan.experiments.table import (
    EMPTY,
    HEAD,
    WORKSPACE,
    Row,
    best,
    differences,
    leading,
    names,
    rows,
    settings,
)
from promptgan.terms.metrics import Metric
from promptgan.terms.systems import ADVERSARIAL, TWIN

SYSTEMS = {ADVERSARIAL.name: "adv.", TWIN.name: "twin"}


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
        ParameterError: params.yaml here cannot be read.
    """
    console = console or terminal()
    if not (found := list(differences(a, b))):
        console.print("they have the same parameters and metrics", markup=False)
        return
    console.print(table(["", a, b, "change"], found, words=3, least=40))
    console.print(f"curves of both in one page: dvc plots diff {a} {b}", markup=False, soft_wrap=True)


def _cell(row: Row, system: str, metric: Metric, marked: bool) -> Text:
    value = row.value(system, metric.name)
    if value is None:
        return Text(EMPTY)
    if system != ADVERSARIAL.name:
        return Text(f"{value:{metric.format}}", "dim")
    return Text(f"*{value:{metric.format}}", "bold") if marked else Text(f"{value:{metric.format}}")
