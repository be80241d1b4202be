"""Batches hold texts of like length, and yet a token counts the same in short and in long texts.

What learns otherwise, each batch by the mean over its own tokens, writes texts that are too short.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from torch import Tensor

from promptgan.forms.tokens.pairs import Pairs
from promptgan.training.loop.method import Method, Player
from promptgan.training.methods.continued import start
from promptgan.training.methods.continued.method import Continued
from promptgan.training.methods.gumbel.method import Gumbel
from promptgan.training.methods.gumbel.parameters import Parameters as GumbelParameters
from promptgan.training.methods.likelihood.method import build
from promptgan.training.methods.prompt_gan.method import PromptGAN
from promptgan.training.methods.text_vae.method import TextVAE
from tests.conftest import DISCRIMINATOR, GENERATOR
from tests.training.conftest import adversarial_setting, setting
from tests.training.methods import test_continued, test_gumbel, test_likelihood, test_prompt_gan, test_text_vae

PLAIN = {"dropout": 0.0, "word_dropout": 0.0}
SECTIONS = {"generator": GENERATOR | {"dropout": 0.0}, "discriminator": DISCRIMINATOR}

TEXTS = 96
"""That there are to learn from."""


@pytest.fixture
def uneven(tokens: Path, tmp_path: Path) -> Path:
    """Arrays of pairs whose texts have one token to as many as they had."""
    folder = tmp_path / "uneven"
    folder.mkdir()
    for split in ("train", "val"):
        table = pa.ipc.open_file(pa.memory_map(str(tokens / f"{split}.arrow"))).read_all()
        texts = [text[: 1 + i % len(text)] for i, text in enumerate(table.column("text").to_pylist())]
        at = table.schema.get_field_index("text")
        table = table.set_column(at, table.schema.field(at), pa.array(texts, table.schema.field(at).type))
        with pa.OSFile(str(folder / f"{split}.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    assert len(set(Pairs(folder / "train.arrow").text_lengths)) > 2
    return folder


def likelihood(path: Path, batch: int) -> tuple[Method, int]:
    here = replace(setting(path, {}), sections=SECTIONS)
    return build(here, test_likelihood.PARAMETERS.model_copy(update={"batch": batch}))[0], 0


def continued(path: Path, batch: int) -> tuple[Method, int]:
    here = replace(test_continued.begun(path, path / "base", known=1.0), sections=SECTIONS)
    assert here.example.base
    return Continued(here, test_continued.parameters(batch=batch), start.read(here.example.base)), 0


def text_vae(path: Path, batch: int) -> tuple[Method, int]:
    sections = dict.fromkeys(("generator", "encoder"), test_text_vae.NETWORK | PLAIN)
    here = replace(setting(path, {}), sections=sections)
    return TextVAE(here, test_text_vae.parameters(batch=batch, free_bits=0.0, anneal=0)), 0


def prompt_gan(path: Path, batch: int) -> tuple[Method, int]:
    here = test_prompt_gan.labelled(path)
    sections = {**here.sections, "generator": test_prompt_gan.SECTION | PLAIN}
    section = test_prompt_gan.VALUES["autoencoding"] | {"anneal": 0}
    parameters = test_prompt_gan.parameters(generator_batch=batch, autoencoding=section)
    method = PromptGAN(replace(here, sections=sections), parameters)
    return method, -method.warmup


class Untold(Gumbel):
    """The likelihood beside the adversarial gradient, alone."""

    def step(self, k: int) -> Any:
        return self.update(self.batches[k])


def adversarial(path: Path, batch: int) -> tuple[Method, int]:
    begun = {"generator": replace(setting(path, {}), sections=SECTIONS).network("generator")}
    return Untold(*adversarial_setting(path, begun, GumbelParameters, test_gumbel.VALUES | {"batch": batch})), 0


@pytest.mark.parametrize("made", [likelihood, continued, text_vae, prompt_gan, adversarial])
def test_the_gradients_of_an_epoch_add_up_to_that_of_all_texts_in_one_batch(
    made: Any, uneven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: dict[str, Tensor] = {}

    def add(player: Player) -> Tensor:
        for name, weight in player.network.named_parameters():
            if weight.grad is not None:
                summed[name] = summed.get(name, torch.zeros_like(weight)) + weight.grad
        player.optimizer.zero_grad()
        return torch.zeros(())

    monkeypatch.setattr(Player, "update", add)
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)

    def epoch(batch: int) -> dict[str, Tensor]:
        torch.manual_seed(1)
        summed.clear()
        method, first = made(uneven, batch)
        for k in range(TEXTS // batch):
            method.step(first + k)
        return {name: gradient / (TEXTS // batch) for name, gradient in summed.items()}

    whole, parts = epoch(TEXTS), epoch(12)
    assert whole.keys() == parts.keys() and whole
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-3, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")
