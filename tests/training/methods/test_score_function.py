"""The methods that learn by rewards: the gradient is that of the mean reward of what is drawn, written down in full."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan.core.parameters import Section
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.recurrent.network import Discriminator
from promptgan.networks.tokens.recurrent.parameters import Parameters as Shape
from promptgan.training.methods.dense_rewards.method import DenseRewards
from promptgan.training.methods.dense_rewards.parameters import Parameters as DenseParameters
from promptgan.training.methods.policy_gradient.method import PolicyGradient
from promptgan.training.methods.policy_gradient.parameters import Parameters as PolicyParameters
from promptgan.training.setting import Setting
from tests.conftest import GENERATOR
from tests.forms.tokens.toy import EXAMPLE, LIMIT, VOCABULARY, Chain, Rows
from tests.training.conftest import adversarial_setting
from tests.training.methods.test_dense_rewards import VALUES as DENSE
from tests.training.methods.test_policy_gradient import VALUES as POLICY

WORDS = [i for i in range(VOCABULARY) if i not in {*EXAMPLE.undrawn, EXAMPLE.eos}]


class Dropping(Chain):
    """A Markov chain that drops half of its logits while it trains."""

    def step(self, embedded: Tensor, state: Rows) -> tuple[Tensor, Rows]:
        features, state = super().step(embedded, state)
        return nn.functional.dropout(features, 0.5, self.training), state

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(prompt, prompt_lengths, inputs), 0.5, self.training)


def whole(text: Batch) -> Tensor:
    """One reward for a text, which every token of it earns."""
    return torch.tensor([[1.0, -2.0, 0.5, 3.0][int(text.text.sum()) % 4]]).expand(text.text.shape)


def each(text: Batch) -> Tensor:
    """A reward for each token, which depends on where it is; the end of a cut text earns one too."""
    return (text.text * torch.tensor([0.3, -0.7, 0.4])[: text.text.shape[1]]).sin()


@pytest.fixture
def generator() -> Dropping:
    return Dropping(torch.randn(VOCABULARY, VOCABULARY, generator=torch.Generator().manual_seed(5)))


def test_that_of_policy_gradient_is_exact_whatever_its_baseline_foretells(
    generator: Dropping, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = PolicyGradient(*built(generator, tokens, PolicyParameters, POLICY))
    nn.init.normal_(method.baseline.weight)
    monkeypatch.setattr(method.foretelling, "update", lambda: None)
    check(method, whole, lambda earned: earned[0, 0], monkeypatch)


def test_that_of_dense_rewards_is_exact_whatever_was_returned_before(
    generator: Dropping, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = DenseRewards(*built(generator, tokens, DenseParameters, DENSE | {"start": "twin", "discount": 1.0}))
    before = torch.tensor([0.3, -0.2, 9.0])
    monkeypatch.setattr(method, "expected", lambda returned, drawn: before[: drawn.shape[1]])
    check(method, each, lambda earned: earned.sum(), monkeypatch)


def built(generator: Dropping, tokens: Path, schema: type[Section], values: dict[str, Any]) -> tuple[Setting, Any]:
    """What a method is made from that learns by rewards alone."""
    start: dict[str, nn.Module] = {"generator": generator, "discriminator": Discriminator(Shape(**GENERATOR), EXAMPLE)}
    here, parameters = adversarial_setting(tokens, start, schema, values | {"likelihood_weight": 0.0})
    return replace(here, example=EXAMPLE), parameters


def check(
    method: Any,
    rewards: Callable[[Batch], Tensor],
    total: Callable[[Tensor], Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every text is drawn once and counts by its probability, so nothing is left to chance."""
    monkeypatch.setattr(method, "rewards", rewards)
    monkeypatch.setattr(method.player, "update", lambda: torch.tensor(0.0))
    weights = method.generator.transitions
    masked = weights.clone()
    masked[:, EXAMPLE.undrawn] = -torch.inf
    logs = masked.log_softmax(1)
    found, mean = torch.zeros_like(weights), torch.zeros(())
    for length in range(LIMIT + 1):
        for text in product(WORDS, repeat=length):
            drawn = [EXAMPLE.bos, *text, *([EXAMPLE.eos] if length < LIMIT else [])]
            probability = torch.stack([logs[a, b] for a, b in pairwise(drawn)]).sum().exp()
            answers = pad([[*text]], (EXAMPLE.eos,))
            asked = Batch(torch.tensor([[4, 5]]), torch.tensor([2]), *answers)
            monkeypatch.setattr(method, "answers", lambda batch, answers=answers: answers)
            weights.grad = None
            method.learn(asked, asked, 0)
            found += probability.detach() * weights.grad * (len(drawn) - 1)  # the loss is a mean over what was drawn
            mean = mean + probability * total(rewards(asked))
    assert method.generator.training
    expected = torch.autograd.grad(mean, weights)[0]
    assert expected.any()
    torch.testing.assert_close(-found, expected, atol=1e-6, rtol=1e-5)
