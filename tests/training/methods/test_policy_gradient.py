"""Policy gradient: roll-outs complete what they begin with, and each sentence is paid for itself."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import decoding, likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome
from promptgan.training.loop.run import run as train
from promptgan.training.methods.policy_gradient.method import PolicyGradient, build
from promptgan.training.methods.policy_gradient.parameters import Parameters
from promptgan.training.methods.policy_gradient.roll_outs import roll_outs
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import adversarial_setting, setting
from tests.training.methods.test_cooperative import LOOP, SHARED
from tests.training.methods.test_gumbel import VALUES as GUMBEL

VALUES: dict[str, Any] = {
    "method": "policy_gradient",
    **{key: GUMBEL[key] for key in (*SHARED, *LOOP)},
    "roll_outs": 2,
    "baseline_learning_rate": 0.01,
}
LIMIT = EXAMPLE.max_tokens + 1


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(Shape(**DISCRIMINATOR), EXAMPLE)


def built(tokens: Path, start: dict[str, nn.Module], **changes: Any) -> tuple[Setting, Parameters]:
    """What a method is made from, with other parameters."""
    return adversarial_setting(tokens, start, Parameters, VALUES | changes)


def run(tokens: Path, start: dict[str, nn.Module], checkpoint: Checkpoint | None = None, **changes: Any) -> Outcome:
    """Train in place."""
    torch.manual_seed(1)
    with checkpoint or Checkpoint("stage", {}) as state:
        return train(*build(*built(tokens, start, **changes)), state)


@pytest.fixture
def batch(tokens: Path) -> Batch:
    return setting(tokens, {}).train.batch(torch.arange(5).numpy())


def test_every_beginning_is_completed_as_often_as_asked(generator: Generator, batch: Batch) -> None:
    drawn = roll_outs(generator.eval(), *vars(batch).values(), 3, LIMIT)
    expected = [(i, t) for i, n in enumerate(batch.text_lengths.tolist()) for t in range(n - 1)] * 3
    assert sorted(zip(drawn.text.tolist(), drawn.last.tolist(), strict=True)) == sorted(expected)
    for of, last, row, length in zip(*(part.tolist() for part in drawn), strict=True):
        assert row[: last + 1] == batch.text[of, : last + 1].tolist()
        assert row[length - 1] == EXAMPLE.eos not in row[last + 1 : length - 1]
        assert not set(EXAMPLE.undrawn) & set(row[:length])
        assert row[length:] == [0] * (LIMIT - length)


@torch.no_grad()
def test_a_completion_goes_on_from_its_own_beginning(
    generator: Generator, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the likeliest token is drawn, a completion is what the generator says after that very beginning."""
    monkeypatch.setattr(
        "promptgan.training.methods.policy_gradient.roll_outs.next_tokens",
        lambda network, features, uniforms: decoding.next_tokens(network, features, uniforms, temperature=0.0),
    )
    generator.eval()
    drawn = roll_outs(generator, *vars(batch).values(), 1, LIMIT)
    for of, last, row, length in zip(*(part.tolist() for part in drawn), strict=True):
        said = row[: last + 1]
        while len(said) < LIMIT and (len(said) == last + 1 or said[-1] != EXAMPLE.eos):
            inputs = torch.tensor([[EXAMPLE.bos, *said]])
            logits = generator.logits(
                generator(batch.prompt[of : of + 1], batch.prompt_lengths[of : of + 1], inputs)[:, -1]
            )[0]
            logits[EXAMPLE.undrawn] = -torch.inf
            said.append(int(logits.argmax()) if len(said) < LIMIT - 1 else EXAMPLE.eos)
        assert row[:length] == said


def test_who_is_paid_is_the_sentence_that_earned_it(
    generator: Generator, discriminator: Discriminator, tokens: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A judge that likes the answers to one prompt alone: its tokens are rewarded, and no other's."""
    here, parameters = built(tokens, {"generator": generator, "discriminator": discriminator}, likelihood_weight=0.0)
    method, favourite = PolicyGradient(here, parameters), 2

    def scores(judged: Batch) -> Tensor:
        mine = (judged.prompt == batch.prompt[favourite]).all(1) & (
            judged.prompt_lengths == batch.prompt_lengths[favourite]
        )
        return torch.where(mine, torch.inf, -torch.inf)

    monkeypatch.setattr(method, "scores", scores)
    rewards = method.rewards(batch)
    expected = torch.zeros_like(rewards)
    expected[favourite, : batch.text_lengths[favourite]] = 1.0
    torch.testing.assert_close(rewards, expected)

    monkeypatch.setattr(method.player, "update", lambda: torch.tensor(0.0))
    monkeypatch.setattr(method, "answers", lambda prompts: (prompts.text, prompts.text_lengths))
    method.learn(batch, batch, 0)
    found = [parameter.grad.clone() for parameter in generator.parameters() if parameter.grad is not None]
    generator.eval()
    generator.zero_grad()
    one = Batch(*(part[favourite : favourite + 1] for part in vars(batch).values()))
    share = float(batch.text_lengths[favourite] / batch.text_lengths.sum())
    likelihood.backward(generator, one, share, undrawn=EXAMPLE.undrawn)
    for ours, parameter in zip(found, generator.parameters(), strict=True):
        torch.testing.assert_close(ours, parameter.grad, atol=1e-6, rtol=1e-4)


def test_both_players_learn_and_the_folder_holds_no_other(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    players: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    before = [[tensor.clone() for tensor in network.state_dict().values()] for network in players.values()]
    outcome = run(tokens, players)
    for old, network in zip(before, players.values(), strict=True):
        assert not all(map(torch.equal, old, network.state_dict().values()))
    assert 0 < outcome.history[-1]["reward"] < 1
    assert set(outcome.networks) == {"generator", "discriminator"}


def test_the_baseline_learns_to_foretell_a_reward(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, parameters = built(tokens, {"generator": generator, "discriminator": discriminator})
    method = PolicyGradient(here, parameters)
    monkeypatch.setattr(method, "scores", lambda judged: torch.full((len(judged),), 0.7).logit())
    losses = [method.step(k)["baseline_loss"].item() for k in range(80)]  # type: ignore[union-attr]
    assert losses[0] == pytest.approx(0.49)
    assert losses[-1] < 0.05


def test_the_generator_moves_towards_what_is_rewarded(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def length_after(sign: float) -> float:
        own = copy.deepcopy(generator)
        start: dict[str, nn.Module] = {"generator": own, "discriminator": discriminator}
        here, parameters = built(tokens, start, likelihood_weight=0.0, warmup=0)
        method = PolicyGradient(here, parameters)
        monkeypatch.setattr(method, "scores", lambda judged: sign * (judged.text_lengths - 5.0))
        monkeypatch.setattr(method.discrimination, "step", lambda *_: {})
        torch.manual_seed(1)
        for k in range(40):
            method.step(k)
        assert here.score
        return here.score({"generator": own})["length"]

    assert length_after(-1.0) < length_after(1.0) - 1


def test_needs_a_generator_to_go_on_from(tokens: Path) -> None:
    with pytest.raises(ParameterError, match="policy_gradient needs a generator"):
        build(*built(tokens, {}))
