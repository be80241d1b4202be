"""The Frechet distance between two sets of features, each taken as normally distributed."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Frechet:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of the means and covariances, from one set to many others.

    Dowson and Landau, 1982; on features of Inception-v3 it is called FID (Heusel et al., 2017, arXiv:1706.08500), on
    others it is not.

    Args:
        features: the one set, (N, D).
    """

    def __init__(self, features: Floats) -> None:
        self._mean, self._covariance = _moments(features)
        values, vectors = np.linalg.eigh(self._covariance)
        self._root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T

    def __call__(self, features: Floats) -> float:
        """The distance to another set, (M, D)."""
        mean, covariance = _moments(features)
        product = self._root @ covariance @ self._root  # symmetric, with the eigenvalues of the product of both
        cross = np.sqrt(np.clip(np.linalg.eigvalsh(product), 0, None)).sum()
        difference = np.square(self._mean - mean).sum()
        return float(difference + np.trace(self._covariance) + np.trace(covariance) - 2 * cross)


def frechet_distance(one: Floats, other: Floats) -> float:
    """The `Frechet` distance of two sets of features, (N, D) and (M, D)."""
    return Frechet(one)(other)


def _moments(features: Floats) -> tuple[Floats, Floats]:
    return features.mean(0), np.atleast_2d(np.cov(features, rowvar=False))
