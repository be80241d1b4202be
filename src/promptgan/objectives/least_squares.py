"""The least-squares objective with targets 1 and 0 (Mao et al., 2017, arXiv:1611.04076, equation 9)."""

from torch import Tensor

RELATIVE = False
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``[(D(x) - 1)^2 + D(G(z))^2] / 2`` where D is the logit itself; the mean."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def generator_loss(real: Tensor | None, fake: Tensor) -> Tensor:
    """``(D(G(z)) - 1)^2 / 2``; the mean. ``real`` is not used."""
    return (fake - 1).square().mean() / 2
