"""Residual networks from image to image (Johnson, Alahi and Fei-Fei, 2016, arXiv:1603.08155; Zhu et al., 2017)."""

import itertools

from torch import Tensor, nn

from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorTranslator
from promptgan.networks.tensors.resnet.parameters import Parameters


class Generator(TensorTranslator):
    """Halved, through residual blocks, and doubled again, normalised by instance (arXiv:1703.10593, section 4)."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__()
        widths = [parameters.width * 2**n for n in range(parameters.halvings + 1)]
        pairs = list(itertools.pairwise(widths))
        self.layers = nn.Sequential(
            *_normalised(nn.Conv2d(example.channels, widths[0], 7, padding=3, padding_mode="reflect"), widths[0]),
            *(part for a, b in pairs for part in _normalised(nn.Conv2d(a, b, 4, 2, 1), b)),
            *(Block(widths[-1]) for _ in range(parameters.blocks)),
            *(part for a, b in reversed(pairs) for part in _normalised(nn.ConvTranspose2d(b, a, 4, 2, 1), a)),
            nn.Conv2d(widths[0], example.channels, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See `TensorTranslator.forward`."""
        translated: Tensor = self.layers(x)
        return translated


class Block(nn.Module):
    """Two convolutions, whose output is added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect") for _ in range(2)]
        self.layers = nn.Sequential(*_normalised(convolutions[0], width), *_normalised(convolutions[1], width)[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) of features of that shape."""
        changed: Tensor = x + self.layers(x)
        return changed


def _normalised(convolution: nn.Module, width: int) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(width, affine=True), nn.ReLU()]
