"""Generated texts among the real ones that a classifier learns from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.classifier.targets import first_label


class Pool:
    """Generated texts, and the labels that they were drawn for, as a part of a method's state."""

    def __init__(self) -> None:
        self.texts: list[list[int]] = []
        """Token ids, without special tokens."""
        self.labels: list[int] = []
        """From 0."""
        self.share = 0.0
        """Of what was drawn that is kept."""

    def fill(self, texts: Sequence[list[int]], labels: Sequence[int], keep: Sequence[bool]) -> None:
        """Take those texts that are to be kept."""
        self.texts = [text for text, kept in zip(texts, keep, strict=True) if kept]
        self.labels = [label for label, kept in zip(labels, keep, strict=True) if kept]
        self.share = len(self.texts) / max(1, len(texts))

    def state_dict(self) -> dict[str, Any]:
        """Everything."""
        return dict(vars(self))

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Put back what `state_dict` returned."""
        vars(self).update(state_dict)


def mixed(batch: Batch, pool: Pool, share: float, seed: Sequence[int], example: Example) -> Batch:
    """A batch in which each text gives its place, with the probability ``share``, to one of the pool of any label.

    Args:
        batch: texts, and prompts that are their labels.
        pool: an empty one changes nothing.
        share: from 0 to 1.
        seed: of who gives place to whom.
        example: special tokens.
    """
    random = np.random.default_rng(seed)
    places = np.flatnonzero(random.random(len(batch)) < share)
    if not (len(places) and pool.texts):
        return batch
    rows = [row[: n - 1] for row, n in zip(batch.text.tolist(), batch.text_lengths.tolist(), strict=True)]
    prompt = batch.prompt.clone()
    for place, one in zip(places, random.integers(len(pool.texts), size=len(places)), strict=True):
        rows[place], prompt[place, 0] = pool.texts[one], pool.labels[one] + first_label(example)
    return Batch(prompt, batch.prompt_lengths, *pad(rows, (example.eos,)))
