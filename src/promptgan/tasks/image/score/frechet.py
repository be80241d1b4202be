"""The Frechet distance between two sets of features, each taken as normally distributed."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def frechet_distance(one: Floats, other: Floats) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of the means and covariances of features (N, D) and (M, D).

    Dowson and Landau, 1982; on features of Inception-v3 it is called FID (Heusel et al., 2017, arXiv:1706.08500), on
    others it is not.
    """
    (m1, c1), (m2, c2) = ((x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))) for x in (one, other))
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T  # C1 C2 has the eigenvalues of the symmetric
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ c2 @ root), 0, None)).sum()
    return float(np.square(m1 - m2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross)
