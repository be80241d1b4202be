"""Precision and recall by manifolds of nearest neighbours, and copies, all from distances between features."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CHUNK = 512


def squared_distances(one: Floats, other: Floats) -> Floats:
    """Between every row of (N, D) and every one of (M, D), (N, M); never negative."""
    products = one @ other.T
    found = np.square(one).sum(1)[:, None] + np.square(other).sum(1)[None] - 2 * products
    clipped: Floats = np.maximum(found, 0)
    return clipped


def radii(within: Floats, neighbours: int) -> Floats:
    """Squared distance (N,) of each to its ``neighbours``-th nearest other, from squared distances (N, N)."""
    position = min(neighbours, len(within) - 1)
    found: Floats = np.partition(within, position, axis=1)[:, position]  # the nearest is the image itself
    return found


def precision_and_recall(real: Floats, generated: Floats, between: Floats, neighbours: int) -> tuple[float, float]:
    """How far generated examples lie on the manifold of real ones, and the other way round.

    Kynkaanniemi et al., 2019, arXiv:1904.06991, equations 1 and 2: an example lies on a manifold where it is within the
    radius of at least one of its examples, that is, the distance of that one to its k-th nearest neighbour.

    Args:
        real: squared distances (N, N) among real examples.
        generated: the same (M, M) among generated ones.
        between: from generated to real ones, (M, N).
        neighbours: k.
    """
    precision = (between <= radii(real, neighbours)[None]).any(1).mean()
    recall = (between <= radii(generated, neighbours)[:, None]).any(0).mean()
    return float(precision), float(recall)


def nearest(asked: Floats, known: Floats) -> Floats:
    """Squared distance (N,) of each row of (N, D) to the nearest of (M, D)."""
    parts = [squared_distances(asked, known[start : start + CHUNK]).min(1) for start in range(0, len(known), CHUNK)]
    found: Floats = np.min(parts, axis=0)
    return found
