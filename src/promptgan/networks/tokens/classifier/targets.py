"""The labels of a batch as a classifier counts them."""

from torch import Tensor

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS


def first_label(example: Example) -> int:
    """Id of the first label's token: right behind the special tokens, or behind a pretrained model's vocabulary."""
    return example.vocabulary if example.base else len(SPECIAL_TOKENS)


def targets(batch: Batch, example: Example) -> Tensor:
    """Indices (N,) of the labels, from 0, that are the prompts of a batch."""
    return batch.prompt[:, 0] - first_label(example)
