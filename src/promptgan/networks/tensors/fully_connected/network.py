"""Fully connected networks of arrays (Goodfellow et al., 2014, arXiv:1406.2661)."""

import math
from collections.abc import Iterator

from torch import Tensor, nn

from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator
from promptgan.networks.tensors.fully_connected.parameters import Parameters


class Generator(TensorGenerator):
    """Latent vectors through hidden layers to pixels."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1)
        self.shape = (example.channels, example.height, example.width)
        self.layers = nn.Sequential(
            *_hidden(self.latent, parameters), nn.Linear(parameters.width, math.prod(self.shape))
        )

    def logits(self, z: Tensor) -> Tensor:
        """See `TensorGenerator.logits`."""
        pixels: Tensor = self.layers(z)
        return pixels.view(-1, *self.shape)


class Discriminator(TensorDiscriminator):
    """Pixels through hidden layers to a logit."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__()
        size = example.channels * example.height * example.width
        self.layers = nn.Sequential(nn.Flatten(), *_hidden(size, parameters), nn.Linear(parameters.width, 1))

    def features(self, x: Tensor) -> Tensor:
        """See `TensorDiscriminator.features`."""
        hidden: Tensor = self.layers[:-1](x)
        return hidden

    def forward(self, x: Tensor) -> Tensor:
        """See `TensorDiscriminator.forward`."""
        logits: Tensor = self.layers(x)
        return logits[:, 0]


class Encoder(TensorEncoder):
    """Pixels through hidden layers to a normal distribution of latent vectors."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1)
        size = example.channels * example.height * example.width
        self.layers = nn.Sequential(
            nn.Flatten(), *_hidden(size, parameters), nn.Linear(parameters.width, 2 * self.latent)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See `TensorEncoder.forward`."""
        mean, log_variance = self.layers(x).chunk(2, 1)
        return mean, log_variance


def _hidden(inputs: int, parameters: Parameters) -> Iterator[nn.Module]:
    for _ in range(parameters.layers):
        yield nn.Linear(inputs, parameters.width)
        yield nn.LeakyReLU(0.2)
        yield nn.Dropout(parameters.dropout)
        inputs = parameters.width
