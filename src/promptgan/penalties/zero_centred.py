"""The slope of a discriminator at real inputs is held to zero: R1 (Mescheder et al., 2018, arXiv:1801.04406)."""

from collections.abc import Callable

import torch
from torch import Tensor

AT = "real"
"""Where the slope is taken: needs real inputs only."""


def penalty(score: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """``|grad D(x)|^2 / 2`` at real inputs (equation 9), always in float32.

    Args:
        score: maps inputs (N, ...) to scores (N,); run without autocast.
        real: inputs (N, ...).

    Returns:
        The mean penalty, a scalar to be weighted and added to the discriminator's loss.
    """
    points = real.detach().float().requires_grad_()
    with torch.autocast(points.device.type, enabled=False):
        (slopes,) = torch.autograd.grad(score(points).float().sum(), points, create_graph=True)
    return slopes.flatten(1).square().sum(1).mean() / 2
