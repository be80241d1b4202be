"""What every body of a classifier is: it reads embedded texts, and sums each up as a vector."""

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.generator import is_real


class Body(nn.Module):
    """Reads embedded texts (N, T, E) of the given lengths (N,), whose padding changes nothing.

    Args:
        embedding: V embeddings of size E.
        width: H, size of a token's state.
        summary: S, size of what a text is summed up as.
    """

    def __init__(self, embedding: nn.Embedding, width: int, summary: int) -> None:
        super().__init__()
        self.embedding, self.width, self.summary = embedding, width, summary

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """States of the tokens, (N, T, H)."""
        raise NotImplementedError

    def summed_up(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Texts as vectors, (N, S)."""
        raise NotImplementedError


def mean(states: Tensor, lengths: Tensor) -> Tensor:
    """Of the real positions of states (N, T, H): (N, H)."""
    real = is_real(lengths, states.shape[1])[:, :, None]
    return states.masked_fill(~real, 0).sum(1) / lengths.clamp_min(1)[:, None]


def highest(states: Tensor, lengths: Tensor) -> Tensor:
    """The largest of each entry at the real positions of states (N, T, H): (N, H)."""
    return states.masked_fill(~is_real(lengths.clamp_min(1), states.shape[1])[:, :, None], -torch.inf).amax(1)
