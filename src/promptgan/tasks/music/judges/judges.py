"""The judge of music, fitted on what the recipe's form has of the judge split."""

from typing import Any

import torch

from promptgan.core.choices import choose
from promptgan.core.compute import Compute
from promptgan.tasks.music.judges.hearing import Fitted, fit_pieces
from promptgan.tasks.music.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint


def fit(
    judge: Any,
    example: Any,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Fit the extractor on the pieces of the judge split; see `promptgan.tasks.music.judges.hearing`."""
    form = type(example).__module__.split(".")[2]  # promptgan.forms.FORM
    pieces = choose("promptgan.tasks.music.judges", form, "form").pieces(judge)
    return fit_pieces(pieces, parameters, seed, device, checkpoint)
