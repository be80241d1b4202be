"""The hinge objective (Lim and Ye, 2017, arXiv:1705.02894; Miyato et al., 2018, arXiv:1802.05957, eq. 16 and 17)."""

from torch import Tensor
from torch.nn.functional import relu

RELATIVE = False
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``max(0, 1 - D(x)) + max(0, 1 + D(G(z)))`` where D is the logit itself; the mean."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def generator_loss(real: Tensor | None, fake: Tensor) -> Tensor:
    """``-D(G(z))``; the mean. ``real`` is not used."""
    return -fake.mean()
