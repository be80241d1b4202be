"""The codes of a plain autoencoder, which have no prior: what they may be is learnt from those of training data."""

from dataclasses import dataclass

import torch
from torch import Tensor

DETERMINISTIC = "encoder_deterministic"
"""The name of an encoder whose mean alone is the code, among the networks of a model folder."""


@dataclass(frozen=True)
class Codes:
    """The normal distribution fitted to codes by their moments.

    Ex-post density estimation with one component (Ghosh et al., 2020, arXiv:1903.12436, section 4).
    """

    mean: Tensor
    """(Z,), float32."""
    scale: Tensor
    """(Z, Z), float32: a square root of the covariance, lower triangular."""

    def at(self, noise: Tensor) -> Tensor:
        """Codes (N, Z), of standard normal vectors (N, Z)."""
        return self.mean + noise @ self.scale.T


def fitted(codes: Tensor) -> Codes:
    """The normal distribution of codes (N, Z)."""
    codes = codes.double()
    covariance = codes.T.cov()
    # A code that never varies leaves the covariance singular.
    covariance += 1e-6 * covariance.diagonal().mean().clamp_min(1e-6) * torch.eye(len(covariance))
    return Codes(codes.mean(0).float(), torch.linalg.cholesky(covariance).float())
