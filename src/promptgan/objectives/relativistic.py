"""The relativistic average objective (Jolicoeur-Martineau, 2018, arXiv:1807.00734, section 4.1)."""

from torch import Tensor
from torch.nn.functional import softplus

RELATIVE = True
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Real logits above the mean fake logit and fake ones below the mean real logit; the mean, in nats."""
    return softplus(-(real - fake.mean())).mean() + softplus(fake - real.mean()).mean()


def generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss with real and fake exchanged; the mean, in nats."""
    return discriminator_loss(fake, real)
