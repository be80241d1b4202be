"""Differentiable augmentation of what a discriminator sees, real or not (Zhao et al., 2020, arXiv:2006.10738)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad


def colour(x: Tensor) -> Tensor:
    """Shift the brightness of each image by up to a half, and its saturation and contrast by up to twofold and half."""
    draw = torch.rand(3, len(x), 1, 1, 1, device=x.device, dtype=x.dtype)
    x = x + draw[0] - 0.5
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * 2 * draw[1]
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (draw[2] + 0.5)


def translation(x: Tensor) -> Tensor:
    """Move each image by up to an eighth of its size either way; what comes in is black."""
    n, _, height, width = x.shape
    moved = []
    for size in (height, width):
        most = round(size / 8)
        shift = torch.randint(-most, most + 1, (n, 1), device=x.device)
        moved.append((torch.arange(size, device=x.device) + shift + 1).clamp(0, size + 1))
    padded = pad(x, (1, 1, 1, 1), value=-1.0)
    rows = torch.arange(n, device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[rows, moved[0][:, :, None], moved[1][:, None, :]].permute(0, 3, 1, 2)


def cutout(x: Tensor) -> Tensor:
    """Make a square of half the size grey, anywhere in each image."""
    n, _, height, width = x.shape
    inside = torch.ones(n, 1, 1, 1, dtype=torch.bool, device=x.device)
    for size, shape in ((height, (n, 1, -1, 1)), (width, (n, 1, 1, -1))):
        middle = torch.randint(0, size + 1 - size % 2, (n, 1), device=x.device)
        near = (torch.arange(size, device=x.device) - middle).add(size // 4)
        inside = inside & ((near >= 0) & (near < size // 2)).view(shape)
    return x.masked_fill(inside, 0.0)


POLICIES: dict[str, Callable[[Tensor], Tensor]] = {"colour": colour, "translation": translation, "cutout": cutout}


def augmented(x: Tensor, policies: Sequence[str]) -> Tensor:
    """Images (N, C, H, W) in [-1, 1], changed by each of `POLICIES` that is named, with torch's random numbers."""
    for policy in policies:
        x = POLICIES[policy](x)
    return x
