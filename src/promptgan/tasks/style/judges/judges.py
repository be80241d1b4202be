"""Fitting the classifier that tells styles apart, on a split that no generator sees."""

import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.sentences.judge import Fitted, Names, count
from promptgan.tasks.style.judges.parameters import Parameters
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
    """Count the sentences of the judge split; see `promptgan.sentences.judge.count`."""
    names = Names("style", "styles", "sentences")
    return count(judge, example.vocabulary, len(SPECIAL_TOKENS), parameters.kind, names)
