"""The same loops on a CUDA device: they run in bfloat16, and twice give the same bits."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, prepare
from promptgan.core.parameters import validate_section
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.tasks.text.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import run
from promptgan.training.methods.gumbel import method as gumbel
from promptgan.training.methods.gumbel.parameters import Parameters as GumbelParameters
from promptgan.training.methods.likelihood import method as likelihood
from promptgan.training.methods.likelihood.parameters import Parameters
from tests.conftest import EXAMPLE
from tests.training.conftest import setting
from tests.training.methods.test_gumbel import VALUES

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]
COMPUTE = Compute(device="cuda", threads=1, precision="bfloat16")
PRETRAIN = Parameters(
    method="likelihood",
    validation_count=1000,
    epochs=2,
    batch=16,
    learning_rate=0.01,
    warmup=2,
    validate_every=4,
    min_gain=0.0,
    cut=0.5,
    patience=3,
    checkpoint_every=5,
)


def train_both(generator: Generator, tokens: Path) -> dict[str, torch.Tensor]:
    device = prepare(COMPUTE, 1)
    start = {"generator": copy.deepcopy(generator).to(device)}
    objective, penalty = (
        choose("promptgan.objectives", "hinge", ""),
        choose("promptgan.penalties", "none", ""),
    )
    here = replace(setting(tokens, start), compute=COMPUTE, device=device, objective=objective, penalty=penalty)
    with Checkpoint("pretrain", {}) as checkpoint:
        run(*likelihood.build(here, PRETRAIN), checkpoint)
    here = replace(here, score=Score(here.val, EXAMPLE, start, 16, COMPUTE, 1))
    with Checkpoint("train", {}) as checkpoint:
        outcome = run(*gumbel.build(here, validate_section(GumbelParameters, VALUES, "train")), checkpoint)
    return {name: tensor.cpu() for name, tensor in outcome.networks["generator"].state_dict().items()}


def test_both_loops_run_and_repeat_themselves_bit_for_bit(generator: Generator, tokens: Path) -> None:
    first, second = (train_both(generator, tokens) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
