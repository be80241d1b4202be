"""`promptgan exp`: what `dvc exp` ran, in tables a person can read."""

from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Tables of experiments.")


@command(app)
def show() -> None:
    """Show the experiments in one table.

    A row for the workspace and for every experiment of `promptgan compare` and `dvc exp run`: its preset, its data,
    the few parameters that differ, and the headline numbers of the adversarial model and of its likelihood twin.
    * marks the best of a data set.

    \b
    promptgan exp show
    """
    from promptgan.experiments import table

    table.show()


@command(app)
def diff(
    a: Annotated[str, typer.Argument(help="An experiment, a commit, or workspace.")],
    b: Annotated[str, typer.Argument(help="Another.")],
) -> None:
    """Show how two experiments differ.

    The parameters and metrics that are not the same, and the command that draws the curves of both.

    \b
    promptgan exp diff text-gumbel-s1 text-hinge-s1
    promptgan exp diff HEAD workspace
    """
    from promptgan.experiments import table

    table.diff(a, b)
