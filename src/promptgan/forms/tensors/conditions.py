"""What examples are made on the condition of, as vectors: a label, or a caption that is read."""

import torch
from torch import Tensor, nn

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

    What a latent vector says is normalised by itself, so that a condition cannot drown it, as it does where both are
    inputs of one layer.

    Args:
        channels: C, that are normalised.
        size: D, of the vector of a condition.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__(channels, affine=False)
        self.scale, self.shift = nn.Linear(size, channels), nn.Linear(size, channels)
        for layer, value in ((self.scale, 1.0), (self.shift, 0.0)):
            nn.init.constant_(layer.bias, value)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        """Of (N, C, H, W), under vectors (N, D)."""
        scale, shift = (layer(condition)[:, :, None, None] for layer in (self.scale, self.shift))
        normalised: Tensor = super().forward(x) * scale + shift
        return normalised


class Conditioned(nn.Sequential):
    """Layers one after the other, of which those that normalise under a condition read it too."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        """Of ``x`` (N, C, H, W), under vectors (N, D), which may be of size 0."""
        for layer in self:
            x = layer(x, condition) if isinstance(layer, ConditionalBatchNorm2d) else layer(x)
        return x
