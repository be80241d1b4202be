"""The same loops on a CUDA device: they run in bfloat16, and twice give the same bits."""

import copy

import pytest
import torch

from promptgan import base
from promptgan.compute import Compute, prepare
from promptgan.networks.tokens.convolutional import network as discriminators
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.methods.gumbel import method as gumbel
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.forms.tokens.pairs import Pairs
from promptgan.training.methods.likelihood import method as likelihood
from tests.training.adversarial.test_gumbel import PARAMETERS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]
COMPUTE = Compute(device="cuda", threads=1, precision="bfloat16")
PRETRAIN = likelihood.Parameters(
    method="likelihood",
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


def train_both(generator: Generator, train: Pairs, val: Pairs) -> dict[str, torch.Tensor]:
    device = prepare(COMPUTE, 1)
    generator = copy.deepcopy(generator).to(device)
    shape = discriminators.Parameters(width=6, kernel=3, dropout=0.1)
    discriminator = discriminators.Discriminator(shape, generator.embedding.weight).to(device)
    objective = base.choose("promptgan.objectives.adversarial", PARAMETERS.objective, "train.objective")
    with Checkpoint("pretrain", {}) as checkpoint:
        likelihood.fit(generator, train, val, PRETRAIN, COMPUTE, 1, checkpoint)
    with Checkpoint("train", {}) as checkpoint:
        outcome, _ = gumbel.fit(generator, discriminator, train, val, PARAMETERS, objective, 10, COMPUTE, 1, checkpoint)
    return {name: tensor.cpu() for name, tensor in outcome.networks["generator"].state_dict().items()}


def test_both_loops_run_and_repeat_themselves_bit_for_bit(generator: Generator, train: Pairs, val: Pairs) -> None:
    first, second = (train_both(generator, train, val) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
