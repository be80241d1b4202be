"""MAUVE: how near the distribution of generated texts is to that of real ones, as the area under a frontier.

Pillutla et al., 2021, arXiv:2102.01454. The embeddings are given, and not those of GPT-2, so the numbers are not those
that are published under the name.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SCALE = 5.0
"""The constant c of the paper."""
MIXTURES = 25
"""Points of the frontier between its ends."""
EXPLAINED = 0.9
"""Share of the variance that the principal components keep."""
PER_CLUSTER = 10
"""Texts of a side for one cluster."""
RESTARTS, ITERATIONS = 5, 100
SIGNATURE = (
    f"k-means of the principal components ({EXPLAINED:.0%} of the variance) of both sets, best of {RESTARTS} starts,"
    f" one cluster for {PER_CLUSTER} texts, scale {SCALE:g}"
)


def clusters(one: Floats, other: Floats, seed: int) -> tuple[Integers, Integers]:
    """The cluster of each embedding of two sets, (N, D) and (M, D), clustered together; (N,) and (M,)."""
    points = np.concatenate([one, other])
    points = points - points.mean(0)
    _, spread, directions = np.linalg.svd(points, full_matrices=False)
    kept = int(np.searchsorted(np.cumsum(spread**2), EXPLAINED * np.square(spread).sum())) + 1
    count = max(2, round(min(len(one), len(other)) / PER_CLUSTER))
    found = kmeans(points @ directions[:kept].T, count, seed)
    return found[: len(one)], found[len(one) :]


def frontier_area(one: Integers, other: Integers) -> float:
    """The area under the divergence frontier of two sets of clusters, in (0, 1]: 1 where they are equally frequent."""
    size = int(max(one.max(), other.max())) + 1
    p, q = (np.bincount(side, minlength=size) / len(side) for side in (one, other))
    weight = np.linspace(1e-6, 1 - 1e-6, MIXTURES)[:, None]
    mixture = weight * p + (1 - weight) * q
    x, y = (np.exp(-SCALE * _divergence(side, mixture)) for side in (p, q))
    return float(np.trapezoid(np.r_[1.0, y, 0.0], np.r_[0.0, x, 1.0]))


def kmeans(points: Floats, count: int, seed: int) -> Integers:
    """The cluster of each point, (N, D) to (N,): Lloyd's algorithm from k-means++, the best of `RESTARTS` starts."""
    random = np.random.default_rng(seed)
    runs = [_lloyd(points, _spread_out(points, count, random)) for _ in range(RESTARTS)]
    return min(runs, key=lambda run: run[0])[1]


def _spread_out(points: Floats, count: int, random: np.random.Generator) -> Floats:
    """The first centres, each drawn by its squared distance to those before (Arthur and Vassilvitskii, 2007)."""
    chosen = [int(random.integers(len(points)))]
    distance = np.square(points - points[chosen[0]]).sum(1)
    while len(chosen) < count and distance.any():
        chosen.append(int(np.searchsorted(np.cumsum(distance), random.random() * distance.sum(), side="right")))
        distance = np.minimum(distance, np.square(points - points[chosen[-1]]).sum(1))
    return points[chosen]


def _lloyd(points: Floats, centres: Floats) -> tuple[float, Integers]:
    """The summed squared distance to the centres, and the nearest centre of each point, when neither moves."""
    lengths, before = np.square(points).sum(1), np.full(len(points), -1)
    for _ in range(ITERATIONS):
        distance = np.square(centres).sum(1) - 2 * points @ centres.T
        nearest = distance.argmin(1)
        if (nearest == before).all():
            break
        sizes = np.bincount(nearest, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points)
        centres, before = np.where(sizes[:, None], sums / np.maximum(1, sizes)[:, None], centres), nearest
    return float((lengths + distance.min(1)).sum()), nearest.astype(np.int64)


def _divergence(side: Floats, mixture: Floats) -> Floats:
    """KL divergence of a distribution, (K,), from mixtures that hold it, (M, K); (M,)."""
    held = side > 0
    found: Floats = (side[held] * np.log(side[held] / mixture[:, held])).sum(1)
    return found
