"""Penalties on the slope of a discriminator, always in float32."""

from collections.abc import Callable

import torch
from torch import Tensor

EPSILON = 1e-12
"""Inside the square root of a norm, whose slope at zero would otherwise be infinite."""


def gradient_penalty(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mixing: Tensor) -> Tensor:
    """``(|grad D(x)| - 1)^2`` between real and fake inputs (Gulrajani et al., 2017, arXiv:1704.00028, equation 3).

    Args:
        score: maps inputs (N, ...) to scores (N,); run without autocast.
        real, fake: inputs of one shape (N, ...).
        mixing: numbers in [0, 1], (N,): the share of the real one in each point.

    Returns:
        The mean penalty, a scalar to be weighted and added to the discriminator's loss.
    """
    share = mixing.view(-1, *[1] * (real.dim() - 1))
    points = (share * real.detach().float() + (1 - share) * fake.detach().float()).requires_grad_()
    slopes = _slopes(score, points)
    return ((slopes.flatten(1).square().sum(1) + EPSILON).sqrt() - 1).square().mean()


def zero_centred_penalty(score: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """``|grad D(x)|^2 / 2`` at real inputs, called R1 (Mescheder et al., 2018, arXiv:1801.04406, equation 9).

    Takes ``score`` and ``real`` as `gradient_penalty` does; returns the mean penalty.
    """
    return _slopes(score, real.detach().float().requires_grad_()).flatten(1).square().sum(1).mean() / 2


def _slopes(score: Callable[[Tensor], Tensor], points: Tensor) -> Tensor:
    with torch.autocast(points.device.type, enabled=False):
        (slopes,) = torch.autograd.grad(score(points).float().sum(), points, create_graph=True)
    return slopes
