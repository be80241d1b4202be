"""What training validates piano rolls by: what sounds, what sounds together, and what comes a quarter later."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.forms.tensors.tensors import Tensors
from promptgan.training.loop.method import Row

QUARTER = 4
"""Columns."""


class Score:
    """Draws from the same random vectors and for the same labels each time, and counts the pixels that are played.

    Args:
        val: the validation split.
        example: not used; a roll is read as it is.
        start: not used; a score of rolls compares with real ones alone.
        count: rolls drawn, and real ones that they are compared with.
        compute: precision of drawing.
        seed: of the random vectors.
    """

    def __init__(
        self, val: Tensors, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.count, self.compute, self.seed = min(count, len(val)), compute, seed
        chosen = evenly(count, len(val))
        self.condition = val.condition(chosen)
        self.real = counts(val.stored(chosen))

    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """The mean similarity of the three kinds of counts, in [0, 1]."""
        generator = cast("TensorGenerator", networks["generator"])
        with autocast(self.compute):
            rolls = draw(generator, noise(self.seed, self.count, generator.latent), self.condition)
        drawn = counts(played(rolls))
        return {"score": sum(map(similarity, drawn, self.real)) / len(self.real)}


def played(rolls: Tensor) -> Tensor:
    """Rolls, uint8 (N, V, H, W), as they are read as music: of each voice the brightest pitch alone, or a rest.

    A pitch sounds where the brightness of all pitches together is above one half; the first row is of onsets.
    """
    onsets, pitches = rolls[:, :, :1], rolls[:, :, 1:]
    sounds = pitches.sum(2, keepdim=True) > 127
    brightest = torch.zeros_like(pitches).scatter_(2, pitches.argmax(2, keepdim=True), 255)
    return torch.cat([onsets, brightest], 2) * sounds


def counts(rolls: Tensor) -> tuple[Tensor, ...]:
    """Of rolls, uint8 (N, V, H, W), how often pixels are white, (V, H, W), and pairs of rows, (V H, V H), of voices.

    Those of a pair are white in the same column, or, of the last count, the second one a quarter after the first.
    """
    white = (rolls > 127).float()
    rows = white.permute(1, 2, 3, 0).flatten(0, 1)
    now, later = rows[:, :-QUARTER].flatten(1), rows[:, QUARTER:].flatten(1)
    return white.sum(0), now @ now.T, now @ later.T


def similarity(drawn: Tensor, real: Tensor) -> float:
    """How much of two counts is shared, one less their Bray-Curtis dissimilarity; 1 where both count nothing."""
    total = (drawn + real).sum().item()
    return 2 * torch.minimum(drawn, real).sum().item() / total if total else 1.0
