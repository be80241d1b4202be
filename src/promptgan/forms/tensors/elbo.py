"""How likely arrays are under a generator: bounds, since the integral over latent vectors has no closed form.

The evidence lower bound is that of Kingma and Welling, 2014, arXiv:1312.6114; the importance-weighted one is of Burda,
Grosse and Salakhutdinov, 2016, arXiv:1509.00519. Each pixel is dark or bright, a Bernoulli likelihood. A grey one is
read as the probability of being bright, and what is said of a grey array is the mean over the binarised ones that it
stands for, with the encoder's guess from the grey one.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import Batch

BINARISATION = 20080301
"""Seed of `binarised_once`; no parameter, so that bounds of different runs are of the same arrays."""


class Terms(NamedTuple):
    """Of N arrays, in nats, the two terms of the evidence lower bound's negative."""

    reconstruction: Tensor
    """Negative log-likelihood of the pixels, given a latent vector, (N,)."""
    divergence: Tensor
    """Kullback-Leibler divergence of the encoder's distribution from the standard normal one, by entry, (N, Z)."""

    def total(self, divergence_weight: float = 1.0) -> Tensor:
        """Their sum, (N,): with a weight of 1 an upper bound of the negative log-likelihood."""
        total: Tensor = self.reconstruction + divergence_weight * self.divergence.sum(1)
        return total


class Bounds(NamedTuple):
    """Of N arrays, in nats, (N,) float64 each: upper bounds of the negative log-likelihood, in expectation."""

    negative_elbo: Tensor
    importance_weighted: Tensor
    """The tighter, the more latent vectors are drawn."""


def guessed(encoder: TensorEncoder, batch: Batch, dtype: torch.dtype = torch.float32) -> Normal:
    """The latent vectors, by entry, (N, Z), that N arrays may come from."""
    mean, log_variance = (each.to(dtype) for each in encoder(*batch))
    # What is not finite is told by the loss, for which the loop has a remedy.
    return Normal(mean, (log_variance / 2).exp(), validate_args=False)


def prior(guess: Normal) -> Normal:
    """The standard normal distribution beside a guess of latent vectors."""
    return Normal(torch.zeros_like(guess.mean), torch.ones_like(guess.mean))


def reconstruction(generator: TensorGenerator, z: Tensor, batch: Batch, dtype: torch.dtype = torch.float32) -> Tensor:
    """Negative log-likelihood of N arrays, given latent vectors (N, Z), in nats, (N,)."""
    logits = generator.logits(z, batch.condition).float()
    pixels = binary_cross_entropy_with_logits(logits, (batch.x + 1) / 2, reduction="none")
    return pixels.flatten(1).sum(1, dtype=dtype)


def terms(encoder: TensorEncoder, generator: TensorGenerator, batch: Batch, noise: Tensor) -> Terms:
    """The terms of the bound, the divergence in closed form (Kingma and Welling, appendix B).

    Args:
        encoder, generator: of one latent size Z.
        batch: N arrays, and their conditions where they have such.
        noise: standard normal vectors (N, Z), which choose the latent vectors.
    """
    guess = guessed(encoder, batch)
    pixels = reconstruction(generator, guess.mean + guess.stddev * noise, batch)
    return Terms(pixels, kl_divergence(guess, prior(guess)))


@torch.no_grad()
def bounds(encoder: TensorEncoder, generator: TensorGenerator, batch: Batch, noise: Tensor) -> Bounds:
    """Both bounds by the same k latent vectors for each array; memory does not grow with k.

    The importance-weighted one is equation 8 of Burda et al.; with k = 1 its expectation is the evidence bound.

    Args:
        encoder, generator: of one latent size Z.
        batch: N arrays, and their conditions where they have such.
        noise: standard normal vectors (k, N, Z).
    """
    guess = guessed(encoder, batch, torch.float64)
    standard = prior(guess)
    pixels, weights = [], []
    for each in noise:
        z = guess.mean + guess.stddev * each
        pixels.append(reconstruction(generator, z.to(noise.dtype), batch, torch.float64))
        ratio = standard.log_prob(z) - guess.log_prob(z)  # type: ignore[no-untyped-call]
        weights.append(ratio.sum(1) - pixels[-1])
    elbo = torch.stack(pixels).mean(0) + kl_divergence(guess, standard).sum(1)
    return Bounds(elbo, math.log(len(noise)) - torch.stack(weights).logsumexp(0))


def binarised(x: Tensor, uniform: Tensor) -> Tensor:
    """Arrays in [-1, 1] with every pixel -1 or 1: 1 with the probability that it states.

    Args:
        x: of any shape.
        uniform: numbers in [0, 1) of that shape, which choose.
    """
    return torch.where(uniform < (x + 1) / 2, 1.0, -1.0)


def binarised_once(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Batches of arrays on the CPU, each pixel drawn once and for all (Salakhutdinov and Murray, 2008).

    What becomes of an array depends on how many are before it, and on nothing else.
    """
    random = np.random.Generator(np.random.Philox(BINARISATION))
    for batch in batches:
        yield batch._replace(x=binarised(batch.x, torch.from_numpy(random.random(batch.x.shape))))
