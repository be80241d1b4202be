"""Bounds of texts' likelihood, against an integral over the latent vector that is computed on a grid."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal as TorchNormal
from torch.distributions import kl_divergence

from promptgan.forms.tokens.elbo import active_units, encoded, importance_weighted_nll, negative_elbo
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.latent import Normal
from promptgan.forms.tokens.likelihood import nll_by_text
from promptgan.networks.tokens.latent.network import Encoder, Generator
from promptgan.networks.tokens.latent.parameters import Parameters

BATCH = Batch(
    torch.tensor([[5, 6, 7], [8, 0, 0]]), torch.tensor([3, 1]), torch.tensor([[9, 10, 3], [11, 3, 0]]),
    torch.tensor([3, 2]),
)  # fmt: skip
COUNT = 20000


@pytest.fixture
def players(one_thread: None) -> tuple[Encoder, Generator]:
    """With a single latent entry, on which the texts depend much."""
    parameters = Parameters(network="latent", latent=1, embedding=4, width=5, dropout=0.0, word_dropout=0.0)
    encoder, generator = (kind(parameters, Example(12, 6)).double().eval() for kind in (Encoder, Generator))
    with torch.no_grad():
        generator.mix.weight[:, -1] *= 4
        generator.embedding.weight *= 2
    return encoder, generator


def marginal(generator: Generator) -> Tensor:
    """NLL of each text: the integral over z by the trapezoidal rule."""
    grid = torch.linspace(-8, 8, 801, dtype=torch.float64)
    joint = [TorchNormal(0.0, 1.0).log_prob(z) - nll_by_text(generator, BATCH, z.expand(2, 1)) for z in grid]
    return -(torch.stack(joint).logsumexp(0) + math.log(16 / 800))


def test_the_negative_bound_is_the_nll_and_the_divergence_of_the_posterior(players: Any) -> None:
    encoder, generator = players
    noise = torch.randn(COUNT, 2, 1, dtype=torch.float64)
    bounds = torch.tensor([negative_elbo(encoder, generator, BATCH, each).nats.item() for each in noise[:400]])
    posterior = encoded(encoder, BATCH)
    exact = nll_by_text(generator, BATCH, posterior.at(noise[0])).sum()
    torch_posterior = TorchNormal(posterior.mean, (posterior.log_variance / 2).exp())
    divergence = kl_divergence(torch_posterior, TorchNormal(0.0, 1.0)).sum()
    assert bounds[0] == pytest.approx((exact + divergence).item(), rel=1e-6)
    assert bounds.mean() > marginal(generator).sum() + 0.01
    assert negative_elbo(encoder, generator, BATCH, noise[0]).tokens == 5


def test_more_samples_bring_the_importance_weighted_estimate_down_to_the_nll(players: Any) -> None:
    encoder, generator = players
    truth = marginal(generator)
    noise = torch.randn(400, 50, 2, 1, dtype=torch.float64)
    one = torch.stack([importance_weighted_nll(encoder, generator, BATCH, each[:1]) for each in noise]).mean(0)
    fifty = torch.stack([importance_weighted_nll(encoder, generator, BATCH, each) for each in noise[:20]]).mean(0)
    assert (one > truth + 0.005).all()
    assert (fifty - truth).abs().max() < (one - truth).min() / 3


def test_a_temperature_tempers_the_tokens_alone(players: Any) -> None:
    encoder, generator = players
    noise = torch.randn(2, 1, dtype=torch.float64)
    warm = negative_elbo(encoder, generator, BATCH, noise, (1.0, 1e6))
    divergence = warm.posterior.divergence().sum().item()
    assert warm.nats[0].item() == negative_elbo(encoder, generator, BATCH, noise).nats.item()
    assert warm.nats[1].item() == pytest.approx(5 * math.log(12) + divergence, rel=1e-4)


def test_active_units_are_those_whose_mean_moves() -> None:
    means = torch.tensor([[0.0, 5.0, 1.0], [0.0, 5.15, 1.3], [0.0, 5.0, 0.7], [0.0, 5.15, 1.0]])
    assert active_units(means) == 1  # variances 0, 0.0056 and 0.045


def test_a_density_is_that_of_torch_but_for_the_constant() -> None:
    ours = Normal(torch.tensor([[0.3, -1.0]]), torch.tensor([[0.4, -0.9]]))
    z = torch.tensor([[1.0, 0.2]])
    theirs = TorchNormal(ours.mean, (ours.log_variance / 2).exp()).log_prob(z).sum(-1)
    torch.testing.assert_close(ours.log_density(z), theirs + math.log(2 * math.pi))
