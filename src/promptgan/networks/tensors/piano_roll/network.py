"""Networks that convolve piano rolls over time: the rows of all voices are features of a column.

A pitch means something else in every place of a key, so no weights are shared across pitches, as they are across pixels
of images; a column as a whole is a harmony, and that is what filters see (so does MidiNet: Yang, Chou and Yang, 2017,
arXiv:1703.10847).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from promptgan.forms.tensors.conditions import ConditionalBatchNorm2d, Conditioned, add_pattern
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator, TensorReader
from promptgan.forms.tensors.spectral import normalise
from promptgan.networks.tensors.piano_roll.parameters import Parameters

HALVING: dict[str, Any] = {"kernel_size": (1, 4), "stride": (1, 2), "padding": (0, 1)}
"""Of convolutions that halve time, or transposed double it."""
SMOOTHING = 3
"""Columns that the last convolution of a generator sees."""


class Generator(TensorGenerator):
    """A latent vector to a few columns, whose number is doubled until it is a roll's.

    Where channels are normalised by the batch, the key is what scales and shifts them; else it stands behind the latent
    vector.

    What it draws in training is black or white, so that a discriminator cannot tell by greys: of each voice and column
    the onset in row 0 and the brightest pitch, where it sounds, as `promptgan.media.music.arrays.read` has it. The
    gradient is that of brightness, straight through (Bengio, Leonard and Courville, 2013, arXiv:1308.3432; of rolls:
    Dong and Yang, 2018, arXiv:1804.09399). In evaluation it draws the brightness.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        latent = parameters.latent or 1
        super().__init__(latent, example, latent)
        self.width, self.shape = parameters.width, (example.channels, example.height, example.width)
        conditional = example.conditional and parameters.normalisation == "batch"
        condition = latent if conditional else None
        self.start = nn.Linear(latent if conditional else self.inputs, _size(parameters, example))
        if conditional:
            add_pattern(self.start)
        layers, width = list[nn.Module](), parameters.width
        for _ in range(parameters.halvings):
            doubled = nn.ConvTranspose2d(width, width, **HALVING)
            layers += [*_normalised(parameters, nn.ReLU(), condition), doubled]
        rows = example.channels * example.height
        last = nn.Conv2d(width, rows, (1, SMOOTHING), padding="same")
        self.layers = Conditioned(*layers, *_normalised(parameters, nn.ReLU(), condition), last)

    def pixels(self, inputs: Tensor) -> Tensor:
        """See `TensorGenerator.pixels`."""
        few = self.start(inputs[:, : self.start.in_features]).view(len(inputs), self.width, 1, -1)
        columns = self.layers(few, inputs[:, self.latent :])
        pixels: Tensor = columns.reshape(len(inputs), *self.shape)
        return pixels

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """See `TensorGenerator.forward`; in training -1 or 1."""
        drawn = super().forward(z, condition)
        if not self.training:
            return drawn
        return drawn + (2 * played((drawn.detach() + 1) / 2) - 1 - drawn.detach())


class Discriminator(TensorDiscriminator):
    """Halved until few columns are left, whose values are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(example, _size(parameters, example), parameters.conditioning or "none")
        self.layers = nn.Sequential(*_halved(parameters, self, example))
        if parameters.normalisation == "spectral":
            normalise(self)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x.flatten(1, 2)[:, :, None])
        return features


class Encoder(TensorEncoder):
    """Halved until few columns are left, whose values are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1, example, _size(parameters, example))
        self.layers = nn.Sequential(*_halved(parameters, self, example))

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x.flatten(1, 2)[:, :, None])
        return features


def played(brightness: Tensor) -> Tensor:
    """The pixels of rolls (N, V, H, W) in [0, 1] that are white where a voice sings one note at a time, 0 or 1."""
    onsets, pitches = brightness[:, :, :1], brightness[:, :, 1:]
    sounds = pitches.sum(2, keepdim=True) > 0.5
    brightest = torch.zeros_like(pitches).scatter_(2, pitches.argmax(2, keepdim=True), 1.0)
    return torch.cat([(onsets > 0.5) & sounds, brightest.bool() & sounds], 2).to(brightness.dtype)


def _size(parameters: Parameters, example: Example) -> int:
    return parameters.width * (example.width >> parameters.halvings)


def _halved(parameters: Parameters, reader: TensorReader, example: Example) -> Iterator[nn.Module]:
    yield nn.Conv2d(reader.channels * example.height, parameters.width, **HALVING)
    yield nn.LeakyReLU(0.2)
    for _ in range(parameters.halvings - 1):
        yield nn.Conv2d(parameters.width, parameters.width, **HALVING)
        yield from _normalised(parameters, nn.LeakyReLU(0.2))
    yield nn.Flatten()


def _normalised(parameters: Parameters, activation: nn.Module, condition: int | None = None) -> Iterator[nn.Module]:
    if parameters.normalisation == "batch":
        width = parameters.width
        yield ConditionalBatchNorm2d(width, condition) if condition else nn.BatchNorm2d(width)
    yield activation
