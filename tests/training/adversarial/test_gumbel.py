"""The adversarial loop: every objective runs, guards hold and stop it, and it resumes to the same bytes."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan import base
from promptgan.networks.tokens.convolutional import network as discriminators
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.methods.gumbel.method import Guards, Parameters, fit
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome
from promptgan.forms.tokens.pairs import Pairs
from tests.training.conftest import COMPUTE

OBJECTIVES = "promptgan.objectives.adversarial"
OPEN = {"accuracy_low": 0.0, "accuracy_high": 1.0, "entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 1e9}
PARAMETERS = Parameters(
    method="gumbel",
    objective="non_saturating",
    penalty="none",
    penalty_weight=0.0,
    steps=12,
    warmup=3,
    batch=8,
    learning_rate=0.01,
    discriminator_learning_rate=0.01,
    gumbel_start=1.0,
    gumbel_end=0.5,
    likelihood_weight=0.5,
    ema=0.5,
    validate_every=4,
    validation_prompts=16,
    patience=9,
    checkpoint_every=3,
    guards=Guards(**OPEN),
)


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(discriminators.Parameters(width=6, kernel=3, dropout=0.1), torch.randn(64, 6))


def run(
    generator: Generator,
    discriminator: Discriminator,
    train: Pairs,
    val: Pairs,
    checkpoint: Checkpoint | None = None,
    guards: dict[str, float] | None = None,
    **changes: Any,
) -> Outcome:
    parameters = PARAMETERS.model_copy(update={**changes, "guards": Guards(**OPEN | (guards or {}))})
    objective = base.choose(OBJECTIVES, parameters.objective, "train.objective")
    torch.manual_seed(1)
    with checkpoint or Checkpoint("stage", {}) as state:
        return fit(generator, discriminator, train, val, parameters, objective, 10, COMPUTE, 1, state)[0]


def weights(*networks: nn.Module) -> list[Tensor]:
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("objective", base.choices(OBJECTIVES))
@pytest.mark.parametrize("penalty", ["none", "gradient", "zero_centred"])
def test_every_objective_moves_both_players_with_every_penalty(
    objective: str, penalty: str, generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    before = weights(generator), weights(discriminator)
    changes = {"objective": objective, "penalty": penalty, "penalty_weight": 1.0, "likelihood_weight": 0.0}
    outcome = run(generator, discriminator, train, val, steps=2, validate_every=2, **changes)
    assert not same(before[0], weights(generator))
    assert not same(before[1], weights(discriminator))
    assert ("penalty" in outcome.history[-1]) == (penalty != "none")
    assert all(math.isfinite(number) for row in outcome.history for number in row.values())


def test_the_first_row_is_the_twin_and_the_last_step_is_validated(
    generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    outcome = run(generator, discriminator, train, val, steps=10)
    assert [row["step"] for row in outcome.history] == [0, 4, 8, 10]
    assert outcome.history[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    assert (outcome.steps, outcome.stopped) == (10, "limit")
    scores = {row["step"]: row["score"] for row in outcome.history[1:]}
    assert outcome.best == max(scores.values()) == scores[outcome.best_step]


@pytest.mark.parametrize(
    ("guards", "changes", "why"),
    [
        ({"kl_limit": 1e-9}, {}, "kl"),
        ({"entropy_floor": 1.0}, {}, "entropy"),
        ({"duplicates_limit": 0.5}, {"learning_rate": 1.0, "likelihood_weight": 0.0}, "duplicates"),
        ({}, {"patience": 1, "learning_rate": 1e-12, "likelihood_weight": 0.0}, "patience"),
    ],
)
def test_it_stops_early_and_says_why(
    guards: dict[str, float],
    changes: dict[str, Any],
    why: str,
    generator: Generator,
    discriminator: Discriminator,
    train: Pairs,
    val: Pairs,
) -> None:
    outcome = run(generator, discriminator, train, val, guards=guards, **changes)
    assert outcome.stopped == why
    assert outcome.steps < PARAMETERS.steps


def test_a_twin_that_repeats_itself_is_no_collapse(
    generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    with torch.no_grad():
        generator.bias[7] = 50.0
    strict = {"entropy_floor": 0.5, "duplicates_limit": 0.1}
    outcome = run(generator, discriminator, train, val, guards=strict, learning_rate=1e-6)
    assert outcome.history[0]["duplicates"] > 0.9
    assert outcome.stopped == "limit"


def test_the_generator_waits_for_a_discriminator_that_cannot_tell(
    generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    before = weights(generator)
    run(generator, discriminator, train, val, guards={"accuracy_low": 1.0}, likelihood_weight=0.0)
    assert same(before, weights(generator))


def test_the_discriminator_waits_for_a_generator_that_it_sees_through(
    generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    before = weights(discriminator)
    run(generator, discriminator, train, val, guards={"accuracy_high": 0.0}, warmup=0)
    assert same(before, weights(discriminator))


def test_a_waiting_discriminator_goes_on_judging_so_that_its_wait_can_end(
    generator: Generator, discriminator: Discriminator, train: Pairs, val: Pairs
) -> None:
    outcome = run(generator, discriminator, train, val, guards={"accuracy_high": 0.0}, warmup=0)
    assert all("accuracy" in row and row["discriminator_acts"] == 0.0 for row in outcome.history[1:])
