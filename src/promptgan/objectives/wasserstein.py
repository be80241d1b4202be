"""The Wasserstein objective (Arjovsky et al., 2017, arXiv:1701.07875); its critic wants `train.penalty`."""

from torch import Tensor

RELATIVE = False
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``D(G(z)) - D(x)`` where D is the critic's score; the mean."""
    return fake.mean() - real.mean()


def generator_loss(real: Tensor | None, fake: Tensor) -> Tensor:
    """``-D(G(z))``; the mean. ``real`` is not used."""
    return -fake.mean()
