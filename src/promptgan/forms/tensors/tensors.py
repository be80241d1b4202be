"""Reading arrays: a memory-mapped split, and batches that a step number reproduces."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Indices = npt.NDArray[np.int64]


class Tensors:
    """One split of `data/tokens/`.

    Args:
        images: a file of uint8 (N, C, H, W).
        labels: a file of int64 (N,).
    """

    def __init__(self, images: Path, labels: Path) -> None:
        self.images: npt.NDArray[np.uint8] = np.load(images, mmap_mode="r")
        self.labels: Indices = np.load(labels)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Indices) -> Tensor:
        """The images at ``indices``, float32 (N, C, H, W) in [-1, 1]."""
        return scaled(self.stored(indices))

    def stored(self, indices: Indices | None = None) -> Tensor:
        """The images at ``indices``, or all, as they are stored: uint8 (N, C, H, W), in memory."""
        return torch.from_numpy(np.array(self.images if indices is None else self.images[indices]))


class Batches:
    """Shuffled batches of a split; a function of the seed and a step number alone.

    Args:
        data: the split.
        size: of a batch; the rest of an epoch that does not fill one is left out.
        seed: of the order.
    """

    def __init__(self, data: Tensors, size: int, seed: int) -> None:
        self.data, self.size, self.seed = data, min(size, len(data)), seed
        self.per_epoch = len(data) // self.size
        self._order: tuple[int, Indices] = (-1, np.zeros(0, np.int64))

    def indices(self, step: int) -> Indices:
        """Which examples the batch of step number ``step`` holds, in ascending order, which reads files faster."""
        epoch, index = divmod(step, self.per_epoch)
        if epoch != self._order[0]:
            self._order = epoch, np.random.default_rng([self.seed, epoch]).permutation(len(self.data))
        return np.sort(self._order[1][index * self.size : (index + 1) * self.size])

    def __getitem__(self, step: int) -> Tensor:
        return self.data.batch(self.indices(step))


def in_order(data: Tensors, size: int, limit: int | None = None) -> Iterator[Tensor]:
    """The first ``limit`` examples (or all) in batches, every one exactly once."""
    count = len(data) if limit is None else min(limit, len(data))
    for start in range(0, count, size):
        yield data.batch(np.arange(start, min(start + size, count)))


def scaled(images: Tensor) -> Tensor:
    """uint8 in [0, 255] to float32 in [-1, 1]."""
    return images.float() / 127.5 - 1


def to_bytes(images: Tensor) -> Tensor:
    """Floats in [-1, 1] to uint8 in [0, 255], on the CPU."""
    return ((images.float().cpu() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
