"""What networks of arrays are to training: a generator, a discriminator, an encoder."""

import torch
from torch import Tensor, nn


class TensorGenerator(nn.Module):
    """Makes arrays of latent vectors.

    Args:
        latent: Z, the size of a latent vector.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    def logits(self, z: Tensor) -> Tensor:
        """Logits (N, C, H, W) of pixels that are bright, from latent vectors (N, Z)."""
        raise NotImplementedError

    def forward(self, z: Tensor) -> Tensor:
        """Arrays (N, C, H, W) in [-1, 1], of latent vectors (N, Z): twice the brightness, less one."""
        return torch.tanh(self.logits(z) / 2)


class TensorDiscriminator(nn.Module):
    """Scores how real arrays are."""

    def features(self, x: Tensor) -> Tensor:
        """Activations (N, F) before the logit, which is linear in them, of arrays (N, C, H, W) in [-1, 1]."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N,) of arrays (N, C, H, W) in [-1, 1]."""
        raise NotImplementedError


class TensorEncoder(nn.Module):
    """Where in the latent space an array comes from, as a normal distribution.

    Args:
        latent: Z, the size of a latent vector.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each (N, Z), of arrays (N, C, H, W) in [-1, 1]."""
        raise NotImplementedError
