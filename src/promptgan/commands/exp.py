"""`promptgan exp`: what `dvc exp` ran, in tables a person can read."""

from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Tables of experiments.")


@command(app)
def show() -> None:
    """Show the experiments in one table.

    A row for the workspace, for HEAD where it is not the same, and for every experiment of `promptgan compare`,
    `promptgan search` and `dvc exp run`: its preset and its data, the few parameters that are not as in HEAD, and the
    headline numbers of the adversarial model and of its likelihood twin. * marks the best among those that were
    measured on the same data in the same way; – stands where an experiment measured nothing itself.

    \b
    promptgan exp show
    """
    from promptgan.commands import experiments

    experiments.show()


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
    from promptgan.commands import experiments

    experiments.diff(a, b)
