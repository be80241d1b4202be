"""Networks of strided convolutions (Radford, Metz and Chintala, 2016, arXiv:1511.06434)."""

from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor, nn

from promptgan.forms.tensors.conditions import ConditionalBatchNorm2d, Conditioned, add_pattern
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator, TensorReader
from promptgan.forms.tensors.spectral import normalise
from promptgan.networks.tensors.dcgan.parameters import Parameters

SCALE = 0.02
"""Standard deviation of fresh weights (section 4)."""


class Generator(TensorGenerator):
    """A latent vector to a small map, whose size is doubled until it is the images'.

    Where channels are normalised by the batch, a condition is what scales and shifts them; else it stands behind the
    latent vector.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        latent = parameters.latent or 1
        super().__init__(latent, example, latent)
        *channels, widest = _channels(parameters)
        self.map = (widest, *_smallest(parameters, example))
        conditional = example.conditional and parameters.normalisation == "batch"
        inputs, size = latent if conditional else self.inputs, widest * self.map[1] * self.map[2]
        self.start = nn.Linear(inputs, size, bias=conditional)
        layers: list[nn.Module] = []
        for place, (wide, narrow) in enumerate(pairwise([widest, *channels[::-1], example.channels]), start=1):
            layers += _normalised(wide, parameters, nn.ReLU(), latent if conditional else None)
            layers.append(nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=place == parameters.halvings))
        self.layers = Conditioned(*layers)
        self.apply(_fresh)
        if conditional:
            add_pattern(self.start)

    def pixels(self, inputs: Tensor) -> Tensor:
        """See `TensorGenerator.pixels`."""
        small = self.start(inputs[:, : self.start.in_features]).view(len(inputs), *self.map)
        pixels: Tensor = self.layers(small, inputs[:, self.latent :])
        return pixels


class Discriminator(TensorDiscriminator):
    """Halved until a small map is left, whose values are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(example, _size(parameters, example), parameters.conditioning or "none")
        self.layers = nn.Sequential(*_halved(parameters, self))
        self.apply(_fresh)
        if parameters.normalisation == "spectral":
            normalise(self)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x)
        return features


class Encoder(TensorEncoder):
    """Halved until a small map is left, whose values are the features."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1, example, _size(parameters, example))
        self.layers = nn.Sequential(*_halved(parameters, self))
        self.apply(_fresh)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        features: Tensor = self.layers(x)
        return features


def _channels(parameters: Parameters) -> list[int]:
    return [parameters.width * 2**n for n in range(parameters.halvings)]


def _smallest(parameters: Parameters, example: Example) -> tuple[int, int]:
    return example.height >> parameters.halvings, example.width >> parameters.halvings


def _size(parameters: Parameters, example: Example) -> int:
    height, width = _smallest(parameters, example)
    return _channels(parameters)[-1] * height * width


def _halved(parameters: Parameters, reader: TensorReader) -> Iterator[nn.Module]:
    first, *more = _channels(parameters)
    yield nn.Conv2d(reader.channels, first, 4, 2, 1)
    yield nn.LeakyReLU(0.2)
    for channels in more:
        yield nn.Conv2d(channels // 2, channels, 4, 2, 1, bias=parameters.normalisation != "batch")
        yield from _normalised(channels, parameters, nn.LeakyReLU(0.2))
    yield nn.Flatten()


def _normalised(
    channels: int, parameters: Parameters, activation: nn.Module, condition: int | None = None
) -> Iterator[nn.Module]:
    if parameters.normalisation == "batch":
        yield ConditionalBatchNorm2d(channels, condition) if condition else nn.BatchNorm2d(channels)
    yield activation


def _fresh(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, std=SCALE)
    elif isinstance(module, ConditionalBatchNorm2d):
        module.freshen()
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, SCALE)
