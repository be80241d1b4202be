"""Fully connected networks of arrays (Goodfellow et al., 2014, arXiv:1406.2661)."""

import math
from collections.abc import Iterator

from torch import Tensor, nn

from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator, TensorReader
from promptgan.forms.tensors.spectral import normalise
from promptgan.networks.tensors.fully_connected.parameters import Parameters


class Generator(TensorGenerator):
    """Latent vectors through hidden layers to pixels."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        latent = parameters.latent or 1
        super().__init__(latent, example, latent)
        self.shape = (example.channels, example.height, example.width)
        self.layers = nn.Sequential(
            *_hidden(self.inputs, parameters), nn.Linear(parameters.widths[-1], math.prod(self.shape))
        )

    def pixels(self, inputs: Tensor) -> Tensor:
        """See `TensorGenerator.pixels`."""
        pixels: Tensor = self.layers(inputs)
        return pixels.view(-1, *self.shape)


class Discriminator(TensorDiscriminator):
    """Pixels through hidden layers, the last of which are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(example, parameters.widths[-1], parameters.conditioning or "none")
        self.layers = nn.Sequential(nn.Flatten(), *_hidden(_pixels(self, example), parameters))
        if parameters.normalisation == "spectral":
            normalise(self)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x)
        return features


class Encoder(TensorEncoder):
    """Pixels through hidden layers, the last of which are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1, example, parameters.widths[-1])
        self.layers = nn.Sequential(nn.Flatten(), *_hidden(_pixels(self, example), parameters))

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x)
        return features


def _pixels(reader: TensorReader, example: Example) -> int:
    return reader.channels * example.height * example.width


def _hidden(inputs: int, parameters: Parameters) -> Iterator[nn.Module]:
    for width in parameters.widths:
        yield nn.Linear(inputs, width)
        if parameters.normalisation == "batch":
            yield nn.BatchNorm1d(width)
        yield nn.LeakyReLU(0.2)
        yield nn.Dropout(parameters.dropout)
        inputs = width
