"""The Frechet distance from moments that are gathered part by part, and how far chance moves it."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-12
"""Eigenvalue, beside the largest, from which on a direction is one in which nothing varies."""


class Moments:
    """Count, mean (F,) and covariance of features that come in parts (Chan, Golub and LeVeque, 1983); float64."""

    def __init__(self) -> None:
        self.count, self.mean, self._scatter = 0, np.zeros(1), np.zeros((1, 1))

    def add(self, features: Floats) -> "Moments":
        """Take in features (N, F)."""
        count, mean = len(features), features.mean(0)
        centred, apart = features - mean, mean - self.mean
        self._scatter = (
            self._scatter + centred.T @ centred + np.outer(apart, apart) * (self.count * count / (self.count + count))
        )
        self.mean = self.mean + apart * (count / (self.count + count))
        self.count += count
        return self

    @property
    def covariance(self) -> Floats:
        """(F, F), over one less than the count."""
        covariance: Floats = self._scatter / (self.count - 1)
        return covariance


class FrechetTo:
    """The Frechet distance to one set of features, known by its moments, as `promptgan.terms.frechet` defines it.

    Args:
        real: the moments of that set.
    """

    def __init__(self, real: Moments) -> None:
        self._mean, self._covariance = real.mean, real.covariance
        values, vectors = np.linalg.eigh(self._covariance)
        self._root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T

    def __call__(self, features: Floats) -> tuple[float, float]:
        """The distance of another set, (N, F), and its standard error over the N.

        The error is the infinitesimal jackknife's (Jaeckel, 1972; Efron, 1982, chapter 6): the root of the sum of the
        squared influences of the examples. The distance d changes with the mean m and covariance C of the set by
        ``2 (m - m') dm + tr(G dC)``, where ``G = I - R (R C R)^(-1/2) R`` and R is the root of the other covariance.
        The reference is held fixed.
        """
        moments = Moments().add(features)
        apart, covariance = moments.mean - self._mean, moments.covariance
        values, vectors = np.linalg.eigh(self._root @ covariance @ self._root)
        values = np.clip(values, 0, None)
        distance = apart @ apart + np.trace(self._covariance) + np.trace(covariance) - 2 * np.sqrt(values).sum()
        inverse = np.where(values > SMALLEST * values[-1], values, np.inf) ** -0.5
        half = self._root @ (vectors * np.sqrt(inverse))
        centred = features - moments.mean
        quadratic = np.square(centred).sum(1) - np.square(centred @ half).sum(1)
        influence = 2 * centred @ apart + quadratic - quadratic.mean()
        return float(distance), float(np.sqrt(np.square(influence).sum() / (len(features) * (len(features) - 1))))
