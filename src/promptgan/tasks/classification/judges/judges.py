"""Fitting the classifier that says whether texts carry their label, on a split that no other one learns from."""

import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.sentences.judge import Fitted, Names, count
from promptgan.tasks.classification.judges.parameters import Parameters
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
    """Count the texts of the judge split; see `promptgan.sentences.judge.count`."""
    first = example.vocabulary if example.base else len(SPECIAL_TOKENS)
    names = Names("classification", "labels", "texts")
    return count(judge, example.vocabulary, first, parameters.kind, names)
