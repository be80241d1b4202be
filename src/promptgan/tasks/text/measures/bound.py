"""What stands in for the likelihood of a model with latent vectors: bounds, and how much the vectors hold."""

import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import latent_vectors
from promptgan.forms.tokens.elbo import active_units, importance_weighted_nll, negative_elbo
from promptgan.forms.tokens.latent import LatentGenerator, TextEncoder
from promptgan.forms.tokens.pairs import Pairs, in_order

SAMPLES = 16
"""Latent vectors of a text in the importance-weighted estimate."""
NAMES = ("nll_importance", "latent_kl", "active_units")
SIGNATURE = (
    "nll, nll_character of a model with latent vectors: upper bounds, from the evidence lower bound with one vector a"
    f" text; nll_importance: importance-weighted with {SAMPLES} vectors a text, on average an upper bound too;"
    " latent_kl: nats per text, of the posterior from the prior; active_units: entries of the vector whose posterior"
    " mean has a variance above 0.01"
)
BATCH = 128


def bounds(
    encoder: TextEncoder,
    generator: LatentGenerator,
    pairs: Pairs,
    temperatures: tuple[float, ...],
    seed: int,
    device: torch.device,
) -> tuple[Tensor, int, dict[str, float]]:
    """The negative evidence bound of all texts at each temperature, the tokens, and the numbers `NAMES`.

    Args:
        encoder, generator: in evaluation mode.
        pairs: prompts and texts.
        temperatures: of the softmax over tokens; the numbers `NAMES` are at 1.
        seed: of the latent vectors.
        device: where the two are.

    Returns:
        Summed nats (temperatures,) float64; tokens, ends counted; numbers by name.
    """
    noise = latent_vectors(seed, SAMPLES * len(pairs), generator.latent).view(len(pairs), SAMPLES, -1)
    totals, tokens, importance, divergence = torch.zeros(len(temperatures), dtype=torch.float64), 0, 0.0, 0.0
    means: list[Tensor] = []
    for batch in in_order(pairs, BATCH):
        batch, own = batch.to(device), noise[: len(batch)].to(device).transpose(0, 1)
        noise = noise[len(batch) :]
        bound = negative_elbo(encoder, generator, batch, own[0], temperatures)
        totals, tokens = totals + bound.nats, tokens + bound.tokens
        importance += importance_weighted_nll(encoder, generator, batch, own).sum().item()
        divergence += bound.posterior.divergence().sum().item()
        means.append(bound.posterior.mean)
    numbers = (importance / tokens, divergence / len(pairs), float(active_units(torch.cat(means))))
    return totals, tokens, dict(zip(NAMES, numbers, strict=True))
