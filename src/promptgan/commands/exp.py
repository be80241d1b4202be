"""`promptgan exp`: what `dvc exp` ran, in tables a person can read."""

from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Tables of experiments.")


@command(app)
def show() -> None:
    """Show the experiments, in a table for each task.

    A row for the workspace, for HEAD where it is not the same, and for every experiment of `promptgan compare`,
    `promptgan search` and `dvc exp run`: its preset and its data, the few parameters that are not as in HEAD, and the
    headline numbers of the adversarial model and of its likelihood twin. * marks the best among those that were
    measured on the same data in the same way; – stands where an experiment measured nothing itself.

    \b
    promptgan exp show
    """
    from rich.text import Text

    from promptgan.commands.terminal import table, terminal
    from promptgan.experiments.table import EMPTY, HEAD, WORKSPACE, best, leading, names, rows, settings
    from promptgan.terms.systems import ADVERSARIAL, TWIN

    console, systems, every = terminal(), {ADVERSARIAL.name: "adv.", TWIN.name: "twin"}, rows()
    tasks = dict.fromkeys(row.task for row in every)
    for task in tasks:  # what is measured differs, and all of it in one table leaves no room for names
        found = [row for row in every if row.task == task]
        marked, metrics = best(found), leading(found)
        recipes, data = {row.recipe for row in found}, {row.data for row in found}
        lines: list[list[str | Text]] = []
        for place, (row, name, differing) in enumerate(zip(found, names(found), settings(found), strict=True)):
            words = [f"{name} ({row.state})" if row.state else name]
            words += [f"  {row.recipe}"] if len(recipes) > 1 and not row.name.startswith(f"{row.recipe}-") else []
            words += [f"  {row.data}"] if len(data) > 1 else []
            numbers = []
            for metric in metrics:
                ours, twins = (row.value(system, metric.name) for system in systems)
                mark, style = ("*", "bold") if (place, metric.name) in marked else ("", "")
                top = Text(EMPTY) if ours is None else Text(f"{mark}{ours:{metric.format}}", style)
                below = Text(EMPTY) if twins is None else Text(f"{twins:{metric.format}}", "dim")
                numbers.append(Text("\n").join([top, below]))
            lines.append(["\n".join(words), "\n".join(differing), "\n".join(systems.values()), *numbers])
        about = f"experiment: {task}" if len(tasks) > 1 else "experiment"
        heads = ["\n".join([*metric.title.split(), metric.mark[:1]]) for metric in metrics]
        console.print(table([about, "differs in", "", *heads], lines, words=2))
        common = [f"{title} {only.pop()}" for title, only in (("recipe", recipes), ("data", data)) if len(only) == 1]
        if common:
            console.print(f"all: {', '.join(common)}")
        if len(tasks) > 1:
            console.print()
    if all(row.name in (WORKSPACE, HEAD) for row in every):
        console.print(
            "there is no experiment yet: `promptgan compare PRESET` runs one, "
            "`dvc exp run -S train.objective=hinge` tries a change",
            soft_wrap=True,
        )


@command(app)
def diff(
    a: Annotated[str, typer.Argument(help="An experiment, a commit, or workspace.")],
    b: Annotated[str, typer.Argument(help="Another.")],
) -> None:
    """Show how two experiments differ.

    The parameters and metrics that are not the same, and the command that draws the curves of both. A metric that a
    side did not measure itself is –.

    \b
    promptgan exp diff text-gumbel-s1 text-hinge-s1
    promptgan exp diff HEAD workspace
    """
    from promptgan.commands.terminal import table, terminal
    from promptgan.experiments.table import differences

    console = terminal()
    if not (found := list(differences(a, b))):
        console.print("they have the same parameters and metrics")
        return
    console.print(table(["", a, b, "change"], found, words=3, least=40))
    console.print(f"curves of both in one page: dvc plots diff {a} {b}", soft_wrap=True)
