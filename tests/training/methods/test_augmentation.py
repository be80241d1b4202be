"""What a discriminator sees of an augmented image, against each policy done one image at a time."""

import pytest
import torch
from torch import Tensor

from promptgan.training.methods.gan.augmentation import POLICIES, augmented, colour, cutout, translation


def images(n: int = 200, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_no_policy_changes_nothing() -> None:
    x = images(3)
    assert torch.equal(augmented(x, []), x)


def test_an_image_is_moved_by_at_most_an_eighth_and_the_rest_is_black() -> None:
    torch.manual_seed(1)
    x = images()
    found = set()
    for before, after in zip(x, translation(x), strict=True):
        padded = torch.nn.functional.pad(before, (2, 2, 2, 2), value=-1.0)
        shifts = [(i, j) for i in range(5) for j in range(5) if torch.equal(padded[:, i : i + 16, j : j + 16], after)]
        assert len(shifts) == 1
        found.add(shifts[0])
    assert len(found) == 25


def test_a_square_of_half_the_size_is_grey_wherever_it_falls() -> None:
    torch.manual_seed(1)
    x = images()
    hidden = (cutout(x) == 0).all(1)
    rows, columns = hidden.any(2).sum(1), hidden.any(1).sum(1)
    assert torch.equal(hidden.sum((1, 2)), rows * columns)  # a rectangle each
    assert rows.max() == columns.max() == 8 and rows.min() >= 4  # cut off at the border by half at most
    assert len({tuple(mask.flatten().tolist()) for mask in hidden}) > 100


def test_colours_change_in_brightness_saturation_and_contrast_alone() -> None:
    torch.manual_seed(1)
    x = images()
    changed = colour(x)
    # An affine map of each pixel with the mean over channels: what is left of a pixel's colour is scaled alike.
    before, after = (y - y.mean(1, keepdim=True) for y in (x, changed))
    ratio = (after.flatten(1) * before.flatten(1)).sum(1) / before.flatten(1).square().sum(1)
    torch.testing.assert_close(after, before * ratio[:, None, None, None], rtol=1e-3, atol=1e-5)
    assert ratio.min() >= 0 and ratio.max() <= 3
    shift = changed.mean((1, 2, 3)) - x.mean((1, 2, 3))
    assert shift.abs().max() <= 0.5 + 1e-5 and shift.std() > 0.2


@pytest.mark.parametrize("policy", POLICIES)
def test_gradients_pass_through(policy: str) -> None:
    torch.manual_seed(1)
    x = images(8).requires_grad_()
    augmented(x, [policy]).square().sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None and (x.grad != 0).float().mean() > 0.5
