"""Precision, recall, density and coverage: sets of features as balls that reach to their nearest neighbours."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHUNK = 512
"""Rows of distances that are held at a time."""


class ManifoldOf:
    """How one set of features and another lie within one another's balls, which reach to the k-th nearest neighbour.

    Precision and recall: Kynkaanniemi et al., 2019, arXiv:1904.06991, equations 1 and 2, the shares of generated
    examples in a real ball and of real ones in a generated ball. Density and coverage: Naeem et al., 2020,
    arXiv:2002.09797, equations 3 and 4, in how many of k real balls a generated example is, on average, and the share
    of real balls with a generated example in them; an example far off adds to neither.

    Args:
        real: the one set, (N, F).
        neighbours: k.
    """

    def __init__(self, real: Floats, neighbours: int) -> None:
        self._real, self._k = real, neighbours
        chunks = (real[start : start + CHUNK] for start in range(0, len(real), CHUNK))
        self._radii = np.concatenate([_radii(squared_distances(chunk, real), neighbours) for chunk in chunks])

    def __call__(self, generated: Floats, parts: Sequence[Integers] = ()) -> dict[str, Floats]:
        """The four of another set, (M, F): each of the whole, and then without each of the ``parts``; (1 + parts,).

        Args:
            generated: the other set.
            parts: indices of its examples.
        """
        kept = np.ones((1 + len(parts), len(generated)), bool)
        for row, part in enumerate(parts, start=1):
            kept[row, part] = False
        balls = np.zeros(len(generated))
        recalled, covered = (np.zeros((len(kept), len(self._real)), bool) for _ in range(2))
        for start in range(0, len(generated), CHUNK):
            rows = slice(start, start + CHUNK)
            within = squared_distances(generated[rows], generated)
            between = squared_distances(generated[rows], self._real)
            inside = between <= self._radii
            balls[rows] = inside.sum(1)
            for row, keep in enumerate(kept):
                reach = _radii(within[keep[rows]][:, keep], self._k)[:, None]
                recalled[row] |= (between[keep[rows]] <= reach).any(0)
                covered[row] |= inside[keep[rows]].any(0)
        return {
            "precision": np.array([(balls[keep] > 0).mean() for keep in kept]),
            "recall": recalled.mean(1),
            "density": np.array([balls[keep].mean() / self._k for keep in kept]),
            "coverage": covered.mean(1),
        }


def squared_distances(one: Floats, other: Floats) -> Floats:
    """Between every row of (N, F) and every one of (M, F), (N, M); never negative."""
    products = one @ other.T
    found = np.square(one).sum(1)[:, None] + np.square(other).sum(1)[None] - 2 * products
    clipped: Floats = np.maximum(found, 0)
    return clipped


def _radii(within: Floats, neighbours: int) -> Floats:
    """The squared distance (N,) of each to its k-th nearest other, from those to all of its set, (N, M)."""
    position = min(neighbours, within.shape[1] - 1)
    found: Floats = np.partition(within, position, axis=1)[:, position]  # the nearest is the example itself
    return found
