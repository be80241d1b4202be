"""What examples are made on the condition of, as vectors: a label, or a caption that is read."""

import torch
from torch import Tensor, nn

from promptgan.forms.tensors.form import Example


class Condition(nn.Module):
    """A vector of each condition: an embedding of its label, or the last state of a GRU that reads its caption.

    Args:
        example: says which of the two, and of how many labels or words.
        size: D, of a vector.
    """

    def __init__(self, example: Example, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(example.classes or example.words, size)
        self.reader = None if example.classes else nn.GRU(size, size, batch_first=True)

    def forward(self, condition: Tensor) -> Tensor:
        """Vectors (N, D) of labels (N,), or of captions as word ids (N, T), which end in zeros."""
        if self.reader is None:
            vectors: Tensor = self.embedding(condition)
            return vectors
        states: Tensor
        states, _ = self.reader(self.embedding(condition))
        last = ((condition != 0).sum(1) - 1).clamp_min(0)
        return states[torch.arange(len(condition), device=condition.device), last]
