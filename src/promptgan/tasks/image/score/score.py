"""What training validates images by: how far features of a fixed random network lie from those of real ones."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, conv2d, relu

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tensors.drawing import draw, noise, translate
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorGenerator, TensorTranslator
from promptgan.forms.tensors.tensors import Tensors, scaled
from promptgan.terms.frechet import Floats, frechet_distance
from promptgan.training.loop.method import Row

CHANNELS = (16, 32)
"""Of the random network's layers. Random features rank generators much as trained ones do (Naeem et al., 2020,
arXiv:2002.09797, section 5), and know nothing of what evaluation measures with."""


class Score:
    """Draws from the same random vectors each time, and measures what is drawn.

    Args:
        val: the validation split.
        example: gives the channels of an image.
        start: not used; a score of images compares with real ones alone.
        count: images drawn, and real ones that they are compared with.
        compute: precision of drawing.
        seed: of the random vectors and of the network.
    """

    def __init__(
        self, val: Tensors, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.count, self.compute, self.seed = min(count, len(val)), compute, seed
        drawn = torch.Generator().manual_seed(seed)
        inputs = (example.channels, *CHANNELS)
        self.weights = [
            torch.randn(out, into, 5, 5, generator=drawn) / (25 * into) ** 0.5
            for into, out in zip(inputs, CHANNELS, strict=False)
        ]
        chosen = evenly(count, len(val))
        self.condition = val.condition(chosen)
        self.images, self.kinds = val.stored(chosen), val.labels[chosen]
        self.real = self.features(self.images)

    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """The negative Frechet distance, so that more is better; of translations the mean of both ways."""
        generator = networks["generator"]
        if isinstance(generator, TensorTranslator):
            ways = (generator, cast("TensorTranslator", networks["generator_back"]))
            return {"score": -sum(self._translated(way, kind) for kind, way in enumerate(ways)) / 2}
        generator = cast("TensorGenerator", generator)
        with autocast(self.compute):
            images = draw(generator, noise(self.seed, self.count, generator.latent), self.condition)
        return {"score": -frechet_distance(self.features(images), self.real)}

    def _translated(self, translator: TensorTranslator, kind: int) -> float:
        """How far images of a kind, translated, are from those of the other one."""
        with autocast(self.compute):
            images = translate(translator, self.images[self.kinds == kind])
        return frechet_distance(self.features(images), self.real[self.kinds != kind])

    @torch.no_grad()
    def features(self, images: Tensor) -> Floats:
        """Features (N, 128) of images, uint8 (N, C, H, W), on the CPU in float32."""
        parts = []
        for part in torch.split(images, 256):
            x = scaled(part)
            for weight in self.weights:
                x = relu(conv2d(x, weight, stride=2, padding=2))
            parts.append(adaptive_avg_pool2d(x, 2).flatten(1))
        return torch.cat(parts).numpy().astype(np.float64)
