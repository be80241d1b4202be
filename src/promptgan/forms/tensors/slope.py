"""The penalty on the slope of a discriminator of arrays, under their conditions."""

import functools
from types import ModuleType
from typing import cast

import torch
from torch import Tensor

from promptgan.forms.tensors.roles import TensorDiscriminator
from promptgan.forms.tensors.tensors import Batch


def slope(discriminator: TensorDiscriminator, penalty: ModuleType, batch: Batch, fake: Tensor) -> Tensor:
    """What a file of `promptgan.penalties` says of real arrays, and of those between them and others; a scalar.

    Args:
        discriminator: whose slope it is.
        penalty: the file.
        batch: N real arrays.
        fake: as many others, (N, C, H, W).
    """
    score = functools.partial(discriminator, condition=batch.condition)
    if penalty.AT == "real":
        return cast("Tensor", penalty.penalty(score, batch.x))
    mixing = torch.rand(len(fake), device=fake.device)
    return cast("Tensor", penalty.penalty(score, batch.x, fake, mixing))
