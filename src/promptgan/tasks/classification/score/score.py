"""What training validates classifiers by: the cross-entropy of validation labels."""

from collections.abc import Mapping
from typing import cast

from torch import nn

from promptgan.core.compute import Compute
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.training.loop.method import Row
from promptgan.training.methods.classifier.validation import validated


class Score:
    """Reads validation texts.

    Args:
        val: the validation split.
        example: tells labels from texts.
        start: not used; a classifier compares with the labels alone.
        count: texts read, at most.
        compute: precision.
        seed: not used; nothing is drawn.
    """

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.val, self.example, self.count, self.compute = val, example, count, compute

    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """The negative of the mean cross-entropy in nats, accuracy and macro F1."""
        encoder = cast("Encoder", networks["encoder"])
        row = validated(encoder, self.val, self.count, self.example, self.compute)
        return {name: value for name, value in row.items() if name != "val_loss"}
