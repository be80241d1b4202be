"""Which examples of a split are read where not all are: some from all over it, since files are sorted by kind."""

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def evenly(count: int, length: int) -> Indices:
    """Evenly spaced places among ``length``, ascending: ``count``, or all where there are not more, (N,)."""
    n = min(count, length)
    return np.arange(n) * length // max(1, n)
