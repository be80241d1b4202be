"""Drawing arrays from a generator, each from a random vector of its own."""

import numpy as np
import torch
from torch import Tensor

from promptgan.forms.tensors.roles import TensorGenerator, TensorTranslator
from promptgan.forms.tensors.tensors import scaled, to_bytes


def noise(seed: int, rows: int, latent: int) -> Tensor:
    """Standard normal vectors (rows, latent), float32; a row is the same however many rows there are."""
    drawn = np.random.Generator(np.random.Philox(seed)).standard_normal((rows, latent), dtype=np.float32)
    return torch.from_numpy(drawn)


@torch.no_grad()
def draw(generator: TensorGenerator, z: Tensor, condition: Tensor | None = None, batch: int = 256) -> Tensor:
    """What a generator, in evaluation mode, makes of latent vectors (N, Z): uint8 (N, C, H, W) on the CPU.

    ``condition`` are as many labels or captions, where it makes arrays on such.
    """
    device = next(generator.parameters()).device
    parts = []
    for start in range(0, len(z), batch):
        given = () if condition is None else (condition[start : start + batch].to(device),)
        parts.append(to_bytes(generator(z[start : start + batch].to(device), *given)))
    return torch.cat(parts)


def truncated(z: Tensor, mass: float) -> Tensor:
    """Standard normal vectors (N, Z) brought to the middle of their distribution that has this probability.

    Each entry keeps its rank, so that it follows the truncated normal distribution (Brock et al., 2019,
    arXiv:1809.11096, section 3.1); 1 changes nothing.
    """
    if mass == 1:
        return z
    middle: Tensor = torch.special.ndtri(0.5 + mass * (torch.special.ndtr(z.double()) - 0.5))
    return middle.to(z.dtype)


@torch.no_grad()
def translate(translator: TensorTranslator, images: Tensor, batch: int = 256) -> Tensor:
    """What a translator, in evaluation mode, makes of images, uint8 (N, C, H, W); of that shape, on the CPU."""
    device = next(translator.parameters()).device
    return torch.cat([to_bytes(translator(scaled(part.to(device)))) for part in torch.split(images, batch)])
