"""The relativistic objective, pair by pair (Jolicoeur-Martineau, 2018, arXiv:1807.00734, equation 3), as in RelGAN."""

from torch import Tensor
from torch.nn.functional import softplus

RELATIVE = True
"""Whether the generator's loss looks at real logits."""


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Each real logit above the fake one beside it, of the same prompt; the mean, in nats."""
    return softplus(fake - real).mean()


def generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss with real and fake exchanged; the mean, in nats."""
    return discriminator_loss(fake, real)
