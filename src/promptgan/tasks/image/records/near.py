"""Images of nearly the same perceptual hash in several splits, found exactly and without comparing all with all."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

BITS = 64
BLOCK = 1024
"""Hashes compared with those of higher rank at a time, so that memory does not grow with how many are alike."""

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


def near_copies_across_splits(frame: "pd.DataFrame", bits: int) -> "pd.Series[Any]":
    """By row, the first record of the highest-ranked split that is near, such as "r7 in test"; or None.

    Args:
        frame: columns id, split and perceptual_hash.
        bits: in which two hashes that are near differ at most.
    """
    import pandas as pd

    ids, splits = list(frame["id"]), list(frame["split"])
    ranks = np.array([RANKING.index(split) for split in splits], np.int64)
    found = nearest_ranked(np.array(list(frame["perceptual_hash"]), np.uint64), ranks, bits)
    named = [None if copy < 0 else f"{ids[copy]} in {splits[copy]}" for copy in found]
    return pd.Series(named, index=frame.index, dtype=object)


def nearest_ranked(hashes: Hashes, ranks: Integers, bits: int) -> Integers:
    """By hash, the first of the highest rank above its own within ``bits`` bits of it, as an index; -1 where none is.

    Hashes that differ in k bits agree in one of k + 1 bands of bits at least, so that only such as share a band are
    compared (multi-index hashing; Norouzi, Punjani and Fleet, 2012, CVPR).

    Args:
        hashes: (N,).
        ranks: (N,); 0 is the highest.
        bits: in which two hashes that are near differ at most.
    """
    count = len(hashes)
    order = ranks * count + np.arange(count)  # by rank, then as they came
    best = np.full(count, np.iinfo(np.int64).max)
    for band in _bands(hashes, bits + 1):
        for members in _alike(band):
            for rank in np.unique(ranks[members])[1:]:
                own, above = members[ranks[members] == rank], members[ranks[members] < rank]
                above = above[np.argsort(order[above])]
                for start in range(0, len(own), BLOCK):
                    block = own[start : start + BLOCK]
                    near = np.bitwise_count(hashes[block, None] ^ hashes[None, above]) <= bits
                    first = np.where(near.any(1), order[above[near.argmax(1)]], best[block])
                    best[block] = np.minimum(best[block], first)
    return np.where(best < np.iinfo(np.int64).max, best % max(1, count), -1)


def _bands(hashes: Hashes, count: int) -> Iterator[Hashes]:
    """The bits of the hashes, cut into bands of as nearly one width as can be."""
    edges = [BITS * index // count for index in range(count + 1)]
    for start, stop in pairwise(edges):
        yield (hashes >> np.uint64(start)) & np.uint64(2 ** (stop - start) - 1)


def _alike(values: Hashes) -> Iterator[Integers]:
    """The indices of each value that is there more than once."""
    order = np.argsort(values, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(values[order])) + 1):
        if len(members) > 1:
            yield members
