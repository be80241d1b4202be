"""Texts that begin with a latent vector: the generator that reads one, and the encoder that guesses which it was."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator


class Normal(NamedTuple):
    """N normal distributions over latent vectors of size Z, whose entries are independent."""

    mean: Tensor
    """(N, Z)."""
    log_variance: Tensor
    """(N, Z)."""

    def at(self, noise: Tensor) -> Tensor:
        """Latent vectors (..., N, Z), of standard normal ones of that shape; gradients pass through them.

        Kingma and Welling, 2014, arXiv:1312.6114, section 2.4.
        """
        return self.mean + (self.log_variance / 2).exp() * noise

    def divergence(self) -> Tensor:
        """Kullback-Leibler divergence from the standard normal distribution, by entry, (N, Z) in nats (appendix B)."""
        return (self.mean.square() + self.log_variance.exp() - 1 - self.log_variance) / 2

    def log_density(self, z: Tensor) -> Tensor:
        """Of latent vectors (..., N, Z), less the constant that every normal density has: (..., N) in nats."""
        return -(((z - self.mean).square() / self.log_variance.exp() + self.log_variance) / 2).sum(-1)


class LatentGenerator(TextGenerator):
    """Begins each answer with a latent vector, which is standard normal and knows nothing of the prompt.

    Args:
        example: special tokens.
        embedding: V embeddings of size E.
        bias: of the logits, (V,).
        latent: Z, the size of a latent vector.
    """

    def __init__(self, example: Example, embedding: nn.Embedding, bias: nn.Parameter, latent: int) -> None:
        super().__init__(example, embedding, bias)
        self.latent = latent

    def start(self, prompt: Tensor, prompt_lengths: Tensor, z: Tensor | None = None) -> Any:
        """Read prompts; latent vectors are ``z`` (N, Z), or drawn by torch. See `TextGenerator.start`."""
        raise NotImplementedError

    def given(self, state: Any, z: Tensor) -> Any:
        """The state before the first token of answers that begin with ``z`` (N, Z) in place of what `start` drew."""
        raise NotImplementedError

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor, z: Tensor | None = None) -> Tensor:
        """See `TextGenerator.forward`; ``z`` as in `start`."""
        raise NotImplementedError

    def prior(self, count: int) -> Tensor:
        """Latent vectors (count, Z), drawn by torch."""
        return torch.randn(count, self.latent, device=self.table.device, dtype=self.table.dtype)


class TextEncoder(nn.Module):
    """Which latent vectors a text may have begun with.

    Args:
        latent: Z, the size of a latent vector.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, text: Tensor, text_lengths: Tensor) -> Normal:
        """The distribution for each pair of a prompt (N, P) and a text (N, T), of the given lengths (N,)."""
        raise NotImplementedError
