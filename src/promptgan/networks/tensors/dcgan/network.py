"""Networks of strided convolutions (Radford, Metz and Chintala, 2016, arXiv:1511.06434)."""

from collections.abc import Iterator

from torch import Tensor, nn

from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator
from promptgan.networks.tensors.dcgan.parameters import Parameters

SCALE = 0.02
"""Standard deviation of fresh weights (section 4)."""


class Generator(TensorGenerator):
    """A latent vector to a quarter of the images' size, doubled twice."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1)
        w, self.quarter = parameters.width, (example.height // 4, example.width // 4)
        self.start = nn.Linear(self.latent, 2 * w * self.quarter[0] * self.quarter[1], bias=False)
        self.layers = nn.Sequential(
            *_normalised(2 * w, parameters, nn.ReLU()),
            nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False),
            *_normalised(w, parameters, nn.ReLU()),
            nn.ConvTranspose2d(w, example.channels, 4, 2, 1),
        )
        self.apply(_fresh)

    def logits(self, z: Tensor) -> Tensor:
        """See `TensorGenerator.logits`."""
        pixels: Tensor = self.layers(self.start(z).view(len(z), -1, *self.quarter))
        return pixels


class Discriminator(TensorDiscriminator):
    """Halved twice, and a logit of what is left."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_halved(parameters, example, 1))
        self.apply(_fresh)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorDiscriminator.features`."""
        hidden: Tensor = self.layers[:-1](x)
        return hidden

    def forward(self, x: Tensor) -> Tensor:
        """See `TensorDiscriminator.forward`."""
        logits: Tensor = self.layers(x)
        return logits[:, 0]


class Encoder(TensorEncoder):
    """Halved twice, and a normal distribution of latent vectors from what is left."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1)
        self.layers = nn.Sequential(*_halved(parameters, example, 2 * self.latent))
        self.apply(_fresh)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See `TensorEncoder.forward`."""
        mean, log_variance = self.layers(x).chunk(2, 1)
        return mean, log_variance


def _halved(parameters: Parameters, example: Example, outputs: int) -> Iterator[nn.Module]:
    w = parameters.width
    yield nn.Conv2d(example.channels, w, 4, 2, 1)
    yield nn.LeakyReLU(0.2)
    yield nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False)
    yield from _normalised(2 * w, parameters, nn.LeakyReLU(0.2))
    yield nn.Flatten()
    yield nn.Linear(2 * w * (example.height // 4) * (example.width // 4), outputs)


def _normalised(channels: int, parameters: Parameters, activation: nn.Module) -> Iterator[nn.Module]:
    if parameters.normalisation == "batch":
        yield nn.BatchNorm2d(channels)
    yield activation


def _fresh(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, std=SCALE)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, SCALE)
