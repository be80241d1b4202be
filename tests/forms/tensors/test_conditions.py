"""Batch normalisation under a condition, against torch's own of each example's scale and shift."""

import torch
from torch.nn.functional import batch_norm

from promptgan.forms.tensors.conditions import ConditionalBatchNorm2d


def test_scale_and_shift_are_those_of_the_condition_of_each_example() -> None:
    torch.manual_seed(1)
    layer, x, condition = ConditionalBatchNorm2d(3, 5), 4 + 2 * torch.randn(6, 3, 4, 4), torch.randn(6, 5)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    expected = torch.stack(
        [
            batch_norm(each[None], mean, variance, layer.scale(c / rms), layer.shift(c / rms), training=False)[0]
            for each, c, rms in zip(x, condition, condition.square().mean(1).sqrt(), strict=True)
        ]
    )
    torch.testing.assert_close(layer(x, condition), expected)


def test_a_condition_of_zeros_leaves_what_is_normalised() -> None:
    layer, x = ConditionalBatchNorm2d(3, 5), torch.randn(6, 3, 4, 4)
    torch.testing.assert_close(layer(x, torch.zeros(6, 5)), batch_norm(x, None, None, training=True))
