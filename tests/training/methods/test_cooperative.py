"""Cooperative training: candidates count by how real they seem, and both players learn."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome
from promptgan.training.loop.run import run as train
from promptgan.training.methods.cooperative.method import Cooperative, build
from promptgan.training.methods.cooperative.parameters import Parameters
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import adversarial_setting
from tests.training.methods.test_gumbel import VALUES as GUMBEL

SHARED = ("objective", "penalty", "penalty_weight", "steps", "warmup", "batch", "players", "likelihood_weight", "ema")
LOOP = ("validate_every", "validation_count", "patience", "checkpoint_every", "guards")
VALUES: dict[str, Any] = {
    "method": "cooperative",
    **{key: GUMBEL[key] for key in (*SHARED, *LOOP)},
    "candidates": 3,
    "sharpness": 2.0,
}


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


def test_both_players_learn(generator: Generator, discriminator: Discriminator, tokens: Path) -> None:
    players: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    before = [[tensor.clone() for tensor in network.state_dict().values()] for network in players.values()]
    outcome = run(tokens, players, steps=4)
    after = [list(network.state_dict().values()) for network in players.values()]
    for old, new in zip(before, after, strict=True):
        assert not all(map(torch.equal, old, new))
    assert 1 <= outcome.history[-1]["effective_candidates"] <= 3


def test_the_likelihood_beside_it_is_of_all_texts_and_the_players_see_none_with_an_unknown_token(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control learns them too, and test texts hold unknown tokens."""
    here, parameters = built(tokens, {"generator": generator, "discriminator": discriminator})
    tokens_of = set(here.train.batch(np.arange(len(here.train))).text.flatten().tolist())
    unk = next(token for token in tokens_of if 0 < len(here.train.without(token)) < len(here.train))
    method = Cooperative(replace(here, example=replace(EXAMPLE, unk=unk)), parameters)
    seen, learnt = [], []
    monkeypatch.setattr(method.discrimination, "step", lambda batch, *_: seen.append(batch.text) or {})
    monkeypatch.setattr(method, "update", lambda real: learnt.append(real.text) or {})
    for k in range(4):
        method.step(k)
    assert len(learnt) == 4 and any((text == unk).any() for text in learnt)
    assert len(seen) == 4 and not any((text == unk).any() for text in seen)


def test_without_sharpness_all_candidates_count_alike(
    generator: Generator, discriminator: Discriminator, tokens: Path
) -> None:
    outcome = run(tokens, {"generator": generator, "discriminator": discriminator}, steps=4, sharpness=0.0)
    assert outcome.history[-1]["effective_candidates"] == pytest.approx(3)


def test_the_generator_moves_towards_what_seems_real(
    generator: Generator, discriminator: Discriminator, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A discriminator that likes short answers makes them short, and one that likes long ones long."""

    def length_after(sign: float) -> float:
        own = copy.deepcopy(generator)
        start: dict[str, nn.Module] = {"generator": own, "discriminator": discriminator}
        here, parameters = built(tokens, start, likelihood_weight=0.0, sharpness=5.0, candidates=8, steps=30, warmup=0)
        method = Cooperative(here, parameters)

        def likes(batch: Batch, embedded: Tensor, lengths: Tensor) -> Tensor:
            return sign * lengths.float() + 0 * embedded.sum()

        monkeypatch.setattr(method.discrimination, "scores", likes)
        monkeypatch.setattr(method.discrimination, "step", lambda *_: {})
        torch.manual_seed(1)
        for k in range(30):
            method.step(k)
        assert here.score
        return here.score({"generator": own})["length"]

    assert length_after(-1.0) < length_after(1.0) - 1


def test_needs_a_generator_to_go_on_from(tokens: Path) -> None:
    with pytest.raises(ParameterError, match="cooperative needs a generator"):
        build(*built(tokens, {}))


def test_shares_weigh_the_gradient_of_each_text(generator: Generator, tokens: Path) -> None:
    here, _ = built(tokens, {"generator": generator})
    batch = here.train.batch(torch.arange(4).numpy())
    shares = torch.tensor([2.0, 0.0, -1.0, 0.5])
    generator.eval()

    def gradient(part: Batch, weight: float, of: Tensor | None = None) -> list[Tensor]:
        generator.zero_grad()
        likelihood.backward(generator, part, weight, of)
        return [parameter.grad.clone() for parameter in generator.parameters() if parameter.grad is not None]

    weighted = gradient(batch, 1.0, shares)
    expected = [torch.zeros_like(each) for each in weighted]
    for i, share in enumerate(shares.tolist()):
        one = Batch(*(getattr(batch, name)[i : i + 1] for name in batch.__dataclass_fields__))
        part = share * int(batch.text_lengths[i]) / int(batch.text_lengths.sum())
        for total, each in zip(expected, gradient(one, part), strict=True):
            total += each
    for ours, theirs in zip(weighted, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)
