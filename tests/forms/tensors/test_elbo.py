"""Bounds of arrays' likelihood, against an integral over the latent vector that is computed on a grid."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from promptgan.forms.tensors.elbo import binarised, binarised_once, bounds, terms
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import Batch

X = torch.tensor([[1.0, 1, 1, -1], [-1, 1, -1, -1], [-1, -1, -1, -1]]).view(3, 1, 2, 2)
COUNT = 20000
EXAMPLE = Example(channels=1, height=2, width=2)


def of(x: Tensor) -> Batch:
    """Arrays without conditions."""
    return Batch(x, None)


class Generator(TensorGenerator):
    """Four pixels that depend much on one latent entry."""

    def __init__(self) -> None:
        super().__init__(1, EXAMPLE, 1)
        self.weight = nn.Parameter(torch.tensor([2.0, 1, -1, 3]))

    def logits(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return (z * self.weight - 0.5).view(-1, 1, 2, 2)


class Encoder(TensorEncoder):
    """A poor guess, so that the bound has a gap that importance weights can close."""

    def __init__(self) -> None:
        super().__init__(1, EXAMPLE, 1)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mean = 0.1 * x.flatten(1).sum(1, keepdim=True)
        return mean, torch.full_like(mean, -0.2)


@pytest.fixture
def players(one_thread: None) -> tuple[Encoder, Generator]:
    torch.manual_seed(1)
    return Encoder(), Generator()


def marginal(generator: Generator) -> Tensor:
    """Negative log-likelihood of each array: the integral over z by the trapezoidal rule."""
    grid = torch.linspace(-8, 8, 801)
    pixels = Bernoulli(logits=generator.logits(grid[:, None])).log_prob((X[:, None] + 1) / 2)  # by array, z, pixel
    joint = Normal(0.0, 1.0).log_prob(grid).double() + pixels.reshape(3, 801, 4).double().sum(2)
    return -(joint.logsumexp(1) + math.log(16 / 800)).detach()


def test_the_exact_likelihood_of_all_arrays_adds_up_to_one(players: tuple[Encoder, Generator]) -> None:
    """The reference itself: 16 arrays of four pixels are all that there are."""
    grid = torch.linspace(-8, 8, 801)
    every = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 4).view(16, 1, 1, 2, 2)
    pixels = Bernoulli(logits=players[1].logits(grid[:, None])).log_prob((every + 1) / 2).flatten(2).sum(2)
    assert ((Normal(0.0, 1.0).log_prob(grid) + pixels).exp().sum() * 16 / 800).item() == pytest.approx(1, abs=1e-4)


def test_the_negative_bound_is_the_cross_entropy_and_the_divergence_of_the_guess(
    players: tuple[Encoder, Generator],
) -> None:
    encoder, generator = players
    noise = torch.randn(3, 1)
    mean, log_variance = encoder(X)
    guess = Normal(mean, (log_variance / 2).exp())
    z = guess.mean + guess.stddev * noise
    pixels = -Bernoulli(logits=generator.logits(z)).log_prob((X + 1) / 2).flatten(1).sum(1)
    divergence = kl_divergence(guess, Normal(0.0, 1.0))
    found = terms(encoder, generator, of(X), noise)
    torch.testing.assert_close(found.reconstruction, pixels)
    torch.testing.assert_close(found.divergence, divergence)
    torch.testing.assert_close(found.total(0.3), pixels + 0.3 * divergence.sum(1))
    torch.testing.assert_close(terms(encoder, generator, of(X), noise).total(), pixels + divergence.sum(1))


def test_more_samples_bring_the_importance_weighted_bound_down_to_the_likelihood(
    players: tuple[Encoder, Generator],
) -> None:
    truth, means = marginal(players[1]), []
    for k in (1, 4, 16, 400):
        times = max(500, COUNT // k)
        drawn = bounds(*players, of(X.repeat(times, 1, 1, 1)), torch.randn(k, 3 * times, 1))
        means.append(drawn.importance_weighted.view(times, 3).mean(0))
    for looser, tighter in itertools.pairwise(means):
        assert (tighter < looser - 0.001).all()
    assert (torch.stack(means) > truth - 0.005).all()
    torch.testing.assert_close(means[-1], truth, atol=0.01, rtol=0)


def test_both_bounds_agree_in_expectation_where_one_vector_is_drawn(players: tuple[Encoder, Generator]) -> None:
    x = X[:1].expand(COUNT, 1, 2, 2)
    both = bounds(*players, of(x), torch.randn(1, COUNT, 1))
    assert both.importance_weighted.dtype == both.negative_elbo.dtype == torch.float64
    assert both.importance_weighted.mean() == pytest.approx(both.negative_elbo.mean().item(), abs=0.03)
    noise = torch.randn(2, 3, 1)
    by_one = torch.stack([terms(*players, of(X), each).total() for each in noise]).mean(0)
    torch.testing.assert_close(bounds(*players, of(X), noise).negative_elbo, by_one.double(), atol=1e-5, rtol=1e-5)


def test_thousands_of_nats_do_not_underflow(players: tuple[Encoder, Generator]) -> None:
    encoder, generator = players
    generator.logits = lambda z, condition: (z - 9).view(-1, 1, 1, 1).expand(-1, 1, 20, 20)  # type: ignore[method-assign]
    encoder.forward = lambda x, condition: (x.new_zeros(2, 1), x.new_zeros(2, 1))  # type: ignore[method-assign]
    found = bounds(encoder, generator, of(torch.ones(2, 1, 20, 20)), torch.zeros(3, 2, 1))
    torch.testing.assert_close(found.importance_weighted, torch.full((2,), 3600.0).double(), atol=0.1, rtol=0)


def test_binarised_pixels_are_bright_as_often_as_they_state() -> None:
    grey = torch.tensor([-1.0, -0.5, 0.0, 1.0]).repeat(COUNT, 1)
    drawn = binarised(grey, torch.rand_like(grey))
    assert set(drawn.unique().tolist()) == {-1.0, 1.0}
    torch.testing.assert_close((drawn.mean(0) + 1) / 2, torch.tensor([0.0, 0.25, 0.5, 1.0]), atol=0.02, rtol=0)


def test_what_is_binarised_once_is_the_same_each_time_whatever_the_batches() -> None:
    grey = torch.rand(11, 1, 3, 5) * 2 - 1
    one, other = (torch.cat([each.x for each in binarised_once(map(of, torch.split(grey, size)))]) for size in (3, 11))
    assert torch.equal(one, other)
    again = torch.cat([each.x for each in binarised_once([of(grey[:4])])])
    assert torch.equal(again, one[:4]) and not torch.equal(grey, one)


def test_a_grey_array_stands_for_the_mean_over_its_binarised_ones(players: tuple[Encoder, Generator]) -> None:
    """Given the latent vector: cross-entropy is linear in the pixel."""
    grey, noise = torch.rand(1, 1, 2, 2) * 2 - 1, torch.randn(1, 1)
    z = players[0](grey)[0] + (players[0](grey)[1] / 2).exp() * noise
    drawn = binarised(grey.expand(COUNT, 1, 2, 2), torch.rand(COUNT, 1, 2, 2))
    each = -Bernoulli(logits=players[1].logits(z)).log_prob((drawn + 1) / 2).flatten(1).sum(1)
    assert terms(*players, of(grey), noise).reconstruction.item() == pytest.approx(each.mean().item(), abs=0.03)
