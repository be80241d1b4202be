"""The slope of a critic between real and fake inputs is held to one (Gulrajani et al., 2017, arXiv:1704.00028)."""

from collections.abc import Callable

import torch
from torch import Tensor

EPSILON = 1e-12
"""Inside the square root of a norm, whose slope at zero would otherwise be infinite."""
AT = "between"
"""Where the slope is taken: needs real and fake inputs of one shape."""


def penalty(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mixing: Tensor) -> Tensor:
    """``(|grad D(x)| - 1)^2`` between real and fake inputs (equation 3), always in float32.

    Args:
        score: maps inputs (N, ...) to scores (N,); run without autocast.
        real, fake: inputs of one shape (N, ...).
        mixing: numbers in [0, 1], (N,): the share of the real one in each point.

    Returns:
        The mean penalty, a scalar to be weighted and added to the discriminator's loss.
    """
    share = mixing.view(-1, *[1] * (real.dim() - 1))
    points = (share * real.detach().float() + (1 - share) * fake.detach().float()).requires_grad_()
    with torch.autocast(points.device.type, enabled=False):
        (slopes,) = torch.autograd.grad(score(points).float().sum(), points, create_graph=True)
    return ((slopes.flatten(1).square().sum(1) + EPSILON).sqrt() - 1).square().mean()
