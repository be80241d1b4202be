"""A checkpoint in an empty repository, and one whose run is killed after some saves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from promptgan.core.choices import choose
from promptgan.core.compute import Compute
from promptgan.core.parameters import Section, validate_section
from promptgan.forms.tokens.pairs import Pairs
from promptgan.tasks.text.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR

COMPUTE = Compute(device="cpu", threads=1, precision="float32")


class Killed(BaseException):
    """Stands for a signal that no code can handle."""


class KilledAfter(Checkpoint):
    """A checkpoint whose process dies right after the given number of saves."""

    def __init__(self, saves: int) -> None:
        super().__init__("stage", {})
        self.saves = saves

    def save(self, state: dict[str, Any]) -> None:
        super().save(state)
        self.saves -= 1
        if not self.saves:
            raise Killed


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def setting(tokens: Path, start: dict[str, nn.Module], **choices: Any) -> Setting:
    """What a method for `tokens` is built from; fresh networks are tiny."""
    return Setting(
        form="tokens",
        example=EXAMPLE,
        sections={"generator": GENERATOR, "discriminator": DISCRIMINATOR},
        start=start,
        train=Pairs(tokens / "train.arrow"),
        val=Pairs(tokens / "val.arrow"),
        compute=COMPUTE,
        seed=1,
        device=torch.device("cpu"),
        **choices,
    )


def adversarial_setting(
    tokens: Path, start: dict[str, nn.Module], schema: type[Section], values: dict[str, Any]
) -> tuple[Setting, Any]:
    """What an adversarial method is made from: a setting with objective, penalty and score, and the parameters."""
    parameters: Any = validate_section(schema, values, "train")
    objective = choose("promptgan.objectives", parameters.objective, "train.objective")
    penalty = choose("promptgan.penalties", parameters.penalty, "train.penalty")
    here = setting(tokens, start, objective=objective, penalty=penalty)
    if "generator" in start:
        here = replace(here, score=Score(here.val, EXAMPLE, start, parameters.validation_count, COMPUTE, 1))
    return here, parameters


@pytest.fixture
def train(tokens: Path) -> Pairs:
    return Pairs(tokens / "train.arrow")


@pytest.fixture
def val(tokens: Path) -> Pairs:
    return Pairs(tokens / "val.arrow")
