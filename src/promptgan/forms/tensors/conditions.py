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
