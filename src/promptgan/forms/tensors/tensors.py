"""Reading arrays: a memory-mapped split, and batches that a step number reproduces."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from promptgan.core.spread import evenly

Indices = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """N examples."""

    x: Tensor
    """float32 (N, C, H, W) in [-1, 1]."""
    condition: Tensor | None
    """Labels (N,) or captions as word ids (N, T), int64; None where nothing is a condition."""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device, channels last, which convolutions are fastest with."""
        x = self.x.to(device, memory_format=torch.channels_last)
        return Batch(x, None if self.condition is None else self.condition.to(device))


class Tensors:
    """One split of `data/tokens/`.

    Args:
        images: a file of uint8 (N, C, H, W).
        labels: a file of int64 (N,).
        conditions: a file of integers (N,) or (N, T), where examples are made on conditions.
    """

    def __init__(self, images: Path, labels: Path, conditions: Path | None = None) -> None:
        self.images: npt.NDArray[np.uint8] = np.load(images, mmap_mode="r")
        self.labels: Indices = np.load(labels)
        self.conditions: npt.NDArray[np.integer] | None = None if conditions is None else np.load(conditions)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Indices) -> Batch:
        """The examples at ``indices``."""
        return Batch(scaled(self.stored(indices)), self.condition(indices))

    def stored(self, indices: Indices | None = None) -> Tensor:
        """The images at ``indices``, or all, as they are stored: uint8 (N, C, H, W), in memory."""
        return torch.from_numpy(np.array(self.images if indices is None else self.images[indices]))

    def condition(self, indices: Indices) -> Tensor | None:
        """The conditions at ``indices``, int64 (N,) or (N, T); None where there are none."""
        return None if self.conditions is None else torch.from_numpy(self.conditions[indices].astype(np.int64))


class Batches:
    """Shuffled batches of a split; a function of the seed and a step number alone.

    Args:
        data: the split.
        size: of a batch; the rest of an epoch that does not fill one is left out.
        seed: of the order.
        chosen: indices of the examples that are read, (N,); all where None.
    """

    def __init__(self, data: Tensors, size: int, seed: int, chosen: Indices | None = None) -> None:
        self.chosen = np.arange(len(data)) if chosen is None else chosen
        self.data, self.size, self.seed = data, min(size, len(self.chosen)), seed
        self.per_epoch = len(self.chosen) // self.size
        self._order: tuple[int, Indices] = (-1, np.zeros(0, np.int64))

    def indices(self, step: int) -> Indices:
        """Which examples the batch of step number ``step`` holds, in ascending order, which reads files faster."""
        epoch, index = divmod(step, self.per_epoch)
        if epoch != self._order[0]:
            self._order = epoch, np.random.default_rng([self.seed, epoch]).permutation(self.chosen)
        return np.sort(self._order[1][index * self.size : (index + 1) * self.size])

    def __getitem__(self, step: int) -> Batch:
        return self.data.batch(self.indices(step))


def in_order(data: Tensors, size: int, limit: int | None = None) -> Iterator[Batch]:
    """``limit`` examples from all over a split (or all) in batches, every one exactly once."""
    chosen = evenly(len(data) if limit is None else limit, len(data))
    for start in range(0, len(chosen), size):
        yield data.batch(chosen[start : start + size])


def scaled(images: Tensor) -> Tensor:
    """uint8 in [0, 255] to float32 in [-1, 1]."""
    return images.float() / 127.5 - 1


def to_bytes(images: Tensor) -> Tensor:
    """Floats in [-1, 1] to uint8 in [0, 255], on the CPU."""
    return ((images.float().cpu() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
