"""`promptgan track`: the training curves into a tracker."""

from typing import Annotated, Literal

import typer

Tracker = Literal["tensorboard", "mlflow", "wandb"]


def track(
    tracker: Annotated[Tracker, typer.Argument(help="wandb stays offline; `wandb sync` uploads what it wrote.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Pass on trainings that begin from now on, until Ctrl-C.")
    ] = (False),
) -> None:
    """Show the training curves in a tracker.

    Passes on the finished run that lies here: the curves of plots/, the numbers of metrics/ and the parameters of
    dvc.lock, each held against dvc.lock first, with the Git commit, the sha256 of dvc.lock and the preset. With
    --follow it passes on the trainings that begin while it runs, as they go. The pipeline knows nothing of it, so
    results stay what they are. Writes below logs/, which Git ignores.

    \b
    promptgan track tensorboard && tensorboard --logdir logs/tensorboard
    promptgan track mlflow --follow     # in a second terminal, before `make run`
    """
    from promptgan.experiments import tracking

    rows = tracking.follow(tracker) if follow else tracking.track(tracker)
    print(f"{rows} validations are in {tracking.where(tracker)}")
