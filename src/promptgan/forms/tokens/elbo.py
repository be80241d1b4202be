"""How likely texts are under a generator with latent vectors: bounds, since the integral over them has no closed form.

The evidence lower bound is that of Kingma and Welling, 2014, arXiv:1312.6114, for texts as Bowman et al., 2016,
arXiv:1511.06349, have it; the importance-weighted one and active units are of Burda et al., 2016, arXiv:1509.00519.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.latent import LatentGenerator, Normal, TextEncoder
from promptgan.forms.tokens.likelihood import nll, nll_by_text

ACTIVE = 0.01
"""Variance of the posterior's mean over texts above which an entry of the latent vector is used (Burda et al.)."""


class Bound(NamedTuple):
    """What the encoder makes of N texts, and the bound that follows."""

    posterior: Normal
    nats: Tensor
    """Negative evidence lower bound, summed, at each temperature, (temperatures,) float64: no less than the NLL."""
    tokens: int


def encoded(encoder: TextEncoder, batch: Batch) -> Normal:
    """The posterior distribution of each pair's latent vector, in float32 or better."""
    mean, log_variance = encoder(batch.prompt, batch.prompt_lengths, batch.text, batch.text_lengths)
    wide = torch.promote_types(mean.dtype, torch.float32)
    return Normal(mean.to(wide), log_variance.to(wide))


@torch.no_grad()
def negative_elbo(
    encoder: TextEncoder,
    generator: LatentGenerator,
    batch: Batch,
    noise: Tensor,
    temperatures: tuple[float, ...] = (1.0,),
) -> Bound:
    """The bound's negative for the texts, with one latent vector each.

    A temperature tempers the softmax over tokens, and so gives another generator, with the same prior.

    Args:
        encoder, generator: of one latent size Z.
        batch: N pairs.
        noise: standard normal vectors (N, Z), which choose the latent ones.
        temperatures: of the softmax.
    """
    posterior = encoded(encoder, batch)
    totals, tokens = nll(generator, batch, temperatures, posterior.at(noise))
    return Bound(posterior, totals + posterior.divergence().sum().double().cpu(), tokens)


@torch.no_grad()
def importance_weighted_nll(encoder: TextEncoder, generator: LatentGenerator, batch: Batch, noise: Tensor) -> Tensor:
    """NLL of each text in nats, (N,) float64, estimated by weighing k latent vectors; its mean is no less than the NLL.

    Equation 8 of Burda et al.; with k = 1 it is the evidence bound, with more it comes nearer to the NLL.

    Args:
        encoder, generator: of one latent size Z.
        batch: N pairs.
        noise: standard normal vectors (k, N, Z).
    """
    posterior = encoded(encoder, batch)
    prior = Normal(torch.zeros_like(posterior.mean), torch.zeros_like(posterior.mean))
    weights = []
    for each in noise:
        z = posterior.at(each)
        ratio = (prior.log_density(z) - posterior.log_density(z)).double().cpu()
        weights.append(ratio - nll_by_text(generator, batch, z))
    return math.log(len(noise)) - torch.stack(weights).logsumexp(0)


def active_units(means: Tensor) -> int:
    """How many entries of the latent vector are used, by the posterior means (N, Z) of N texts."""
    return int((means.var(0, correction=0) > ACTIVE).sum())
