"""A residual energy-based model: the energy learns, the generator does not, and what is validated is resampled."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tokens.pairs import in_order
from promptgan.forms.tokens.sampler import sampler
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome
from promptgan.training.loop.run import run as train
from promptgan.training.methods.residual.method import Residual, build
from promptgan.training.methods.residual.parameters import Parameters
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import adversarial_setting
from tests.training.methods import test_likelihood
from tests.training.methods.test_gumbel import PLAYER
from tests.training.methods.test_gumbel import VALUES as GUMBEL

SHARED = ("objective", "penalty", "penalty_weight", "steps", "batch", "ema")
LOOP = ("validate_every", "validation_count", "patience", "checkpoint_every")
VALUES: dict[str, Any] = {
    "method": "residual",
    **{key: GUMBEL[key] for key in (*SHARED, *LOOP)},
    "players": {"discriminator": PLAYER},
    "candidates": 4,
}


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(Shape(**DISCRIMINATOR), EXAMPLE)


def run(tokens: Path, start: dict[str, nn.Module], **changes: Any) -> tuple[Outcome, Residual]:
    torch.manual_seed(1)
    method, plan = build(*adversarial_setting(tokens, start, Parameters, VALUES | changes))
    with Checkpoint("stage", {}) as checkpoint:
        return train(method, plan, checkpoint), method


def at_start(generator: Generator, discriminator: Discriminator, tokens: Path) -> tuple[Residual, dict[str, nn.Module]]:
    """The method before its first step, and its networks, in evaluation mode."""
    start: dict[str, nn.Module] = {"generator": generator.eval(), "discriminator": discriminator.eval()}
    return Residual(*adversarial_setting(tokens, start, Parameters, VALUES)), start


def weights(network: nn.Module) -> list[Tensor]:
    return [tensor.clone() for tensor in network.state_dict().values()]


def test_the_energy_learns_and_the_generator_does_not(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    before = weights(generator), weights(discriminator)
    run(tokens, {"generator": generator, "discriminator": discriminator})
    assert all(map(torch.equal, before[0], weights(generator)))
    assert not all(map(torch.equal, before[1], weights(discriminator)))


def test_resampled_answers_are_nearer_to_real_ones_than_the_generators_own(generator: Generator, tokens: Path) -> None:
    """A generator that has learnt little babbles; what a trained energy chooses of it is nearer to real answers."""
    test_likelihood.run(tokens, generator, epochs=3)
    changes = {"steps": 60, "validate_every": 20, "candidates": 16, "validation_count": 100}
    outcome, _ = run(tokens, {"generator": generator}, **changes)
    first, last = outcome.history[0], outcome.history[-1]
    assert first["nce_loss"] > last["nce_loss"] and last["accuracy_val"] > 0.5
    assert outcome.best == min(row["nce_loss"] for row in outcome.history)
    assert last["ms_jaccard"] > 1.5 * first["ms_jaccard"], "an energy that has learnt nothing chooses at random"
    assert {row["twin_score"] for row in outcome.history} == {last["twin_score"]}


def test_what_is_validated_is_drawn_as_the_model_folder_says(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an energy that prefers short answers, the validated ones are as short as those that the sampler draws."""
    method, start = at_start(generator, discriminator, tokens)
    here = method.setting
    plain = here.score and here.score(start)["length"]
    monkeypatch.setattr(discriminator, "forward", lambda prompt, plen, embedded, lengths: -2.0 * lengths.float())
    draw = sampler(method.networks, method.drawing)
    (batch,) = in_order(here.val, 256, 16)
    texts = draw(batch.prompt, batch.prompt_lengths, draw.random_numbers(1, 16, EXAMPLE.max_tokens))
    validated = method.validate(start)["length"]
    assert validated == sum(len(text) + 1 for text in texts) / 16
    assert validated < plain - 1


def test_the_step_is_chosen_by_the_loss_of_validation_pairs_and_answers_that_were_drawn_once(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, start = at_start(generator, discriminator, tokens)
    read = [(pair[0].text, pair[1].text) for pair in method.held_out]
    monkeypatch.setattr(discriminator, "forward", lambda prompt, plen, embedded, lengths: 0.3 * lengths.float())
    real, drawn = (torch.cat([each[side].text_lengths for each in method.held_out]) * 0.3 for side in (0, 1))
    row = method.validate(start)
    assert row["nce_loss"] == pytest.approx((softplus(-real).mean() + softplus(drawn).mean()).item())
    assert row["accuracy_val"] == pytest.approx((real > drawn).float().mean().item())
    assert len(real) == min(len(method.setting.val), method.parameters.validation_count)
    assert all(map(torch.equal, read[0], (method.held_out[0][0].text, method.held_out[0][1].text)))
    again, _ = at_start(generator, discriminator, tokens)  # as after a kill
    assert all(
        torch.equal(one[1].text, other[1].text) for one, other in zip(method.held_out, again.held_out, strict=True)
    )


def test_the_logit_becomes_the_log_ratio_of_the_densities(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    """With a free logit for each of three answers, the optimum is log(real / drawn): wrong prompts would move it."""
    real, drawn = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.2, 0.2, 0.6])
    method, _ = at_start(generator, discriminator, tokens)
    here, discrimination = method.setting, method.discrimination
    free = nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.Adam([free], 0.05)
    discrimination.scores = lambda batch, embedded, lengths: free[lengths - 1]  # type: ignore[method-assign]
    discrimination.player.update = lambda: (optimizer.step(), optimizer.zero_grad(), torch.tensor(0.0))[-1]  # type: ignore
    batch = here.train.batch(torch.arange(10).numpy())
    lengths = [1 + torch.arange(3).repeat_interleave((10 * share).round().long()) for share in (real, drawn)]
    text = torch.full((10, 3), 5)
    pairs = batch.answered(text, lengths[0])
    for _ in range(400):
        discrimination.step(pairs, text, lengths[1])
    torch.testing.assert_close(free.detach(), (real / drawn).log(), atol=0.02, rtol=0)


def test_an_objective_that_is_not_logistic_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"train\.objective: found 'hinge'"):
        validate_section(Parameters, VALUES | {"objective": "hinge"}, "train")


def test_needs_a_generator_to_go_on_from(tokens: Path) -> None:
    with pytest.raises(ParameterError, match="residual needs a generator"):
        build(*adversarial_setting(tokens, {}, Parameters, VALUES))


def test_each_unit_of_work_takes_the_players_steps(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    start: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    players = {"discriminator": PLAYER | {"steps": 3}}
    _, method = run(tokens, start, steps=4, players=players)
    slots = method.state["discriminator_optimizer"].state_dict()["state"].values()
    assert {int(slot["step"]) for slot in slots} == {12}
