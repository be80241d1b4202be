"""A classifier that learns from generated texts among the real ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.classifier.targets import first_label, unended
from promptgan.training.methods.classifier.method import Classification, Indices
from promptgan.training.methods.classifier.parameters import Parameters
from promptgan.training.setting import Setting


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


class Mixture(Classification):
    """In each batch some texts give their place to generated ones, of any label; how many changes with the steps.

    Args:
        setting, parameters, chosen: see `Classification`.
        shares: of a batch that is generated, at the first step and at the last; straight in between.
    """

    def __init__(
        self, setting: Setting, parameters: Parameters, shares: tuple[float, float], chosen: Indices | None = None
    ) -> None:
        super().__init__(setting, parameters, chosen)
        self.shares, self.pool = shares, Pool()
        self.state["pool"] = self.pool

    def texts(self, k: int) -> Batch:
        """See `Classification.texts`; an empty pool changes nothing."""
        batch, (first, last), example = super().texts(k), self.shares, self.setting.example
        share = first + (last - first) * min(1.0, k / max(1, self.p.steps - 1))
        random = np.random.default_rng([self.setting.seed, k])
        places = np.flatnonzero(random.random(len(batch)) < share)
        if not (len(places) and self.pool.texts):
            return batch
        rows = unended(batch)
        prompt = batch.prompt.clone()
        for place, one in zip(places, random.integers(len(self.pool.texts), size=len(places)), strict=True):
            rows[place], prompt[place, 0] = self.pool.texts[one], self.pool.labels[one] + first_label(example)
        return Batch(prompt, batch.prompt_lengths, *pad(rows, (example.eos,)))
