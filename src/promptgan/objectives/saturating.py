"""The original minimax objective (Goodfellow et al., 2014, arXiv:1406.2661, equation 1)."""

from torch import Tensor
from torch.nn.functional import softplus

RELATIVE = False
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``-[log D(x) + log(1 - D(G(z)))]`` from logits of any equal shapes; the mean, in nats."""
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(real: Tensor | None, fake: Tensor) -> Tensor:
    """``log(1 - D(G(z)))`` from logits; the mean, in nats. ``real`` is not used."""
    return -softplus(fake).mean()
