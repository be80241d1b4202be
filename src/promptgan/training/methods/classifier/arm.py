"""A classifier trained on some of the labels, with no file: what a curve over few labels is made of."""

from dataclasses import replace
from typing import Any

from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome, run
from promptgan.training.methods.classifier.method import Indices, plan_of
from promptgan.training.methods.classifier.mixture import Mixture, Pool
from promptgan.training.methods.classifier.parameters import Parameters
from promptgan.training.setting import Setting


class Unkept(Checkpoint):
    """In place of a checkpoint where a training is short, or what it is part of is repeated as a whole.

    The loop asks a checkpoint for no more than its stage's name, which the live curve is named by, and these two.

    Args:
        stage: that the training is part of.
    """

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def load(self) -> dict[str, Any] | None:
        """Nothing is kept."""
        return None

    def save(self, state: dict[str, Any]) -> None:
        """Nothing is kept."""


def trained(
    setting: Setting,
    parameters: Parameters,
    chosen: Indices,
    stage: str,
    pool: Pool | None = None,
    shares: tuple[float, float] = (0.0, 0.0),
) -> Outcome:
    """Train by the loop of every training on the labels of the texts ``chosen`` (N,), from `encoder_start`, to the end.

    Args:
        setting: its networks to start from are trained in place: give copies.
        parameters: a section; its validations choose nothing.
        chosen: indices of the training texts whose labels are seen.
        stage: that the training is part of.
        pool: generated texts, which take the ``shares`` of a batch that `Mixture` says; none where None.
        shares: see there.

    Returns:
        How it ended, and what it cost; its network `encoder` is in evaluation mode.
    """
    method = Mixture(setting, parameters, shares, chosen)
    method.pool.load_state_dict((pool or Pool()).state_dict())
    plan = replace(plan_of(method), fresh=False, keeps_start=False)
    outcome = run(method, plan, Unkept(stage))
    outcome.networks["encoder"].eval()
    return outcome
