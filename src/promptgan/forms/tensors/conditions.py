"""What examples are made on the condition of, as vectors: a label, or a caption that is read."""

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm

from promptgan.forms.tensors.form import Example

WIDTH = 64
"""Of the words of a caption, and of the GRU that reads them."""


class Condition(nn.Module):
    """A vector of each condition: an embedding of its label, or a linear map of what a GRU makes of its caption.

    Args:
        example: says which of the two, and of how many labels or words.
        size: D, of a vector.
    """

    def __init__(self, example: Example, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(example.classes or example.words, size if example.classes else WIDTH)
        self.reader = None if example.classes else nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.output = None if example.classes else nn.Linear(WIDTH, size)

    def forward(self, condition: Tensor) -> Tensor:
        """Vectors (N, D) of labels (N,), or of captions as word ids (N, T), which end in zeros."""
        vectors: Tensor = self.embedding(condition)
        if self.reader is None or self.output is None:
            return vectors
        states: Tensor
        states, _ = self.reader(vectors)
        last = ((condition != 0).sum(1) - 1).clamp_min(0)
        read: Tensor = self.output(states[torch.arange(len(condition), device=condition.device), last])
        return read


class ConditionalBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose scale and shift are affine in the vector of a condition (De Vries et al., 2017,
    arXiv:1707.00683).

    The vector is divided by its root mean square first, so that how far conditions differ hangs on no initial size.
    A generator that reads its condition nowhere else cannot make an image without its latent vector, as one that reads
    both in one layer comes to do.

    Args:
        channels: C, that are normalised.
        size: D, of the vector of a condition.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__(channels, affine=False)
        self.scale, self.shift = nn.Linear(size, channels), nn.Linear(size, channels)
        self.freshen()

    def freshen(self) -> None:
        """Weights that vary scale and shift by a standard deviation of 1, about 1 and 0."""
        for layer, middle in ((self.scale, 1.0), (self.shift, 0.0)):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            nn.init.constant_(layer.bias, middle)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        """Of (N, C, H, W), under vectors (N, D)."""
        condition = rms_norm(condition, condition.shape[-1:])
        scale, shift = (layer(condition)[:, :, None, None] for layer in (self.scale, self.shift))
        normalised: Tensor = super().forward(x) * scale + shift
        return normalised


def add_pattern(start: nn.Linear) -> None:
    """Give a fresh layer of standard normal vectors a bias as large as what it makes of them.

    Where a condition scales and shifts whole channels, places differ by what is in them already: by this it makes an
    image of its own of them, as an autoencoder's generator must, whose latent vector it takes the condition out of.
    """
    assert start.bias is not None
    nn.init.normal_(start.bias, std=start.weight.norm(dim=1).mean().item())


class Conditioned(nn.Sequential):
    """Layers one after the other, of which those that normalise under a condition read it too."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        """Of ``x`` (N, C, H, W), under vectors (N, D), which may be of size 0."""
        for layer in self:
            x = layer(x, condition) if isinstance(layer, ConditionalBatchNorm2d) else layer(x)
        return x
