"""Standard errors by leaving out groups of images, for numbers that are computed for all groups at once."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def parts(count: int, groups: int, seed: int) -> list[Integers]:
    """The groups that `promptgan.terms.comparison.jackknife` leaves out in turn: indices, shuffled, each in one."""
    return np.array_split(np.random.default_rng(seed).permutation(count), min(groups, count))


def standard_error(without: Floats) -> float:
    """Of a number, from what it is without each of the groups (Shao and Wu, 1989); (groups,)."""
    return float(np.sqrt((len(without) - 1) / len(without) * np.square(without - without.mean()).sum()))
