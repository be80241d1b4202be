"""Reading tokenized pairs: a memory-mapped split, padded batches, and an order that a step number reproduces."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from promptgan.core.spread import evenly
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.vocabulary import EOS, PAD

POOL = 256
"""Batches whose pairs are sorted by length together: more spare padding, fewer mix lengths better."""


class Pairs:
    """One split of `data/tokens/`, memory-mapped.

    Args:
        path: a ``SPLIT.arrow`` written by the tokenize stage.
        eos: ends every text of a batch.
    """

    def __init__(self, path: Path, eos: int = EOS) -> None:
        self.eos = eos
        self._table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        self._columns = {name: self._table.column(name) for name in ("prompt", "text")}
        self.prompt_lengths = _lengths(self._columns["prompt"])
        self.text_lengths = _lengths(self._columns["text"])

    def __len__(self) -> int:
        return len(self.text_lengths)

    @property
    def ids(self) -> list[str]:
        """The records' ids."""
        return list(self._table.column("id").to_pylist())

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """A key (N,) that sorts pairs by the length of the text, then by that of the prompt."""
        return self.text_lengths * 4096 + self.prompt_lengths

    def without(self, token: int) -> npt.NDArray[np.int64]:
        """Indices of the pairs whose text does not hold ``token``."""
        column = self._columns["text"].combine_chunks()
        holds = column.flatten().to_numpy() == token
        owners = np.repeat(np.arange(len(self)), self.text_lengths)
        return np.setdiff1d(np.arange(len(self)), owners[holds])

    def rows(self, column: str, indices: npt.NDArray[np.int64]) -> list[list[int]]:
        """Token ids of ``prompt`` or ``text`` at ``indices``, without special tokens."""
        return list(self._columns[column].take(pa.array(indices)).to_pylist())

    def batch(self, indices: npt.NDArray[np.int64]) -> Batch:
        """The pairs at ``indices``."""
        prompt, prompt_lengths = _padded(self._columns["prompt"], indices, closing=())
        text, text_lengths = _padded(self._columns["text"], indices, closing=(self.eos,))
        return Batch(prompt, prompt_lengths, text, text_lengths)


class Batches:
    """Shuffled batches of a split, pairs of like length together; a function of the seed and a step number alone.

    Args:
        pairs: the split.
        size: of a batch; the last ones of an epoch may be smaller.
        seed: of the order.
        chosen: indices of the pairs that are read, (N,); all where None.
        onward: another order of the same seed, for what goes on from a training: where that read a part of the pairs,
            the same ones would otherwise come again before the rest is read at all.
    """

    def __init__(
        self,
        pairs: Pairs,
        size: int,
        seed: int,
        chosen: npt.NDArray[np.int64] | None = None,
        onward: bool = False,
    ) -> None:
        self.pairs, self.size, self.seed, self.onward = pairs, size, seed, onward
        self.chosen = np.arange(len(pairs)) if chosen is None else chosen
        self.per_epoch = math.ceil(len(self.chosen) / size)
        self.tokens = size * float((pairs.text_lengths[self.chosen] + 1).mean())
        """Of the texts of a batch, ends counted, on average: what the NLL of any batch is to be divided by."""
        self._order: tuple[int, list[npt.NDArray[np.int64]]] = (-1, [])

    def __getitem__(self, step: int) -> Batch:
        """The batch of step number ``step``; after all pairs they come again in another order."""
        epoch, index = divmod(step, self.per_epoch)
        if epoch != self._order[0]:
            lengths = self.pairs.lengths[self.chosen]
            self._order = epoch, batch_order(lengths, self.size, self.seed, epoch, self.onward)
        return self.pairs.batch(self.chosen[self._order[1][index]])


def batch_order(
    lengths: npt.NDArray[np.int64], size: int, seed: int, epoch: int, onward: bool = False
) -> list[npt.NDArray[np.int64]]:
    """Indices of every batch of an epoch: shuffled, but with pairs of like length together to save padding.

    Shuffles all pairs, sorts by length within pools of batches, and shuffles the batches. A function of ``seed``,
    ``epoch`` and ``onward`` alone, so a loader's position is a number.
    """
    generator = np.random.default_rng([seed, epoch, int(onward)])
    order = generator.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), POOL * size):
        pool = order[start : start + POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[i] for i in generator.permutation(len(batches))]


def in_order(pairs: Pairs, size: int, limit: int | None = None) -> Iterator[Batch]:
    """``limit`` pairs from all over a split (or all) in batches of like length, every one exactly once."""
    chosen = evenly(len(pairs) if limit is None else limit, len(pairs))
    order = chosen[np.argsort(pairs.lengths[chosen], kind="stable")]
    for start in range(0, len(order), size):
        yield pairs.batch(order[start : start + size])


def pad(rows: list[list[int]], closing: tuple[int, ...] = ()) -> tuple[Tensor, Tensor]:
    """Pad lists of ids to (N, longest) int64, each followed by ``closing``; returns the ids and the lengths (N,)."""
    lengths = torch.tensor([len(row) + len(closing) for row in rows], dtype=torch.int64)
    padded = torch.full((len(rows), max(1, int(lengths.max()) if rows else 1)), PAD, dtype=torch.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row) + len(closing)] = torch.tensor([*row, *closing], dtype=torch.int64)
    return padded, lengths


def _lengths(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    if column.num_chunks == 0:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([chunk.value_lengths().to_numpy() for chunk in column.chunks]).astype(np.int64)


def _padded(column: pa.ChunkedArray, indices: npt.NDArray[np.int64], closing: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    rows = column.take(pa.array(indices)).combine_chunks()
    rows = rows.chunk(0) if isinstance(rows, pa.ChunkedArray) else rows
    lengths = rows.value_lengths().to_numpy().astype(np.int64)
    padded = np.full((len(lengths), max(1, int(lengths.max()) + len(closing))), PAD, dtype=np.int64)
    positions = np.arange(padded.shape[1])
    padded[positions < lengths[:, None]] = rows.flatten().to_numpy()
    for offset, token in enumerate(closing):
        padded[np.arange(len(lengths)), lengths + offset] = token
    return torch.from_numpy(padded), torch.from_numpy(lengths + len(closing))
