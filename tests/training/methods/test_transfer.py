"""Transfer between two styles: what is drawn, what tells it from real texts, and what the generator learns from."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor, nn

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Batches, Pairs
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import run as train
from promptgan.training.methods.transfer.method import StyleTransfer, build
from promptgan.training.methods.transfer.parameters import Parameters
from promptgan.training.methods.transfer.styles import Transfers
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import adversarial_setting
from tests.training.methods.test_gumbel import VALUES as GUMBEL

SHARED = ("objective", "penalty", "penalty_weight", "steps", "warmup", "batch", "players", "likelihood_weight", "ema")
LOOP = ("validate_every", "validation_count", "patience", "checkpoint_every", "guards")
VALUES: dict[str, Any] = {
    "method": "transfer",
    **{key: GUMBEL[key] for key in (*SHARED, *LOOP)},
    "adversarial_weight": 1.0,
    "candidates": 3,
    "sharpness": 2.0,
}
STYLES = (60, 61)
CPU = torch.device("cpu")


def styled(tokens: Path, folder: Path) -> Path:
    """The splits of ``tokens`` with each text as its own prompt: a style begins it and stands for its last word."""
    folder.mkdir(exist_ok=True)
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    for split in ("train", "val"):
        pairs = Pairs(tokens / f"{split}.arrow")
        texts = [text[:9] for text in pairs.rows("text", np.arange(len(pairs)))]
        prompts = [[STYLES[n % 3 == 0], *text[1:-1], STYLES[n % 3 == 0]] for n, text in enumerate(texts)]
        table = pa.table({"id": pairs.ids, "prompt": pa.array(prompts, ids), "text": pa.array(texts, ids)})
        with pa.OSFile(str(folder / f"{split}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return folder


def built(tokens: Path, start: dict[str, nn.Module], **changes: Any) -> tuple[Setting, Parameters]:
    """What a method is made from, with other parameters."""
    return adversarial_setting(tokens, start, Parameters, VALUES | changes)


@pytest.fixture
def pairs(tokens: Path, tmp_path: Path) -> Path:
    return styled(tokens, tmp_path / "styled")


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    return Discriminator(Shape(**DISCRIMINATOR), EXAMPLE)


def method(pairs: Path, generator: Generator, discriminator: Discriminator, **changes: Any) -> StyleTransfer:
    setting, parameters = built(pairs, {"generator": generator, "discriminator": discriminator}, **changes)
    return StyleTransfer(setting, parameters)


def gradients(network: nn.Module) -> dict[str, Tensor]:
    return {
        name: parameter.grad.clone() for name, parameter in network.named_parameters() if parameter.grad is not None
    }


def rows(ids: Tensor, lengths: Tensor) -> list[list[int]]:
    return [row[:n] for row, n in zip(ids.tolist(), lengths.tolist(), strict=True)]


def test_a_batch_is_prompts_that_name_the_other_style_throughout_beside_real_texts_of_it(pairs: Path) -> None:
    batch = Transfers(Batches(Pairs(pairs / "train.arrow"), 8, 1))[0]
    sources = rows(batch.source.text, batch.source.text_lengths)
    own, wanted = batch.source.prompt[:, 0].tolist(), batch.prompt[:, 0].tolist()
    assert [{a, b} for a, b in zip(own, wanted, strict=True)] == [set(STYLES)] * 8
    swap = dict(zip(STYLES, reversed(STYLES), strict=True))
    asked = rows(batch.source.prompt, batch.source.prompt_lengths)
    assert rows(batch.prompt, batch.prompt_lengths) == [[swap.get(token, token) for token in each] for each in asked]
    style_of = {tuple(text): style for text, style in zip(sources, own, strict=True)}
    beside = rows(batch.text, batch.text_lengths)
    assert set(own) == set(STYLES)  # else the next line says nothing
    assert [style_of[tuple(text)] for text in beside] == wanted


def test_prompts_that_begin_with_other_than_two_styles_are_refused(tokens: Path) -> None:
    with pytest.raises(ParameterError, match="transfer is between two styles"):
        Transfers(Batches(Pairs(tokens / "train.arrow"), 8, 1))


def test_the_discriminator_sees_style_and_text_and_not_what_the_text_was_made_of(
    pairs: Path, generator: Generator, discriminator: Discriminator
) -> None:
    here = method(pairs, generator, discriminator)
    batch = here.batches[0]
    other = Batch(batch.prompt.clone(), batch.prompt_lengths, batch.text, batch.text_lengths)
    other.prompt[:, 1:] = 7
    assert torch.equal(here.scores(batch), here.scores(other))
    other.prompt[:, 0] = batch.source.prompt[:, 0]
    assert not torch.equal(here.scores(batch), here.scores(other))


def test_a_real_text_under_the_wrong_style_is_told_from_one_under_its_own(
    pairs: Path, generator: Generator, discriminator: Discriminator
) -> None:
    here = method(pairs, generator, discriminator)
    batch = here.batches[0]
    assert "accuracy_wrong_prompt" in here.discrimination.step(batch, *here.answers(batch))
    one_style = Batch(batch.prompt.clone(), batch.prompt_lengths, batch.text, batch.text_lengths)
    one_style.prompt[:, 0] = STYLES[0]  # whatever follows the style, no style is wrong here
    assert "accuracy_wrong_prompt" not in here.discrimination.step(one_style, *here.answers(batch))


@pytest.mark.parametrize("likelihood_weight", [0.0, 1.0])
def test_the_generator_learns_from_its_candidates_and_leaves_the_discriminator_alone(
    likelihood_weight: float, pairs: Path, generator: Generator, discriminator: Discriminator
) -> None:
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    here = method(pairs, generator, discriminator, likelihood_weight=likelihood_weight)
    said, (drawn, lengths) = here.learn(here.batches[0], here.batches[0], 0)
    assert said["generator_gradient"] > 0
    assert ("train_loss" in said) == bool(likelihood_weight)
    assert any(not torch.equal(before[name], tensor) for name, tensor in generator.state_dict().items())
    assert not gradients(discriminator) or all((g == 0).all() for g in gradients(discriminator).values())
    assert len(drawn) == len(lengths) == VALUES["batch"]


def recorded(here: StyleTransfer, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Batch, float, Tensor | None]]:
    """The candidates that are drawn are fixed, and what is learnt by likelihood is noted."""
    drawn, seen, plain = here.answers(here.batches[0], VALUES["candidates"]), [], likelihood.backward

    def backward(network: Any, batch: Batch, weight: float, shares: Tensor | None = None) -> tuple[float, int]:
        seen.append((batch, weight, shares))
        return plain(network, batch, weight, shares)

    monkeypatch.setattr(here, "answers", lambda batch, each: drawn)
    monkeypatch.setattr(likelihood, "backward", backward)
    return seen


def test_candidates_count_by_how_much_more_real_they_are_under_the_other_style(
    pairs: Path, generator: Generator, discriminator: Discriminator, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = method(pairs, generator, discriminator, likelihood_weight=0.0)
    seen, batch = recorded(here, monkeypatch), here.batches[0]
    drawn = batch.answered(*here.answers(batch, VALUES["candidates"]))
    verdicts = here.odds(drawn, batch.source.prompt[:, :1]).view(-1, VALUES["candidates"])
    own = Batch(batch.source.prompt[:, :1], torch.ones_like(batch.prompt_lengths), drawn.text, drawn.text_lengths)
    torch.testing.assert_close(verdicts.flatten(), here.scores(drawn) - here.scores(own))
    _, (first, _) = here.learn(batch, batch, 0)
    ((said, weight, shares),) = seen
    assert weight == 1 and shares is not None
    assert torch.equal(said.prompt, batch.prompt) and torch.equal(said.text[:: VALUES["candidates"]], first)
    odds = (VALUES["sharpness"] * verdicts).softmax(1)
    found = shares.view_as(odds)
    torch.testing.assert_close(found / found.sum(1, keepdim=True), odds)


def test_both_players_learn_in_the_loop(pairs: Path, generator: Generator, discriminator: Discriminator) -> None:
    players: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    before = [[tensor.clone() for tensor in network.state_dict().values()] for network in players.values()]
    torch.manual_seed(1)
    with Checkpoint("stage", {}) as state:
        outcome = train(*build(*built(pairs, players, steps=4)), state)
    for old, network in zip(before, players.values(), strict=True):
        assert not all(map(torch.equal, old, network.state_dict().values()))
    assert {"accuracy", "candidates_nll", "train_loss"} <= outcome.history[-1].keys()
