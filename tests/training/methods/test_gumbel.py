"""The adversarial method: every objective runs, guards hold and stop it, and who is too far ahead waits."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan.core.choices import choices, choose
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.networks import folder
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.tasks.text.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome
from promptgan.training.loop.run import run as train
from promptgan.training.methods.gumbel.method import build
from promptgan.training.methods.gumbel.parameters import Parameters
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import COMPUTE, adversarial_setting, setting

PLAYER = {"learning_rate": 0.01, "betas": [0.5, 0.98], "weight_decay": 0.0, "clip": 1.0, "steps": 1}
VALUES: dict[str, Any] = {
    "method": "gumbel",
    "objective": "non_saturating",
    "penalty": "none",
    "penalty_weight": 0.0,
    "steps": 12,
    "warmup": 3,
    "batch": 8,
    "players": {"generator": PLAYER, "discriminator": PLAYER},
    "waiting": {"generator_below": 0.0, "discriminator_above": 1.0},
    "gumbel_start": 1.0,
    "gumbel_end": 0.5,
    "likelihood_weight": 0.5,
    "ema": 0.5,
    "validate_every": 4,
    "validation_count": 16,
    "patience": 9,
    "checkpoint_every": 3,
    "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 1e9},
}


def generator_at(rate: float) -> dict[str, Any]:
    """The section `players` with another learning rate of the generator."""
    return {"generator": {"learning_rate": rate}}


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(Shape(**DISCRIMINATOR), EXAMPLE)


def run(
    tokens: Path,
    generator: nn.Module,
    discriminator: nn.Module,
    checkpoint: Checkpoint | None = None,
    **changes: Any,
) -> Outcome:
    """Train both in place, with other parameters."""
    values = merged(VALUES, changes)
    parameters = validate_section(Parameters, values, "train")
    start: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    here = setting(
        tokens,
        start,
        objective=choose("promptgan.objectives", parameters.objective, "train.objective"),
        penalty=choose("promptgan.penalties", parameters.penalty, "train.penalty"),
    )
    score = Score(here.val, EXAMPLE, start, parameters.validation_count, COMPUTE, 1)
    torch.manual_seed(1)
    with checkpoint or Checkpoint("stage", {}) as state:
        return train(*build(replace(here, score=score), parameters), state)


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The values with those of ``changes``, sections laid over sections."""
    return {
        key: merged(value, changes.get(key, {})) if isinstance(value, dict) else changes.get(key, value)
        for key, value in values.items()
    }


def weights(*networks: nn.Module) -> list[Tensor]:
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("objective", sorted(set(choices("promptgan.objectives")) - {"none"}))
@pytest.mark.parametrize("penalty", ["none", "gradient", "zero_centred"])
def test_every_objective_moves_both_players_with_every_penalty(
    objective: str, penalty: str, generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    before = weights(generator), weights(discriminator)
    changes = {"objective": objective, "penalty": penalty, "penalty_weight": 1.0, "likelihood_weight": 0.0}
    outcome = run(tokens, generator, discriminator, steps=2, validate_every=2, **changes)
    assert not same(before[0], weights(generator))
    assert not same(before[1], weights(discriminator))
    assert ("penalty" in outcome.history[-1]) == (penalty != "none")
    assert all(math.isfinite(number) for row in outcome.history for number in row.values())


def test_the_networks_of_relgan_learn_by_its_objective(one_thread: None, tokens: Path) -> None:
    relational = {"network": "relational", "embedding": 8, "slots": 2, "width": 8, "heads": 2, "dropout": 0.1}
    several = {"network": "multi_representation", "embedding": 8, "representations": 4, "width": 6, "kernels": [2, 3]}
    networks = (
        folder.build("tokens", "generator", relational, EXAMPLE),
        folder.build("tokens", "discriminator", several | {"dropout": 0.1}, EXAMPLE),
    )
    before = [weights(network) for network in networks]
    changes = {"objective": "relativistic", "gumbel_end": 0.01, "likelihood_weight": 0.0}
    outcome = run(tokens, *networks, steps=4, **changes)
    assert not any(same(old, weights(network)) for old, network in zip(before, networks, strict=True))
    assert all(math.isfinite(number) for row in outcome.history for number in row.values())


def test_the_first_row_is_the_twin_and_the_last_step_is_validated(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    outcome = run(tokens, generator, discriminator, steps=10)
    assert [row["step"] for row in outcome.history] == [0, 4, 8, 10]
    assert outcome.history[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    assert (outcome.steps, outcome.stopped) == (10, "limit")
    scores = {row["step"]: row["score"] for row in outcome.history[1:]}
    assert outcome.best == max(scores.values()) == scores[outcome.best_step]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"guards": {"kl_limit": 1e-9}}, "kl"),
        ({"guards": {"entropy_floor": 1.0}}, "entropy"),
        ({"guards": {"duplicates_limit": 0.1}, "players": generator_at(0.3), "likelihood_weight": 0.0}, "duplicates"),
        ({"patience": 1, "players": generator_at(1e-12), "likelihood_weight": 0.0}, "patience"),
    ],
)
def test_it_stops_early_and_says_why(
    changes: dict[str, Any],
    why: str,
    generator: Generator,
    discriminator: Discriminator,
    tokens: Path,
) -> None:
    outcome = run(tokens, generator, discriminator, **changes)
    assert outcome.stopped == why
    assert outcome.steps < VALUES["steps"]


def test_a_twin_that_repeats_itself_is_no_collapse(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    with torch.no_grad():
        generator.bias[7] = 50.0
    strict = {"entropy_floor": 0.5, "duplicates_limit": 0.1}
    outcome = run(tokens, generator, discriminator, guards=strict, players=generator_at(1e-6))
    assert outcome.history[0]["duplicates"] > 0.9
    assert outcome.stopped == "limit"


def test_the_generator_waits_for_a_discriminator_that_cannot_tell(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    before = weights(generator)
    run(tokens, generator, discriminator, waiting={"generator_below": 1.0}, likelihood_weight=0.0)
    assert same(before, weights(generator))


def test_the_discriminator_waits_for_a_generator_that_it_sees_through(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    before = weights(discriminator)
    run(tokens, generator, discriminator, waiting={"discriminator_above": 0.0}, warmup=0)
    assert same(before, weights(discriminator))


def test_a_waiting_discriminator_goes_on_judging_so_that_its_wait_can_end(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    outcome = run(tokens, generator, discriminator, waiting={"discriminator_above": 0.0}, warmup=0)
    assert all("accuracy" in row and row["discriminator_acts"] == 0.0 for row in outcome.history[1:])


def test_a_player_may_take_several_steps_in_a_unit_of_work(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    counted = {}

    class Counting(Checkpoint):
        def save(self, state: dict[str, Any]) -> None:
            for name in ("generator", "discriminator"):
                slots = state["parts"][f"{name}_optimizer"]["state"]
                counted[name] = max(int(slot["step"]) for slot in slots.values())

    players = {"discriminator": {"steps": 3}}
    run(tokens, generator, discriminator, Counting("stage", {}), warmup=0, steps=4, players=players)
    assert counted == {"generator": 3, "discriminator": 9}


def test_what_is_judged_and_learnt_from_is_of_the_generator_with_nothing_dropped_out(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    method, _ = build(*adversarial_setting(tokens, start, Parameters, VALUES | {"likelihood_weight": 0.0}))
    monkeypatch.setattr(method.player, "update", lambda: torch.tensor(0.0))
    found = []
    for dropout in (0.5, 0.0):
        generator.dropout = dropout
        generator.zero_grad()
        torch.manual_seed(3)
        noted, answers = method.learn(method.batches[0], method.batches[0], 0)
        gradients = [weight.grad.clone() for weight in generator.parameters() if weight.grad is not None]
        found.append([noted["generator_loss"], *answers, *gradients])
    assert generator.training
    assert len(found[0]) > 3 and same(*found)


def test_a_fresh_discriminator_begins_with_the_generators_table(generator: Generator, tokens: Path) -> None:
    chosen = {kind: choose(f"promptgan.{kind}", "none", "") for kind in ("objectives", "penalties")}
    here = setting(tokens, {"generator": generator}, objective=chosen["objectives"], penalty=chosen["penalties"])
    method, _ = build(here, validate_section(Parameters, VALUES, "train"))
    table = method.discriminator.embedding.weight
    assert torch.equal(table, generator.embedding.weight)
    with torch.no_grad():
        table.zero_()
    assert generator.embedding.weight.any()


def test_it_needs_a_generator_to_go_on_from(tokens: Path) -> None:
    with pytest.raises(ParameterError, match=r"train\.method: gumbel needs a generator"):
        build(setting(tokens, {}), validate_section(Parameters, VALUES, "train"))
