"""The judge of music, fitted on what the form tokens has of the judge split."""

import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.media.music.piece import from_json
from promptgan.tasks.music.judges.hearing import Fitted, fit_pieces
from promptgan.tasks.music.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint


def fit(
    judge: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Fit the extractor on the column `music` of the judge split; see `promptgan.tasks.music.judges.hearing`."""
    lines = judge._table.column("music").to_pylist()  # beside the ids that `Pairs` knows
    return fit_pieces([from_json(line) for line in lines], parameters, seed, device, checkpoint)
