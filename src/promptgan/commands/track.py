"""`promptgan track`: the training curves into a tracker."""

from enum import StrEnum
from typing import Annotated

import typer


class Tracker(StrEnum):
    """What accelerate can feed without an account."""

    tensorboard = "tensorboard"
    mlflow = "mlflow"
    wandb = "wandb"


def track(
    tracker: Annotated[Tracker, typer.Argument(help="wandb stays offline; `wandb sync` uploads what it wrote.")],
    follow: Annotated[bool, typer.Option("--follow", help="Go on while a training runs, until Ctrl-C.")] = False,
) -> None:
    """Show the training curves in a tracker.

    Reads what the stages write while they train, and params.yaml; the pipeline knows nothing of it, so results stay
    what they are. Afterwards it passes on everything at once, and the metrics. Writes below logs/, which Git ignores.

    \b
    promptgan track tensorboard && tensorboard --logdir logs/tensorboard
    promptgan track mlflow --follow     # in a second terminal, while `make run` trains
    """
    from promptgan.experiments import tracking

    rows, where = tracking.track(tracker.value, follow)
    print(f"{rows} validations of the newest training are in {where}")
