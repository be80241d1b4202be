"""The labels of a batch as a classifier counts them."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS


def first_label(example: Example) -> int:
    """Id of the first label's token: right behind the special tokens, or behind a pretrained model's vocabulary."""
    return example.vocabulary if example.base else len(SPECIAL_TOKENS)


def targets(batch: Batch, example: Example) -> Tensor:
    """Indices (N,) of the labels, from 0, that are the prompts of a batch."""
    return batch.prompt[:, 0] - first_label(example)


def labelled(pairs: Pairs, example: Example) -> tuple[list[list[int]], npt.NDArray[np.int64]]:
    """The texts of a split as token ids, without special tokens, and their labels from 0, (N,)."""
    everything = np.arange(len(pairs))
    labels = np.array([prompt[0] for prompt in pairs.rows("prompt", everything)]) - first_label(example)
    return pairs.rows("text", everything), labels


def unended(batch: Batch) -> list[list[int]]:
    """The texts of a batch as token ids, without their ends."""
    return [row[: n - 1] for row, n in zip(batch.text.tolist(), batch.text_lengths.tolist(), strict=True)]
