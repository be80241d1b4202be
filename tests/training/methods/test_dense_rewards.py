"""Dense rewards: every token earns its own, returns are discounted, and a fresh generator learns what is liked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.networks.tokens.recurrent.network import Discriminator, Generator
from promptgan.networks.tokens.recurrent.parameters import Parameters as Shape
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import run as train
from promptgan.training.methods.dense_rewards.method import DenseRewards, build, returns
from promptgan.training.methods.dense_rewards.parameters import Parameters
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR
from tests.training.conftest import adversarial_setting
from tests.training.methods.test_cooperative import LOOP, SHARED
from tests.training.methods.test_gumbel import VALUES as GUMBEL

VALUES: dict[str, Any] = {
    "method": "dense_rewards",
    **{key: GUMBEL[key] for key in (*SHARED, *LOOP)},
    "likelihood_weight": 0.0,
    "start": "fresh",
    "discount": 0.5,
    "baseline_decay": 0.9,
}


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(Shape(**GENERATOR), EXAMPLE)


@pytest.fixture
def start(generator: Generator, discriminator: Discriminator) -> dict[str, nn.Module]:
    return {"generator": generator, "discriminator": discriminator}


def built(tokens: Path, networks: dict[str, nn.Module], **changes: Any) -> tuple[Setting, Parameters]:
    """What a method is made from, with other parameters."""
    here, parameters = adversarial_setting(tokens, networks, Parameters, VALUES | changes)
    return Setting(**vars(here) | {"sections": {"generator": GENERATOR, "discriminator": GENERATOR}}), parameters


def test_a_return_is_the_discounted_sum_of_what_follows() -> None:
    rewards = torch.tensor([[1.0, -0.5, 0.25, 0.0], [0.5, 0.0, -1.0, 1.0]], dtype=torch.float64)
    found = returns(rewards, 0.3)
    for row in range(2):
        for t in range(4):
            expected = sum(0.3 ** (s - t) * float(rewards[row, s]) for s in range(t, 4))
            assert found[row, t].item() == pytest.approx(expected)


def test_a_reward_tells_how_real_the_answer_seems_as_far_as_the_token(
    start: dict[str, nn.Module], tokens: Path
) -> None:
    here, parameters = built(tokens, start, start="twin")
    method = DenseRewards(here, parameters)
    batch = here.train.batch(torch.arange(5).numpy())
    rewards = method.rewards(batch)
    assert method.discriminator.training
    method.discriminator.eval()  # nothing was dropped out
    for i, length in enumerate(batch.text_lengths.tolist()):
        for t in range(length):
            so_far = batch.text[i : i + 1, : t + 1]
            logit = method.discriminator.prefixes(  # type: ignore[operator]
                batch.prompt[i : i + 1], batch.prompt_lengths[i : i + 1], method.discriminator.embedding(so_far)
            )[0, -1]
            assert rewards[i, t].item() == pytest.approx(2 * logit.sigmoid().item() - 1, abs=1e-6)
        assert not rewards[i, length:].any()


def test_the_gradient_is_that_of_advantages_times_log_probabilities_without_the_end_of_a_cut_text(
    start: dict[str, nn.Module], tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, parameters = built(tokens, start, start="twin", baseline_decay=0.25)
    method = DenseRewards(here, parameters)
    batch = here.train.batch(torch.arange(3).numpy())
    width, limit = EXAMPLE.max_tokens + 1, EXAMPLE.max_tokens
    texts = torch.randint(4, 64, (3, width))
    lengths = torch.tensor([4, width, 2])  # the second one was cut
    for row, length in enumerate(lengths.tolist()):
        texts[row, length - 1] = EXAMPLE.eos
    monkeypatch.setattr(method, "answers", lambda prompts: (texts, lengths))
    rewards = torch.rand(3, width) * is_real(lengths, width)
    monkeypatch.setattr(method, "rewards", lambda drawn: rewards)
    monkeypatch.setattr(method.player, "update", lambda: torch.tensor(0.0))
    baseline = [t / 10 for t in range(width)]
    method.baseline.update({str(t): value for t, value in enumerate(baseline)})
    method.learn(batch, batch, 0)
    found = [parameter.grad.clone() for parameter in method.generator.parameters()]  # type: ignore[union-attr]

    method.generator.eval()
    method.generator.zero_grad()
    sums = returns(rewards, 0.5)
    drawn = [(row, t) for row, length in enumerate(lengths.tolist()) for t in range(min(length, limit))]
    inputs = torch.cat([torch.full((3, 1), EXAMPLE.bos), texts[:, :-1]], 1)
    logits = method.generator.logits(method.generator(batch.prompt, batch.prompt_lengths, inputs))
    logits[..., EXAMPLE.undrawn] = -torch.inf
    logs = logits.log_softmax(-1)
    loss = -sum((sums[row, t] - baseline[t]) * logs[row, t, texts[row, t]] for row, t in drawn) / len(drawn)
    loss.backward()  # type: ignore[union-attr]
    for ours, parameter in zip(found, method.generator.parameters(), strict=True):
        torch.testing.assert_close(ours, parameter.grad, atol=1e-6, rtol=1e-4)


def test_each_position_remembers_its_returns_while_no_answer_is_that_long(
    start: dict[str, nn.Module], tokens: Path
) -> None:
    method = DenseRewards(*built(tokens, start, start="twin", baseline_decay=0.25))
    both, one = torch.ones(1, 2, dtype=torch.bool), torch.tensor([[True, False]])
    first = method.expected(torch.tensor([[0.8, -0.4]]), both)
    second = method.expected(torch.tensor([[-0.8, 9.0]]), one)
    third = method.expected(torch.tensor([[0.0, 0.0]]), both)
    assert first.tolist() == [0, 0]
    assert second.tolist() == pytest.approx([0.6, -0.3])
    assert third.tolist() == pytest.approx([0.25 * 0.6 - 0.75 * 0.8, -0.3])


def test_the_discriminator_is_told_of_every_token(start: dict[str, nn.Module], tokens: Path) -> None:
    """Its loss is the cross-entropy of all tokens of real, drawn and misplaced texts."""
    here, parameters = built(tokens, start, start="twin")
    method = DenseRewards(here, parameters)
    method.discriminator.eval()
    batch, drawn = (here.train.batch(torch.arange(first, first + 4).numpy()) for first in (0, 40))
    drawn = batch.answered(drawn.text, drawn.text_lengths)
    loss, noted = method.discrimination.compare(batch, drawn)

    def cross_entropy(texts: Tensor, lengths: Tensor, target: float) -> Tensor:
        logits = method.discrimination.judged(batch.answered(texts, lengths))
        chosen = torch.cat([logits[i, :n] for i, n in enumerate(lengths.tolist())])
        return nn.functional.binary_cross_entropy_with_logits(chosen, torch.full_like(chosen, target))

    assert (batch.text.roll(1, 0) != batch.text).any(1).all()
    real = cross_entropy(batch.text, batch.text_lengths, 1.0)
    fake = cross_entropy(drawn.text, drawn.text_lengths, 0.0)
    wrong = cross_entropy(batch.text.roll(1, 0), batch.text_lengths.roll(1, 0), 0.0)
    torch.testing.assert_close(loss, real + (fake + wrong) / 2)
    with torch.no_grad():
        judged = [method.scores(each) for each in (batch, drawn)]
    assert noted["accuracy"].item() == (judged[0] > judged[1]).float().mean().item()


def test_fresh_weights_are_not_the_twins(start: dict[str, nn.Module], tokens: Path) -> None:
    method, plan = build(*built(tokens, start))
    assert method.generator is not start["generator"]
    assert not torch.equal(method.generator.embedding.weight, start["generator"].embedding.weight)
    assert (plan.fresh, plan.keeps_start) == (True, True)
    onward, plan = build(*built(tokens, start, start="twin"))
    assert onward.generator is start["generator"]
    assert (plan.fresh, plan.keeps_start) == (False, False)


def test_both_players_learn_from_fresh_weights(start: dict[str, nn.Module], tokens: Path) -> None:
    torch.manual_seed(1)
    method, plan = build(*built(tokens, start, penalty="zero_centred", penalty_weight=1.0))
    before = {name: [x.clone() for x in network.state_dict().values()] for name, network in method.networks.items()}
    with Checkpoint("stage", {}) as checkpoint:
        history = train(method, replace(plan, fresh=False, keeps_start=False), checkpoint).history
    for name, network in method.networks.items():
        assert not all(map(torch.equal, before[name], network.state_dict().values()))
    assert history[0]["kl"] > 0.01, "step 0 is not the twin"
    assert -1 < history[-1]["reward"] < 1
    assert history[-1]["penalty"] > 0


def test_the_generator_moves_towards_what_is_rewarded(
    start: dict[str, nn.Module], tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is rewarded wherever it stands is said ever more often."""
    here, parameters = built(tokens, start, discount=0.0)
    method, _ = build(here, parameters)
    favourite = 20

    def rewards(batch: Batch) -> Tensor:
        return (batch.text == favourite).float() * is_real(batch.text_lengths, batch.text.shape[1])

    monkeypatch.setattr(method, "rewards", rewards)
    monkeypatch.setattr(method.discrimination, "step", lambda *_: {})
    torch.manual_seed(1)
    shares = [float(method.step(k)["reward"]) for k in range(100)]  # type: ignore[arg-type]
    assert sum(shares[:5]) / 5 < 0.1
    assert sum(shares[-5:]) / 5 > 0.5


def test_needs_a_discriminator_of_prefixes_and_a_twin(start: dict[str, nn.Module], tokens: Path) -> None:
    here, parameters = built(tokens, start)
    other = Setting(**vars(here) | {"sections": {"generator": GENERATOR, "discriminator": DISCRIMINATOR}})
    with pytest.raises(ParameterError, match=r"discriminator.network: convolutional judges no prefixes"):
        build(other, parameters)
    with pytest.raises(ParameterError, match="dense_rewards needs a generator"):
        build(*built(tokens, {}))
