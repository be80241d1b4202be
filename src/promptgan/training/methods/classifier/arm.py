"""A classifier trained on some of the labels, with no file: what a curve over few labels is made of."""

from dataclasses import replace
from typing import Any

from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome, run
from promptgan.training.methods.classifier.method import Classification, Indices, plan_of
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


def trained(setting: Setting, parameters: Parameters, chosen: Indices, stage: str) -> Outcome:
    """Train by the loop of every training on the labels of the texts ``chosen`` (N,), from `encoder_start`.

    The networks of ``setting.start`` are trained in place: give copies. Where no validation beats that of the start,
    its weights are kept, as few labels may teach nothing.
    """
    method = Classification(setting, parameters, chosen)
    return run(method, replace(plan_of(method), fresh=False), Unkept(stage))
